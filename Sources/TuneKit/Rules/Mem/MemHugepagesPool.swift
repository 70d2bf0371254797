/// A guest that asks for huge pages does not start without them.
struct MemHugepagesPool: Rule {
  static let about = RuleInfo(
    id: "mem.hugepages-pool",
    title: "The pools hold the pages that defined guests will ask for",
    severity: Severities(.critical),
    rationale: "libvirt refuses the start: unable to map backing store for guest RAM.",
    cost: "The memory is reserved. The kernel may grant fewer pages than asked, without an error.",
    notWhen: "No defined guest that waits for its start asks for huge pages.",
    sources: [.link("https://docs.kernel.org/admin-guide/mm/hugetlbpage.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    let facts = context.facts
    let host = Subject(.host, facts.host.name ?? "host")
    return [Judgement(host, verdict(facts))]
  }

  private static func verdict(_ facts: Facts) -> Verdict {
    let plan = HugePagePlan(facts)
    if let domain = plan.unclear.first {
      return .unknown("/proc/meminfo Hugepagesize: how many pages \(domain.quoted()) needs")
    }
    guard !plan.askers.isEmpty else {
      return .notApplicable("no guest that waits for its start asks for huge pages")
    }
    guard facts.noHostReason == nil else { return .unknown("the host's pools of huge pages") }
    var evidence: [Evidence] = []
    var short: [(size: Int, need: Int, there: Int)] = []
    for size in plan.askers.keys.sorted() {
      let need =
        (plan.floating[size] ?? 0)
        + plan.bound.filter { $0.key.sizeKiB == size }.reduce(0) { $0 + $1.value }
      let pool = facts.memory.pool(pageSizeKiB: size)
      guard facts.memory.pools.value != nil else {
        return .unknown(facts.memory.pools.unknownReason)
      }
      guard let free = pool.map(\.free) ?? Known(0, from: "/sys/kernel/mm/hugepages") as Known<Int>?
      else { continue }
      guard let count = free.value else { return .unknown(free.unknownReason) }
      let there = max(0, count - (pool?.reserved.value ?? 0))
      evidence.append(
        Evidence(free.source, observed: "\(there)", expected: "at least \(need)"))
      if there < need { short.append((size, need, there)) }
    }
    guard let worst = short.first else { return .satisfied(evidence) }
    let growth = plan.growth(sizeKiB: worst.size)
    let fits = facts.topology.nodes.contains { node in
      node.pools.contains { $0.pageSizeKiB == worst.size }
    }
    return .violated(
      Violation(
        "guests that wait for their start need \(worst.need) pages of \(worst.size >> 10) MiB; "
          + "\(worst.there) are free", evidence: evidence,
        remedy: fits
          ? .reserve(growth, sizeKiB: worst.size, "reserve the missing pages")
          : .advice(
            "this kernel has no pool of \(worst.size >> 10) MiB pages: boot with hugepagesz="),
        cause: "huge pages are missing"))
  }

  private static let guest = DomainXML.example(
    memoryMiB: 4096, extra: "<memoryBacking><hugepages/></memoryBacking>")

  static let examples: [Example] = [
    Example(
      "enough pages", Snapshot.exampleHost(pages2M: (2048, 2048)).with(domain: guest), .satisfied),
    Example(
      "nobody asks", Snapshot.exampleHost().with(domain: DomainXML.example()), .notApplicable),
    Example(
      "a running guest has its pages already",
      Snapshot.exampleHost(pages2M: (1024, 0)).with(running: guest), .notApplicable),
    Example("an empty pool", Snapshot.exampleHost().with(domain: guest), .violated(.critical)),
  ]
}
