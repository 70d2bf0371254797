/// A guest wider than a node pays for remote memory unless it knows of the nodes.
struct NumaFitsNode: Rule {
  static let about = RuleInfo(
    id: "numa.fits-node",
    title: "A guest fits one node or knows of the nodes it spans",
    severity: Severities(.info),
    rationale: "A guest that is wider than any node has remote memory; only guest cells tell its "
      + "scheduler where.",
    cost: "Cells must match what the host gives, and pins with them.",
    notWhen: "One node; guests with two cells or more.",
    sources: [.article("§6.1")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { domain in
      let definition = domain.definition
      if let no = context.nodesMissing { return no }
      guard context.facts.topology.fullNodes.count > 1 else { return .notApplicable("one node") }
      guard definition.cpu?.cells.count ?? 0 < 2 else { return .notApplicable("it has cells") }
      guard let homes = context.homes(of: definition) else {
        return .unknown("its memory or that of the nodes is not known")
      }
      let size = "\(definition.vcpus) vCPUs, \((definition.memory.totalKiB ?? 0) >> 10) MiB"
      let evidence = [definition.evidence("vcpu", size, "within one node")]
      guard homes.isEmpty else { return .satisfied(evidence) }
      return .violated(
        Violation(
          "\(domain.key) (\(size)) fits no single node and has no cells", evidence: evidence,
          remedy: context.home(
            domain, or: .advice("give it a cell for each node it spans, or make it smaller"))))
    }
  }

  static let examples: [Example] = [
    Example("it fits", Snapshot.exampleHost().with(domain: DomainXML.example()), .satisfied),
    Example(
      "one node", Snapshot.exampleHost(nodes: 1).with(domain: DomainXML.example(vcpus: 64)),
      .notApplicable),
    Example("nobody knows the host", .example(domains: DomainXML.example()).none(), .unknown),
    Example(
      "more vCPUs than a node has",
      Snapshot.exampleHost().with(domain: DomainXML.example(vcpus: 12)), .violated(.info)),
    Example(
      "more memory than a node has",
      Snapshot.exampleHost().with(domain: DomainXML.example(memoryMiB: 100_000)),
      .violated(.info)),
    Example(
      "it has cells",
      .exampleHost().with(
        domain: DomainXML.example(
          extra:
            "<cpu><numa><cell id='0' cpus='0-1' memory='2' unit='GiB'/><cell id='1' cpus='2-3' memory='2' unit='GiB'/></numa></cpu>"
        )), .notApplicable),
  ]
}

extension Snapshot {
  /// The same domains without a host.
  func none() -> Snapshot {
    var copy = self
    copy.origin = .none("only domains were given")
    return copy
  }
}
