/// Memory of a node without CPUs is far from every vCPU.
struct NumaCPULessNode: Rule {
  static let about = RuleInfo(
    id: "numa.cpuless-node",
    title: "A guest's memory is bound to nodes with CPUs and memory",
    severity: Severities(.info),
    rationale: "CXL, HBM and persistent-memory nodes have no CPUs: their memory is slower or meant "
      + "for something else. A node without memory can give none.",
    cost: "None, if the slower memory wasn't meant.",
    notWhen: "Guests without a binding.",
    sources: [.link("https://docs.kernel.org/admin-guide/mm/numaperf.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { domain in
      let memory = domain.definition.memory
      let bound = memory.memNodes.reduce(memory.binding?.nodes ?? []) { $0.union($1.nodes ?? []) }
      guard !bound.isEmpty else { return .notApplicable("no binding") }
      if let no = context.nodesMissing { return no }
      let odd = context.facts.topology.nodes.filter { !$0.isFull && bound.contains($0.id) }
      let evidence = [
        domain.definition.evidence("numatune/memory/@nodeset", bound.description)
      ]
      guard let node = odd.first else { return .satisfied(evidence) }
      return .violated(
        Violation(
          "\(domain.key) takes memory from node \(node.id), which has no "
            + (node.cpus.isEmpty ? "CPUs" : "memory"), evidence: evidence,
          remedy: .advice("bind it to a node with CPUs, unless the slower memory is meant")))
    }
  }

  private static func guest(_ nodes: String) -> String {
    DomainXML.example(extra: "<numatune><memory mode='strict' nodeset='\(nodes)'/></numatune>")
  }

  static let examples: [Example] = [
    Example("a full node", Snapshot.exampleHost().with(domain: guest("0")), .satisfied),
    Example("no binding", Snapshot.exampleHost().with(domain: DomainXML.example()), .notApplicable),
    Example(
      "a node without CPUs",
      Snapshot.exampleHost().with("/sys/devices/system/node/node1/cpulist", "\n")
        .with(domain: guest("0-1")), .violated(.info)),
  ]
}
