/// Cards that could give guests a function of their own.
struct NetSRIOVCandidate: Rule {
  static let about = RuleInfo(
    id: "net.sriov-candidate", title: "Guests that need it get a virtual function of the card",
    severity: Severities(.off, [.network: .warning, .latency: .info]),
    rationale: "A virtual function takes a packet in some 3 µs where virtio takes 30.",
    cost: "No live migration without a teaming pair; all guest memory is pinned.",
    notWhen: "The uplink isn't that card, or has no function left; vhost-user; guests that move.",
    sources: [.article("§5.4"), .article("§6.4")])

  static func evaluate(_ context: Context) -> [Judgement] {
    let found = context.facts.domains.flatMap { domain in
      domain.current.devices.interfaces.compactMap { nic -> Judgement? in
        judge(nic, domain, context).map {
          Judgement(Subject(.domainInterface, nic.subjectName), $0)
        }
      }
    }
    return found.isEmpty
      ? context.onHost { .notApplicable("no guest interface goes through a card with functions") }
      : found
  }

  private static func judge(
    _ nic: DomainInterface, _ domain: Domain, _ context: Context
  ) -> Verdict? {
    guard ["bridge", "network", "direct"].contains(nic.type), nic.isVirtio else { return nil }
    let family = context.profile(of: domain).family
    guard family == .network || family == .latency else {
      return .notApplicable("the profile is content with virtio")
    }
    guard context.facts.interfaces.value != nil else {
      return .missing(context.facts.interfaces)
    }
    guard let card = context.facts.uplink(of: nic) else {
      return .unknown("\(nic.subjectName.printable): its uplink can't be told")
    }
    guard (card.totalVFs ?? 0) > (card.enabledVFs ?? 0), !card.isVF else {
      return .notApplicable("the uplink has no function to give")
    }
    return .violated(
      Violation(
        "\(nic.subjectName.printable) uses virtio over \(card.name.printable), which could give "
          + "it a function of its own",
        evidence: [
          Evidence(
            card.path("device/sriov_totalvfs"), observed: "\(card.enabledVFs ?? 0) in use",
            expected: "of \(card.totalVFs ?? 0)")
        ],
        remedy: .advice(
          "create functions (sriov_numvfs), and give the guest one with a teaming pair")))
  }

  private static func guest(_ type: String) -> String {
    DomainXML.example(
      devices: "<interface type='\(type)'><mac address='52:54:00:00:00:01'/>"
        + "<source bridge='br0'/><model type='virtio'/></interface>")
  }

  static let examples = [
    Example("a mixed host", .exampleHost().with(domain: guest("bridge")), .notApplicable),
    Example(
      "vhost-user never", .exampleHost().with(domain: guest("vhostuser")), under: .network,
      .notApplicable),
    Example(
      "no function left",
      .exampleHost().with(domain: guest("bridge"))
        .with("/sys/class/net/eno1/device/sriov_numvfs", "64\n"), under: .network, .notApplicable),
    Example(
      "a card with functions", .exampleHost().with(domain: guest("bridge")), under: .network,
      .violated(.warning)),
  ]
}
