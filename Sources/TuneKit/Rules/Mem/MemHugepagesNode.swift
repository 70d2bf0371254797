/// Pages on the wrong node are no help to a guest that is bound to another.
struct MemHugepagesNode: Rule {
  static let about = RuleInfo(
    id: "mem.hugepages-node",
    title: "Each node holds the pages that guests bound to it will ask for",
    severity: Severities(.critical),
    rationale: "A global setting spreads pages evenly; a guest bound to one node then fails to "
      + "start although the sum is enough.",
    cost: "The memory is reserved on that node. The kernel may grant fewer pages than asked.",
    notWhen: "No guest that waits for its start asks for huge pages of one node.",
    sources: [
      .article("§6.2"), .link("https://docs.kernel.org/admin-guide/mm/hugetlbpage.html"),
    ])

  static func evaluate(_ context: Context) -> [Judgement] {
    let facts = context.facts
    guard facts.noHostReason == nil else { return [] }
    let plan = HugePagePlan(facts)
    let byNode = Dictionary(grouping: plan.bound.keys) { $0.node }
    return byNode.sorted { $0.key < $1.key }.map { node, pools in
      Judgement(
        Subject(.numaNode, "\(node)"),
        verdict(node, pools.sorted { $0.sizeKiB < $1.sizeKiB }, plan, facts))
    }
  }

  private static func verdict(
    _ id: Int, _ pools: [HugePagePlan.Pool], _ plan: HugePagePlan, _ facts: Facts
  ) -> Verdict {
    guard let node = facts.topology.nodes.first(where: { $0.id == id }) else {
      return .violated(
        Violation(
          "guests are bound to node \(id), which this host does not have",
          evidence: [Evidence("/sys/devices/system/node/node\(id)", observed: nil)],
          remedy: .advice("bind their memory to a node that is there: tuned-vm place")))
    }
    var evidence: [Evidence] = []
    var short: [(pool: HugePagePlan.Pool, need: Int, there: Int)] = []
    for pool in pools {
      let need = plan.bound[pool] ?? 0
      let directory = "/sys/devices/system/node/node\(id)/hugepages"
      let path = "\(directory)/hugepages-\(pool.sizeKiB)kB/free_hugepages"
      guard let there = node.pools.first(where: { $0.pageSizeKiB == pool.sizeKiB })?.free else {
        return .unknown("\(path): the pool was not read")
      }
      evidence.append(Evidence(path, observed: "\(there)", expected: "at least \(need)"))
      if there < need { short.append((pool, need, there)) }
    }
    guard let worst = short.first else { return .satisfied(evidence) }
    let growth = plan.growth(sizeKiB: worst.pool.sizeKiB).filter { $0.node == id }
    return .violated(
      Violation(
        "guests bound to node \(id) need \(worst.need) pages of \(worst.pool.sizeKiB >> 10) MiB; "
          + "\(worst.there) are free there", evidence: evidence,
        remedy: .reserve(
          growth, sizeKiB: worst.pool.sizeKiB, "reserve the missing pages on node \(id)"),
        cause: "huge pages are missing"))
  }

  private static func guest(_ mode: String = "strict") -> String {
    DomainXML.example(
      memoryMiB: 4096,
      extra: "<memoryBacking><hugepages/></memoryBacking>"
        + "<numatune><memory mode='\(mode)' nodeset='1'/></numatune>")
  }

  static let examples: [Example] = [
    Example(
      "enough on its node", Snapshot.exampleHost(pages2M: (2048, 2048)).with(domain: guest()),
      .satisfied),
    Example(
      "a preferred node is no must", Snapshot.exampleHost().with(domain: guest("preferred")),
      .silent),
    Example(
      "the article's sysctl: half of the pages lie on the other node",
      Snapshot.exampleHost(pages2M: (1024, 1024)).with(domain: guest()), .violated(.critical)),
  ]
}
