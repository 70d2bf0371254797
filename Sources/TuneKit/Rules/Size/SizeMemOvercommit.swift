/// More guest memory than memory.
struct SizeMemOvercommit: Rule {
  static let about = RuleInfo(
    id: "size.mem-overcommit", title: "Running guests' memory stays within the profile's share",
    severity: Severities(.warning),
    rationale: "When guests use what they were promised the host swaps or kills; databases fill "
      + "all they have.",
    cost: "Fewer guests on this host.",
    notWhen: "No guest runs. Guests in huge pages count one to one: their pages are there.",
    sources: [.article("§1.3"), .article("§12")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context) }
  }

  private static func verdict(_ context: Context) -> Verdict {
    let facts = context.facts
    guard let total = facts.memory.totalKiB.value else {
      return .unknown(facts.memory.totalKiB.unknownReason)
    }
    let running = facts.runningDomains
    if running.isEmpty {
      if let unclear = facts.domains.first(where: { $0.runs == nil }) {
        return .unknown("whether \(unclear.key.printable) runs is not known")
      }
      return .notApplicable("no guest runs")
    }
    guard let limits = OvercommitLimits(about.id, context) else {
      return .notApplicable("the profile names no limit")
    }
    var (plain, huge) = (0.0, 0.0)
    for domain in running {
      guard let memory = domain.current.memory.totalKiB else {
        return .unknown("the memory of \(domain.key.printable) is not stated")
      }
      if domain.current.wantsHugePages { huge += Double(memory) } else { plain += Double(memory) }
    }
    let reserve = HostReserve.kib(totalKiB: total, facts.snapshot)
    let room = Double(total) - Double(reserve) - huge
    let ratio = plain == 0 ? (room < 0 ? .infinity : 0) : room <= 0 ? .infinity : plain / room
    let evidence = [
      Evidence(
        "memory of running guests",
        observed: "\(gib(plain)) GiB, and \(gib(huge)) GiB in huge pages", expected: limits.text),
      Evidence(
        "/proc/meminfo MemTotal",
        observed: "\(gib(Double(total))) GiB, \(gib(Double(reserve))) GiB of it for the host"),
    ]
    if let node = crowdedNode(running, context, limits), node.ratio > ratio { return node.verdict }
    guard let severity = limits.severity(ratio) else { return .satisfied(evidence) }
    return .violated(
      Violation(
        "running guests were promised \(gib(plain + huge)) GiB of "
          + "\(gib(Double(total - reserve))) GiB that guests may have",
        severity: severity, evidence: evidence,
        remedy: .advice("move guests to other hosts, or give them less memory")))
  }

  /// The node that guests bound to it alone were promised most of, above the limits. Guests that may
  /// take memory elsewhere don't count.
  private static func crowdedNode(
    _ running: [Domain], _ context: Context, _ limits: OvercommitLimits
  ) -> (ratio: Double, verdict: Verdict)? {
    let nodes = context.facts.topology.fullNodes
    guard nodes.count > 1, let total = context.facts.memory.totalKiB.value, total > 0 else {
      return nil
    }
    let reserve = Double(HostReserve.kib(totalKiB: total, context.facts.snapshot))
    var worst: (ratio: Double, verdict: Verdict)?
    for node in nodes {
      guard let memory = node.memoryKiB, memory > 0 else { continue }
      let bound = running.filter {
        !$0.current.wantsHugePages && ($0.current.cpu?.cells.count ?? 0) < 2
          && $0.current.boundNode(ofCell: 0) == node.id
      }
      let promised = bound.reduce(0.0) { $0 + Double($1.current.memory.totalKiB ?? 0) }
      let pools = node.pools.reduce(0.0) { $0 + Double($1.total) * Double($1.pageSizeKiB) }
      let room = Double(memory) - reserve * Double(memory) / Double(total) - pools
      let ratio = promised == 0 ? 0 : room <= 0 ? .infinity : promised / room
      guard let severity = limits.severity(ratio), ratio > worst?.ratio ?? 0 else { continue }
      worst = (ratio, crowded(node.id, promised, room, severity, limits))
    }
    return worst
  }

  private static func crowded(
    _ node: Int, _ promised: Double, _ room: Double, _ severity: Severity,
    _ limits: OvercommitLimits
  ) -> Verdict {
    .violated(
      Violation(
        "running guests bound to node \(node) were promised \(gib(promised)) GiB of "
          + "\(gib(max(room, 0))) GiB that guests may have there",
        severity: severity,
        evidence: [
          Evidence(
            "memory of running guests on node \(node)", observed: "\(gib(promised)) GiB",
            expected: limits.text)
        ],
        remedy: .advice("spread the guests over the nodes: see 'tuned-vm place'")))
  }

  private static func gib(_ kib: Double) -> String {
    let tenths = (kib * 10 / 1_048_576).rounded()
    guard abs(tenths) < 1e15 else { return "very many" }
    return "\(Int(tenths) / 10).\(abs(Int(tenths) % 10))"
  }

  private static func host(_ memoryMiB: Int, _ extra: String = "") -> Snapshot {
    Snapshot.exampleHost(nodes: 1, memoryMiBPerNode: 65_536).withDomain(
      DomainXML.example(memoryMiB: memoryMiB, extra: extra), running: true)
  }

  /// Guests bound to node 0 of two nodes of 64 GiB.
  private static func onNode(_ memoryMiB: Int...) -> Snapshot {
    memoryMiB.enumerated().reduce(Snapshot.exampleHost()) { host, item in
      host.withDomain(
        DomainXML.example(
          name: "web\(item.offset)", memoryMiB: item.element,
          extra: "<numatune><memory mode='strict' nodeset='0'/></numatune>"), running: true)
    }
  }

  static let examples = [
    Example("no guest runs", .exampleHost(), .notApplicable),
    Example("half of it", host(32_768), .satisfied),
    Example(
      "huge pages are there or not", host(40_960, "<memoryBacking><hugepages/></memoryBacking>"),
      under: .db, .satisfied),
    Example(
      "a node that is promised twice beside an idle one", onNode(70_000, 70_000),
      .violated(.critical)),
    Example("half of a node", onNode(32_768), .satisfied),
    Example("more than there is", host(102_400), .violated(.warning)),
    Example("twice and more", host(140_000), .violated(.critical)),
    Example("a database host", host(64_000), under: .db, .violated(.critical)),
    Example("unreadable", host(32_768).withUnreadable("/proc/meminfo"), .unknown),
  ]
}
