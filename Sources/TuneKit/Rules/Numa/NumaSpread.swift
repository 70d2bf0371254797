/// A guest pinned over nodes that doesn't know of them reads remote memory all the time.
struct NumaVCPUSpread: Rule {
  static let about = RuleInfo(
    id: "numa.vcpu-spread",
    title: "A guest that fits one node runs on one",
    severity: Severities(
      .warning, [.latency: .critical, .hpc: .critical, .db: .critical, .desktop: .info]),
    rationale: "Each line that another socket holds is a round trip over the interconnect.",
    cost: "The vCPUs move; memory already allocated stays where it is until it is migrated.",
    notWhen: "One node; guest cells that follow the nodes; guests without pins; guests too large "
      + "for a node.",
    sources: [.article("§6.1"), .text("Red Hat virtualization tuning guide, 9.3")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { domain in
      let definition = domain.definition
      guard context.isPinned(definition) else { return .notApplicable("no pins") }
      if let no = context.nodesMissing { return no }
      let topology = context.facts.topology
      guard topology.fullNodes.count > 1 else { return .notApplicable("one node") }
      let nodes = topology.nodes(of: definition.pinnedCPUs)
      let evidence = [definition.evidence("cputune/vcpupin", "nodes \(nodes)", "one node")]
      guard nodes.count > 1 else { return .satisfied(evidence) }
      guard definition.cpu?.cells.count ?? 0 < 2 else {
        return .notApplicable("its cells follow the nodes, or numa.guest-topology speaks")
      }
      guard let homes = context.homes(of: definition) else {
        return .unknown("its memory or that of the nodes is not known")
      }
      guard !homes.isEmpty else { return .notApplicable("it fits no single node") }
      return .violated(
        Violation(
          "\(domain.key) is spread over nodes \(nodes), although it fits one",
          evidence: evidence, remedy: context.homeRemedy(domain, risk: about.cost),
          cause: "\(domain.key) is spread over nodes"))
    }
  }

  static let examples: [Example] = [
    Example(
      "on one node", Snapshot.exampleHost().with(domain: PinnedExample.xml([1, 2])), .satisfied),
    Example(
      "one node there is", Snapshot.exampleHost(nodes: 1).with(domain: PinnedExample.xml([1, 2])),
      .notApplicable),
    Example(
      "cells that follow the nodes",
      Snapshot.exampleHost().with(
        domain: PinnedExample.xml(
          [1, 5],
          extra: "<cpu><numa><cell id='0' cpus='0' memory='2' unit='GiB'/>"
            + "<cell id='1' cpus='1' memory='2' unit='GiB'/></numa></cpu>")), .notApplicable),
    Example("no pins", Snapshot.exampleHost().with(domain: DomainXML.example()), .notApplicable),
    Example(
      "two small vCPUs on two nodes",
      Snapshot.exampleHost().with(domain: PinnedExample.xml([1, 5])), under: .db,
      .violated(.critical)),
  ]
}
