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
    guard context.isPinned(definition) else { return .notApplicable("no pins") }
    if let no = context.nodesMissing { return no }
    let topology = context.facts.topology
    guard topology.fullNodes.count > 1 else { return .notApplicable("one node") }
    let nodes = topology.nodes(of: definition.pinnedCPUs)
    let memory = definition.memory
    let cells = definition.cpu?.cells ?? []
    if !cells.isEmpty, cells.allSatisfy({ cell in memory.memNodes.contains { $0.cell == cell.id } })
    {
      return cellBound(context, domain, nodes)
    }
    if memory.binding?.isAuto == true { return .notApplicable("placement='auto'") }
    if memory.binding?.mode == "restrictive", memory.binding?.nodes == nil {
      return .notApplicable("the cpuset binds it")
    }
    let bound = memory.binding?.nodes
    let isWide = nodes.count > 1
    let evidence = [
      definition.evidence("numatune/memory/@nodeset", bound?.description, nodes.description)
    ]
    if bound == nodes { return .satisfied(evidence) }
    let isWider = bound.map { nodes.isSubset(of: $0) } ?? false
    let isPreferred =
      nodes.count == 1
      && ([.throughput, .migratable].contains(context.family(of: domain))
        || NumaMemMode.lacksRoom(context, domain, on: nodes))
    var edits: [XMLEdit] = [.removeAttribute("numatune/memory", name: "placement")]
    if memory.binding == nil {
      let chosen = isWide && cells.count < 2 ? "interleave" : isPreferred ? "preferred" : "strict"
      edits.append(.setAttribute("numatune/memory", name: "mode", value: chosen))
    }
    edits.append(.setAttribute("numatune/memory", name: "nodeset", value: nodes.description))
    return .violated(
      Violation(
        bound == nil
          ? "\(domain.key) runs on nodes \(nodes), its memory may lie anywhere"
          : "\(domain.key) runs on nodes \(nodes), its memory is bound to \(bound ?? [])",
        severity: isWider ? .info : nil, evidence: evidence,
        remedy: context.home(
          domain,
          or: .edit(domain, "bind its memory to nodes \(nodes)", risk: about.cost, edits))))
  }

  /// Memory nodes for every cell. A guest over several nodes is numa.guest-topology's matter; on
  /// one node the cells' memory must come from there.
  private static func cellBound(_ context: Context, _ domain: Domain, _ nodes: CPUSet) -> Verdict {
    guard nodes.count == 1 else {
      return .notApplicable("memnodes bind its cells: numa.guest-topology speaks")
    }
    let memNodes = domain.definition.memory.memNodes
    let bound = memNodes.reduce(CPUSet()) { $0.union($1.nodes ?? []) }
    let wrong = memNodes.filter { node in node.nodes.map { $0 != nodes } ?? false }
    guard let first = wrong.first else {
      return .satisfied([
        domain.definition.evidence("numatune/memnode/@nodeset", bound.description)
      ])
    }
    let isWider = wrong.allSatisfy { nodes.isSubset(of: $0.nodes ?? []) }
    return .violated(
      Violation(
        "\(domain.key) runs on nodes \(nodes), its memory is bound to \(bound)",
        severity: isWider ? .info : nil,
        evidence: [
          first.node.evidence("@nodeset", first.nodes?.description, nodes.description)
        ],
        remedy: .edit(
          domain, "bind its memory to nodes \(nodes)", risk: about.cost,
          wrong.map {
            .setAttribute($0.node.path, name: "nodeset", value: nodes.description)
          })))
  }

  private static let cell =
    "<cpu><numa><cell id='0' cpus='0-1' memory='4' unit='GiB'/></numa></cpu>"

  private static func guest(
    _ tune: String, cpus: [Int] = [1, 2], extra: String = ""
  ) -> Snapshot {
    Snapshot.exampleHost().with(
      domain: PinnedExample.xml(
        cpus, extra: (tune.isEmpty ? "" : "<numatune>\(tune)</numatune>") + extra))
  }

  static let examples: [Example] = [
    Example("bound to its node", guest("<memory mode='strict' nodeset='0'/>"), .satisfied),
    Example("numad decides", guest("<memory mode='strict' placement='auto'/>"), .notApplicable),
    Example("no pins", Snapshot.exampleHost().with(domain: DomainXML.example()), .notApplicable),
    Example(
      "one node", Snapshot.exampleHost(nodes: 1).with(domain: PinnedExample.xml([1, 2])),
      .notApplicable),
    Example(
      "a cell bound to its node",
      guest("<memnode cellid='0' mode='strict' nodeset='0'/>", extra: cell), under: .latency,
      .satisfied),
    Example(
      "a cell of another node's memory",
      guest("<memnode cellid='0' mode='strict' nodeset='1'/>", extra: cell), under: .latency,
      .violated(.critical)),
    Example(
      "over both nodes, bound to one",
      guest("<memory mode='strict' nodeset='0'/>", cpus: [1, 5]), under: .db, .violated(.warning)),
    Example("over both nodes, bound to none", guest("", cpus: [1, 5]), .violated(.info)),
    Example("not bound", guest(""), under: .latency, .violated(.critical)),
    Example(
      "bound to the other node", guest("<memory mode='strict' nodeset='1'/>"), under: .db,
      .violated(.warning)),
    Example(
      "wider than its vCPUs", guest("<memory mode='strict' nodeset='0-1'/>"), under: .db,
      .violated(.info)),
  ]
}
