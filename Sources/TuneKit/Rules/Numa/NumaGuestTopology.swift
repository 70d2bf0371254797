/// Cells that don't match the host mislead the guest's scheduler.
struct NumaGuestTopology: Rule {
  static let about = RuleInfo(
    id: "numa.guest-topology",
    title: "Guest cells match the host nodes they run on",
    severity: Severities(.warning, [.general: .info]),
    rationale: "A guest over several nodes needs a cell for each, its vCPUs pinned there and its "
      + "memory bound there; else it optimises for distances that don't exist.",
    cost: "The guest sees other hardware.",
    notWhen: "Guests on one node; cells without CPUs.",
    sources: [.link("https://libvirt.org/formatdomain.html"), .article("§6.1")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { judge(context, $0) }
  }

  private static func judge(_ context: Context, _ domain: Domain) -> Verdict {
    let definition = domain.definition
    let cells = definition.cpu?.cells ?? []
    let evidence = [definition.evidence("cpu/numa/cell", "\(cells.count) cells")]
    if !cells.isEmpty, let message = inconsistency(definition, cells) {
      return violation(
        domain, evidence, .critical, message,
        .advice("let its cells hold each vCPU once and all of its memory"))
    }
    guard context.isPinned(definition) else { return .notApplicable("no pins") }
    if let no = context.nodesMissing { return no }
    let topology = context.facts.topology
    let nodes = topology.nodes(of: definition.pinnedCPUs)
    guard nodes.count > 1 else { return .notApplicable("on one node") }
    let active = cells.filter { !$0.cpus.isEmpty }
    let move = context.homeRemedy(domain, risk: about.cost)
    guard active.count == nodes.count else {
      return violation(
        domain, evidence, nil, "it spans \(nodes.count) nodes and has \(active.count) cells", move,
        cause: cells.count < 2 ? "\(domain.key) is spread over nodes" : nil)
    }
    let pins = definition.vcpuPins
    var wrong: [(cell: Int, node: DomainMemory.MemNode, home: CPUSet)] = []
    for cell in active {
      let cpus = cell.cpus.reduce(CPUSet()) {
        $1 < pins.count ? $0.union(pins[$1].cpus ?? []) : $0
      }
      let home = topology.nodes(of: cpus)
      guard home.count == 1 else {
        return violation(
          domain, evidence, nil, "cell \(cell.id) runs on nodes \(home)", move)
      }
      if let node = definition.memory.memNodes.first(where: { $0.cell == cell.id }),
        let bound = node.nodes, bound != home
      {
        wrong.append((cell.id, node, home))
      }
    }
    guard let first = wrong.first else { return .satisfied(evidence) }
    let bound = first.node.nodes ?? []
    let edits = wrong.map {
      XMLEdit.setAttribute($0.node.node.path, name: "nodeset", value: $0.home.description)
    }
    return violation(
      domain, [first.node.node.evidence("@nodeset", bound.description, first.home.description)],
      nil, "cell \(first.cell) runs on node \(first.home), its memory comes from \(bound)",
      context.home(
        domain, or: .edit(domain, "bind the memory of each cell to the node it runs on", edits)))
  }

  private static func inconsistency(
    _ definition: DomainDefinition, _ cells: [DomainCPU.Cell]
  ) -> String? {
    var seen = CPUSet()
    for cell in cells {
      guard seen.isDisjoint(with: cell.cpus) else { return "a vCPU is in two cells" }
      seen = seen.union(cell.cpus)
    }
    guard seen == CPUSet(0..<definition.vcpus) else {
      return "its cells hold vCPUs \(seen), it has \(definition.vcpus)"
    }
    let sum = cells.reduce(0) { $0.addingReportingOverflow($1.memoryKiB ?? 0).partialValue }
    let dimms = definition.memory.devices.reduce(0) {
      $0.addingReportingOverflow($1.sizeKiB).partialValue
    }
    guard let total = definition.memory.totalKiB, total != sum,
      total != sum.addingReportingOverflow(dimms).partialValue
    else { return nil }
    return "its cells have \(sum >> 10) MiB, it has \(total >> 10) MiB"
  }

  private static func violation(
    _ domain: Domain, _ evidence: [Evidence], _ severity: Severity?, _ message: String,
    _ remedy: Remedy, cause: String? = nil
  ) -> Verdict {
    .violated(
      Violation(
        "\(domain.key): \(message)", severity: severity, evidence: evidence, remedy: remedy,
        cause: cause))
  }

  private static func guest(_ cells: String, cpus: [Int] = [1, 5], tune: String = "") -> Snapshot {
    Snapshot.exampleHost().with(
      domain: PinnedExample.xml(cpus, extra: "\(tune)<cpu><numa>\(cells)</numa></cpu>"))
  }
  private static let two =
    "<cell id='0' cpus='0' memory='2' unit='GiB'/><cell id='1' cpus='1' memory='2' unit='GiB'/>"

  static let examples: [Example] = [
    Example("a cell a node", guest(two), .satisfied),
    Example(
      "on one node",
      Snapshot.exampleHost().with(domain: PinnedExample.xml([1, 2])), .notApplicable),
    Example(
      "two nodes, no cells", Snapshot.exampleHost().with(domain: PinnedExample.xml([1, 5])),
      .violated(.info)),
    Example(
      "memory from the other node",
      guest(
        two,
        tune:
          "<numatune><memnode cellid='0' nodeset='1'/><memnode cellid='1' nodeset='0'/></numatune>"),
      under: .db, .violated(.warning)),
    Example(
      "cells that leave a vCPU out", guest("<cell id='0' cpus='0' memory='4' unit='GiB'/>"),
      .violated(.critical)),
  ]
}
