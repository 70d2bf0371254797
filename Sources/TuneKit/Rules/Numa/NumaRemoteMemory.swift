/// Memory on another node than the vCPUs, as it really is.
struct NumaRemoteMemory: Rule {
  static let about = RuleInfo(
    id: "numa.remote-memory",
    title: "A running guest's memory lies on the nodes of its vCPUs",
    severity: Severities(.warning),
    rationale: "A binding only counts for pages touched after it; what lies elsewhere stays there "
      + "and makes every access slower.",
    cost: "Moving memory takes bandwidth and can't be taken back; huge pages don't always move.",
    notWhen: "Guests without pins, or over all nodes by design; shared libraries don't count.",
    sources: [.article("§11"), .text("numastat(8)")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { domain in
      guard domain.isRunning else { return .notApplicable("not running") }
      let definition = domain.current
      guard context.isPinned(definition) else { return .notApplicable("no pins") }
      if let no = context.nodesMissing { return no }
      guard context.facts.topology.fullNodes.count > 1 else { return .notApplicable("one node") }
      guard let process = context.facts.process(of: domain) else {
        return .unknown("its process is not known")
      }
      return process.memoryByNode.orUnknown { byNode in
        judge(context, domain, byNode, source: process.memoryByNode.source)
      }
    }
  }

  private static func judge(
    _ context: Context, _ domain: Domain, _ byNode: [Int: Int], source: String
  ) -> Verdict {
    let nodes = context.facts.topology.nodes(of: domain.current.pinnedCPUs)
    let total = byNode.values.reduce(0.0) { $0 + Double($1) }
    guard total > 0 else { return .unknown("\(source): shows no guest memory") }
    let remote = byNode.filter { !nodes.contains($0.key) }.values.reduce(0.0) { $0 + Double($1) }
    let share = 100 * remote / total
    let profile = context.profile(of: domain)
    let limits = OvercommitLimits(about.id, context, profile, warning: 10, critical: 40)
    let (warning, critical) = (limits.warning, limits.critical)
    let evidence = [
      Evidence(
        source, observed: "\(Int(share.rounded())) % on other nodes",
        expected: "at most \(Int(warning)) % away from nodes \(nodes)")
    ]
    guard share > warning else { return .satisfied(evidence) }
    return .violated(
      Violation(
        "\(domain.key): \(Int(share.rounded())) % of its memory lies on other nodes than its vCPUs",
        severity: share > critical ? .critical : .warning, evidence: evidence,
        remedy: Remedy(
          .live,
          "move its memory to nodes \(nodes); restart the guest where huge pages don't move",
          changes: [
            .domain(
              DomainChange(domain: domain.key, edits: [], live: [.moveMemory(nodes)]))
          ])))
  }

  private static func guest(_ near: Int, _ far: Int) -> Snapshot {
    Snapshot.exampleHost().with(running: PinnedExample.xml([1, 2]), pid: 4242).with(
      "/proc/4242/numa_maps",
      "7f00 default anon=\(near + far) dirty=9 N0=\(near) N1=\(far) kernelpagesize_kB=4\n"
        + "7f10 default file=/usr/lib/libc.so.6 mapped=900 N1=900 kernelpagesize_kB=4\n")
  }

  static let examples: [Example] = [
    Example("all near; libraries don't count", guest(1000, 0), .satisfied),
    Example(
      "not running", Snapshot.exampleHost().with(domain: PinnedExample.xml([1, 2])),
      .notApplicable),
    Example(
      "nobody may look", guest(1000, 0).withUnreadable("/proc/4242/numa_maps"), .unknown),
    Example("a fifth is far", guest(800, 200), .violated(.warning)),
    Example("most is far", guest(100, 900), .violated(.critical)),
    Example(
      "floating", .exampleHost().with(running: DomainXML.example(), pid: 4242), .notApplicable),
    Example(
      "one node", .exampleHost(nodes: 1).with(running: PinnedExample.xml([1, 2]), pid: 4242),
      .notApplicable),
    Example(
      "its process is not known", .exampleHost().with(running: PinnedExample.xml([1, 2])), .unknown),
  ]
}
