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
    guard let severity = limits.severity(ratio) else { return .satisfied(evidence) }
    return .violated(
      Violation(
        "running guests were promised \(gib(plain + huge)) GiB of "
          + "\(gib(Double(total - reserve))) GiB that guests may have",
        severity: severity, evidence: evidence,
        remedy: .advice("move guests to other hosts, or give them less memory")))
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

  static let examples = [
    Example("no guest runs", .exampleHost(), .notApplicable),
    Example("half of it", host(32_768), .satisfied),
    Example(
      "huge pages are there or not", host(40_960, "<memoryBacking><hugepages/></memoryBacking>"),
      under: .db, .satisfied),
    Example("more than there is", host(102_400), .violated(.warning)),
    Example("twice and more", host(140_000), .violated(.critical)),
    Example("a database host", host(64_000), under: .db, .violated(.critical)),
    Example("unreadable", host(32_768).withUnreadable("/proc/meminfo"), .unknown),
  ]
}
