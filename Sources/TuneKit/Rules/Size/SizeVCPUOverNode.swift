/// A guest wider than a node that doesn't know it.
struct SizeVCPUOverNode: Rule {
  static let about = RuleInfo(
    id: "size.vcpu-over-node", title: "Guests wider than a node have NUMA cells",
    severity: Severities(.warning),
    rationale: "Without cells the guest's kernel takes all memory for equally near, and half of "
      + "its accesses are remote.",
    cost: "The guest sees another topology.",
    notWhen: "One node; two or more guest cells.",
    sources: [.article("§6.1"), .article("§12")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { domain in
      if let reason = context.noHost { return .unknown(reason) }
      let nodes = context.facts.topology.nodes.filter(\.isFull)
      guard !nodes.isEmpty else { return .unknown("/sys/devices/system/node: no node was read") }
      guard nodes.count > 1 else { return .notApplicable("the host has one node") }
      let widest = nodes.map(\.cpus.count).max() ?? 0
      let vcpus = domain.definition.vcpus
      let cells = domain.definition.cpu?.cells.count ?? 0
      let evidence = Evidence(
        "/domain/vcpu", observed: "\(vcpus), \(cells) cells",
        expected: "at most \(widest), or cells")
      guard vcpus > widest, cells < 2 else { return .satisfied([evidence]) }
      return .violated(
        Violation(
          "\(domain.key.printable) has \(vcpus) vCPUs, a node has \(widest) CPUs, and it sees no cells",
          evidence: [evidence],
          remedy: .advice("give it NUMA cells, one for each node it spans (tuned-vm place)")))
    }
  }

  private static func host(_ vcpus: Int, nodes: Int = 2, _ extra: String = "") -> Snapshot {
    Snapshot.exampleHost(nodes: nodes, coresPerNode: 2).withDomain(
      DomainXML.example(vcpus: vcpus, extra: extra))
  }

  static let examples = [
    Example("fits a node", host(4), .satisfied),
    Example("one node", host(8, nodes: 1), .notApplicable),
    Example(
      "with cells",
      host(
        8,
        "<cpu mode='host-model'><numa><cell id='0' cpus='0-3' memory='2' unit='GiB'/>"
          + "<cell id='1' cpus='4-7' memory='2' unit='GiB'/></numa></cpu>"), .satisfied),
    Example("wider than a node", host(6), .violated(.warning)),
    Example("no host to ask", .example(domains: DomainXML.example()), .unknown),
  ]
}
