/// Huge pages that nobody asks for are memory nobody can use.
struct MemHugepagesWaste: Rule {
  static let about = RuleInfo(
    id: "mem.hugepages-waste",
    title: "No large pool of huge pages lies idle",
    severity: Severities(.warning),
    rationale: "Free huge pages can't be used for anything else.",
    cost: "None: only free pages go.",
    notWhen: "A defined guest needs them; they are less than a tenth of the memory.",
    sources: [.link("https://docs.kernel.org/admin-guide/mm/hugetlbpage.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    let facts = context.facts
    return [Judgement(Subject(.host, facts.host.name ?? "host"), verdict(facts))]
  }

  private static func verdict(_ facts: Facts) -> Verdict {
    guard let total = facts.memory.totalKiB.value else {
      return .unknown(facts.memory.totalKiB.unknownReason)
    }
    guard let pools = facts.memory.pools.value else {
      return .unknown(facts.memory.pools.unknownReason)
    }
    let plan = HugePagePlan(facts)
    guard plan.unclear.isEmpty else {
      return .unknown("/proc/meminfo Hugepagesize: how many pages defined guests need")
    }
    if let reason = facts.snapshot.domainsMissing, pools.contains(where: { $0.free.value != 0 }) {
      return .unknown(reason)
    }
    var idle = 0
    var evidence: [Evidence] = []
    for pool in pools {
      guard let free = pool.free.value else { return .unknown(pool.free.unknownReason) }
      let size = pool.pageSizeKiB
      let need =
        (plan.floating[size] ?? 0) + (pool.reserved.value ?? 0)
        + plan.bound.filter { $0.key.sizeKiB == size }.reduce(0) { $0 + $1.value }
      let spare = max(0, free - need)
      idle += spare * size
      evidence.append(Evidence(pool.free.source, observed: "\(free)", expected: "\(need) needed"))
    }
    guard idle > total / 10 else { return .satisfied(evidence) }
    return .violated(
      Violation(
        "\(idle >> 10) MiB of huge pages are free and no defined guest needs them",
        evidence: evidence,
        remedy: .advice("shrink the pools: write a smaller number to nr_hugepages of each node")))
  }

  private static let guest = DomainXML.example(
    memoryMiB: 65_536, extra: "<memoryBacking><hugepages/></memoryBacking>")

  private static var unasked: Snapshot {
    var host = Snapshot.exampleHost(pages2M: (16_384, 16_384))
    host.domainsMissing = "/etc/libvirt: not in this tree"
    return host
  }

  static let examples: [Example] = [
    Example("no pool", .exampleHost(), .satisfied),
    Example(
      "a guest that waits needs them",
      Snapshot.exampleHost(pages2M: (16_384, 16_384)).with(domain: guest), .satisfied),
    Example("nobody knows who needs them", unasked, .unknown),
    Example("idle pools", .exampleHost(pages2M: (16_384, 16_384)), .violated(.warning)),
    Example("memory unreadable", .exampleHost().withUnreadable("/proc/meminfo"), .unknown),
  ]
}
