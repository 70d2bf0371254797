/// The mode decides what happens when a node is full.
struct NumaMemMode: Rule {
  static let about = RuleInfo(
    id: "numa.mem-mode",
    title: "The memory mode suits the guest",
    severity: Severities(.info, [.latency: .warning, .hpc: .warning]),
    rationale: "preferred and interleave let memory slip to other nodes; strict on a node without "
      + "room kills the guest while the host has memory left.",
    cost: "strict can keep a guest from starting.",
    notWhen: "No numatune; huge pages (they are reserved).",
    sources: [.link("https://libvirt.org/formatdomain.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { domain in
      let definition = domain.definition
      let bindings = modes(definition)
      guard !bindings.isEmpty else { return .notApplicable("no binding") }
      let family = context.family(of: domain)
      if [.latency, .hpc].contains(family) { return slips(context, domain, bindings) }
      if let spread = bindings.first(where: { $0.mode == "interleave" }),
        isInterleavedInVain(context, definition) == true
      {
        return .violated(
          Violation(
            "\(domain.key): its memory is interleaved, though it fits a node or knows of its nodes",
            severity: .info, evidence: [spread.node.evidence("@mode", spread.mode, "strict")],
            remedy: .advice("interleave suits guests wider than a node and without cells")))
      }
      guard let binding = definition.memory.binding, !binding.isAuto else {
        return .satisfied([bindings[0].node.evidence("@mode", bindings[0].mode)])
      }
      guard binding.mode == "strict", mayLackRoom(context, domain), let nodes = binding.nodes,
        let wanted = definition.memory.totalKiB
      else { return .satisfied([binding.node.evidence("@mode", binding.mode)]) }
      if let no = context.nodesMissing { return no }
      return room(context, domain, binding, nodes, wanted)
    }
  }

  /// Whether strict memory of these nodes is what this rule would object to: a guest that has yet to
  /// find its memory, and nodes that don't have it.
  static func lacksRoom(_ context: Context, _ domain: Domain, on nodes: CPUSet) -> Bool {
    guard mayLackRoom(context, domain), let wanted = domain.definition.memory.totalKiB,
      let free = free(on: nodes, context.facts).value
    else { return false }
    return free < wanted
  }

  private static func mayLackRoom(_ context: Context, _ domain: Domain) -> Bool {
    [.general, .secure, .desktop].contains(context.family(of: domain))
      && !domain.definition.wantsHugePages && !domain.isRunning
  }

  /// KiB that are free on nodes.
  private static func free(on nodes: CPUSet, _ facts: Facts) -> Known<Int> {
    var sum = 0
    var source = ""
    for node in nodes {
      let path = "/sys/devices/system/node/node\(node)/meminfo"
      if source.isEmpty { source = path }
      guard let text = facts.snapshot.raw(path).value,
        let line = text.lines.first(where: { $0.contains("MemFree:") }),
        let kib = line.words.dropLast().last.flatMap({ Int($0) }), kib >= 0, kib < 1 << 50
      else { return Known(missing: "has no MemFree", from: path) }
      sum += kib
    }
    return Known(sum, from: source)
  }

  /// The modes that are written, of the guest and of its cells.
  private static func modes(_ definition: DomainDefinition) -> [(node: XMLNode, mode: String)] {
    let memory = definition.memory
    var result: [(node: XMLNode, mode: String)] = []
    if let binding = memory.binding, !binding.isAuto {
      result.append((node: binding.node, mode: binding.mode))
    }
    for node in memory.memNodes { result.append((node: node.node, mode: node.mode)) }
    return result
  }

  /// Even response times need memory that can't slip away.
  private static func slips(
    _ context: Context, _ domain: Domain, _ bindings: [(node: XMLNode, mode: String)]
  ) -> Verdict {
    let loose = bindings.filter { binding in
      guard !["strict", "restrictive"].contains(binding.mode) else { return false }
      return binding.mode != "interleave"
        || isInterleavedInVain(context, domain.definition) != false
    }
    guard let first = loose.first else {
      return .satisfied([bindings[0].node.evidence("@mode", bindings[0].mode, "strict")])
    }
    return .violated(
      Violation(
        "\(domain.key): its memory may slip to other nodes (\(first.mode))",
        evidence: [first.node.evidence("@mode", first.mode, "strict")],
        remedy: .edit(
          domain, "set the mode to strict",
          loose.map { .setAttribute($0.node.path, name: "mode", value: "strict") })))
  }

  /// Whether the guest fits a node or knows of the nodes; nil where nobody can tell.
  private static func isInterleavedInVain(
    _ context: Context, _ definition: DomainDefinition
  ) -> Bool? {
    if definition.cpu?.cells.count ?? 0 > 1 { return true }
    guard context.nodesMissing == nil, context.facts.topology.fullNodes.count > 1 else {
      return nil
    }
    return context.homes(of: definition).map { !$0.isEmpty }
  }

  private static func room(
    _ context: Context, _ domain: Domain, _ binding: DomainMemory.Binding, _ nodes: CPUSet,
    _ wanted: Int
  ) -> Verdict {
    let known = free(on: nodes, context.facts)
    guard let free = known.value else { return .missing(known) }
    let evidence = [
      binding.node.evidence("@mode", "strict", "preferred"),
      Evidence(known.source, observed: "\(free >> 10) MiB free"),
    ]
    guard free < wanted else { return .satisfied(evidence) }
    return .violated(
      Violation(
        "\(domain.key) wants \(wanted >> 10) MiB strictly from nodes \(nodes), which have "
          + "\(free >> 10) MiB", severity: .warning, evidence: evidence,
        remedy: nodes.count == 1
          ? .edit(
            domain, "set the mode to preferred",
            [.setAttribute(binding.node.path, name: "mode", value: "preferred")])
          : .advice("choose nodes with room, or mode preferred with one node")))
  }

  private static func guest(_ mode: String, memoryMiB: Int = 4096) -> Snapshot {
    Snapshot.exampleHost().with(
      domain: DomainXML.example(
        memoryMiB: memoryMiB,
        extra: "<numatune><memory mode='\(mode)' nodeset='0'/></numatune>"))
  }

  static let examples: [Example] = [
    Example("strict for latency", guest("strict"), under: .latency, .satisfied),
    Example("strict where there is room", guest("strict"), .satisfied),
    Example("no binding", Snapshot.exampleHost().with(domain: DomainXML.example()), .notApplicable),
    Example(
      "interleave for a guest wider than a node", guest("interleave", memoryMiB: 100_000),
      under: .hpc, .satisfied),
    Example("interleave for a guest that fits", guest("interleave"), .violated(.info)),
    Example("preferred for latency", guest("preferred"), under: .latency, .violated(.warning)),
    Example(
      "strict without room", guest("strict", memoryMiB: 200_000), .violated(.warning)),
  ]
}
