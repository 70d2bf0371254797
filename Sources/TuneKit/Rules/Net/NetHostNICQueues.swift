/// Queues of the host's cards.
struct NetHostNICQueues: Rule {
  static let about = RuleInfo(
    id: "net.host-nic-queues", title: "Cards use a queue for each CPU of their node",
    severity: Severities(.info, [.throughput: .warning, .network: .warning]),
    rationale: "With few queues few CPUs take all interrupts of a fast card.",
    cost: "Many drivers take the link down for a moment.",
    notWhen: "Cards without channels or without a link; bonds, bridges and taps.",
    sources: [.article("§5.3"), .text("ethtool(8) -L")])

  static func evaluate(_ context: Context) -> [Judgement] {
    HostCards.judge(context) { card, tool in
      guard let channels = tool.combinedChannels else {
        return .notApplicable("the driver has no combined channels")
      }
      guard let online = context.facts.topology.online.value else {
        return .missing(context.facts.topology.online)
      }
      let node = context.facts.topology.nodes.first { $0.id == card.numaNode }
      let cpus = node.map(\.cpus.count) ?? online.count
      let wanted = min(channels.maximum, max(cpus, 1))
      let evidence = Evidence(
        "ethtool -l \(card.name.printable)", observed: "\(channels.current)",
        expected: "at least \(wanted)")
      guard channels.current < wanted else { return .satisfied([evidence]) }
      return .violated(
        Violation(
          "\(card.name.printable) uses \(channels.current) of \(wanted) queues",
          evidence: [evidence],
          remedy: .advice("ethtool -L \(card.name.printable) combined \(wanted)")))
    }
  }

  static let examples = [
    Example("a queue a CPU", .exampleHost(), .satisfied),
    Example(
      "no channels", .exampleHost().with("/tuned-vm/ethtool.json", "{\"eno1\":{}}"),
      .notApplicable),
    Example("nobody asked", .exampleHost().without("/tuned-vm"), .unknown),
    Example(
      "two of eight",
      .exampleHost().with(
        "/tuned-vm/ethtool.json", #"{"eno1":{"channels":{"combined":{"current":2,"max":8}}}}"#),
      .violated(.info)),
    Example(
      "no link",
      Snapshot.exampleHost().with("/sys/class/net/eno1/operstate", "down\n").with(
        "/sys/class/net/eno1/carrier", "0\n"), .notApplicable),
  ]
}

/// The host's cards with what ethtool says of them.
enum HostCards {
  static func judge(
    _ context: Context, _ verdict: (NetworkInterface, Ethtool) -> Verdict
  ) -> [Judgement] {
    if let none = context.withoutHost { return none }
    guard let cards = context.facts.interfaces.value?.filter({ $0.kind == .physical }) else {
      return context.onHost { .missing(context.facts.interfaces) }
    }
    guard !cards.isEmpty else { return context.onHost { .notApplicable("no card here") } }
    return cards.map { card in
      if card.state == "down" { return Judgement(card.subject, .notApplicable("it has no link")) }
      guard let all = context.facts.ethtool.value else {
        return Judgement(card.subject, .missing(context.facts.ethtool))
      }
      guard let tool = all[card.name] else {
        return Judgement(card.subject, .notApplicable("ethtool says nothing of it"))
      }
      return Judgement(card.subject, verdict(card, tool))
    }
  }
}
