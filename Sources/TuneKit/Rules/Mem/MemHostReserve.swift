/// A host without memory of its own kills guests.
struct MemHostReserve: Rule {
  static let about = RuleInfo(
    id: "mem.host-reserve",
    title: "The host keeps enough memory for itself",
    severity: Severities(.critical),
    rationale: "QEMU needs memory beside the guest's; when host and guests together want more than "
      + "there is, the kernel kills the largest process: a guest.",
    cost: "Less memory for guests.",
    notWhen: "Profiles that overcommit (size.mem-overcommit speaks there); no guest runs.",
    sources: [.article("§12")])

  static func evaluate(_ context: Context) -> [Judgement] {
    [Judgement(Subject(.host, context.facts.host.name ?? "host"), verdict(context))]
  }

  private static func verdict(_ context: Context) -> Verdict {
    let facts = context.facts
    guard [.db, .latency, .hpc, .network].contains(context.profile.family) else {
      return .notApplicable("the profile allows overcommitment within size.mem-overcommit")
    }
    let running = facts.runningDomains
    guard !running.isEmpty else { return .notApplicable("no guest runs") }
    guard let total = facts.memory.totalKiB.value else {
      return .unknown(facts.memory.totalKiB.unknownReason)
    }
    guard let pools = facts.memory.pools.value else {
      return .unknown(facts.memory.pools.unknownReason)
    }
    var needed = HostReserve.kib(totalKiB: total, facts.snapshot)
    var huge = 0
    for pool in pools {
      guard let count = pool.total.value else { return .unknown(pool.total.unknownReason) }
      huge = sum(huge, count.multipliedReportingOverflow(by: pool.pageSizeKiB).partialValue)
    }
    needed = sum(needed, huge)
    for domain in running {
      let definition = domain.current
      guard let memory = definition.memory.totalKiB else {
        return .unknown("the memory of \(domain.key.quoted()) is not stated")
      }
      needed = sum(needed, overhead(memory, definition.vcpus))
      if !definition.wantsHugePages { needed = sum(needed, memory) }
    }
    let evidence = [
      Evidence(
        "/proc/meminfo MemTotal", observed: "\(total >> 10) MiB",
        expected: "at least \(needed >> 10) MiB for guests, huge pages and the host")
    ]
    guard needed > total else { return .satisfied(evidence) }
    return .violated(
      Violation(
        "guests, huge pages and the host itself need \(needed >> 10) MiB; there are "
          + "\(total >> 10) MiB", evidence: evidence,
        remedy: .advice("move guests away, give them less memory, or shrink idle pools")))
  }

  /// What QEMU needs beside the guest's memory: 256 MiB, 8 MiB a vCPU, 1 MiB for each 500 MiB.
  private static func overhead(_ memoryKiB: Int, _ vcpus: Int) -> Int {
    (256 << 10) + vcpus * (8 << 10) + memoryKiB / 500
  }

  private static func sum(_ left: Int, _ right: Int) -> Int {
    let (value, overflow) = left.addingReportingOverflow(right)
    return overflow ? .max : value
  }

  private static func host(_ memoryMiB: Int) -> Snapshot {
    Snapshot.exampleHost(nodes: 1, memoryMiBPerNode: 32_768)
      .with(running: DomainXML.example(memoryMiB: memoryMiB))
  }

  static let examples: [Example] = [
    Example("room for the host", host(16_384), under: .db, .satisfied),
    Example("profiles that overcommit", host(32_768), .notApplicable),
    Example("no guest runs", .exampleHost(), under: .db, .notApplicable),
    Example("guests take all", host(32_000), under: .db, .violated(.critical)),
    Example(
      "memory unreadable",
      Snapshot.exampleHost().withUnreadable("/proc/meminfo").with(running: DomainXML.example()),
      under: .db, .unknown),
  ]
}
