/// Pinned vCPUs with floating memory work on other nodes' memory.
struct NumaMemoryBinding: Rule {
  static let about = RuleInfo(
    id: "numa.memory-binding",
    title: "A pinned guest's memory is bound to the nodes of its vCPUs",
    severity: Severities(
      .warning, [.latency: .critical, .hpc: .critical, .db: .warning, .general: .info]),
    rationale: "Where memory lies is decided when it is first touched; without a binding, a full "
      + "or busy node sends it elsewhere for good.",
    cost: "With mode strict the guest fails to start, or is killed, where its node has no memory "
      + "left.",
    notWhen: "One node; no pins; placement='auto'; mode restrictive; memnodes for all cells.",
    sources: [.article("§6.1"), .link("https://libvirt.org/formatdomain.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { judge(context, $0) }
  }

  private static func judge(_ context: Context, _ domain: Domain) -> Verdict {
    let definition = domain.definition
    guard definition.isPinned else { return .notApplicable("no pins") }
    if let no = context.nodesMissing { return no }
    let topology = context.facts.topology
    guard topology.fullNodes.count > 1 else { return .notApplicable("one node") }
    let nodes = topology.nodes(of: definition.pinnedCPUs)
    guard nodes.count < topology.fullNodes.count else {
      return .notApplicable("its vCPUs span all nodes")
    }
    let memory = definition.memory
    let cells = definition.cpu?.cells ?? []
    if !cells.isEmpty, cells.allSatisfy({ cell in memory.memNodes.contains { $0.cell == cell.id } })
    {
      return .notApplicable("memnodes bind its cells: numa.guest-topology speaks")
    }
    if memory.binding?.isAuto == true { return .notApplicable("placement='auto'") }
    if memory.binding?.mode == "restrictive", memory.binding?.nodes == nil {
      return .notApplicable("the cpuset binds it")
    }
    let bound = memory.binding?.nodes
    let evidence = [
      definition.evidence("numatune/memory/@nodeset", bound?.description, nodes.description)
    ]
    if bound == nodes { return .satisfied(evidence) }
    let isWider = bound.map { nodes.isSubset(of: $0) } ?? false
    let mode =
      [.throughput, .migratable].contains(context.family(of: domain)) ? "preferred" : "strict"
    let isPreferred = mode == "preferred" && nodes.count == 1
    var edits: [XMLEdit] = [.removeAttribute("numatune/memory", name: "placement")]
    if memory.binding == nil {
      edits.append(
        .setAttribute("numatune/memory", name: "mode", value: isPreferred ? "preferred" : "strict"))
    }
    edits.append(.setAttribute("numatune/memory", name: "nodeset", value: nodes.description))
    return .violated(
      Violation(
        bound == nil
          ? "\(domain.key) runs on nodes \(nodes), its memory may lie anywhere"
          : "\(domain.key) runs on nodes \(nodes), its memory is bound to \(bound ?? [])",
        severity: isWider ? .info : nil, evidence: evidence,
        remedy: .edit(domain, "bind its memory to nodes \(nodes)", risk: about.cost, edits)))
  }

  private static func guest(_ tune: String, cpus: [Int] = [1, 2]) -> Snapshot {
    Snapshot.exampleHost().with(
      domain: PinnedExample.xml(cpus, extra: tune.isEmpty ? "" : "<numatune>\(tune)</numatune>"))
  }

  static let examples: [Example] = [
    Example("bound to its node", guest("<memory mode='strict' nodeset='0'/>"), .satisfied),
    Example("numad decides", guest("<memory mode='strict' placement='auto'/>"), .notApplicable),
    Example("no pins", Snapshot.exampleHost().with(domain: DomainXML.example()), .notApplicable),
    Example(
      "one node", Snapshot.exampleHost(nodes: 1).with(domain: PinnedExample.xml([1, 2])),
      .notApplicable),
    Example("not bound", guest(""), under: .latency, .violated(.critical)),
    Example(
      "bound to the other node", guest("<memory mode='strict' nodeset='1'/>"), under: .db,
      .violated(.warning)),
    Example(
      "wider than its vCPUs", guest("<memory mode='strict' nodeset='0-1'/>"), under: .db,
      .violated(.info)),
  ]
}
