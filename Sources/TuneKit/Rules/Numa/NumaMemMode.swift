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
      guard let binding = definition.memory.binding, !binding.isAuto else {
        return .notApplicable("no binding")
      }
      let family = context.family(of: domain)
      let evidence = [binding.node.evidence("@mode", binding.mode, "strict")]
      if [.latency, .hpc].contains(family) {
        guard !["strict", "restrictive"].contains(binding.mode) else { return .satisfied(evidence) }
        return .violated(
          Violation(
            "\(domain.key): its memory may slip to other nodes (\(binding.mode))",
            evidence: evidence,
            remedy: .edit(
              domain, "set the mode to strict",
              [.setAttribute(binding.node.path, name: "mode", value: "strict")])))
      }
      guard binding.mode == "strict", family == .general, !definition.wantsHugePages,
        !domain.isRunning, let nodes = binding.nodes, let wanted = definition.memory.totalKiB
      else { return .satisfied([binding.node.evidence("@mode", binding.mode)]) }
      if let no = context.nodesMissing { return no }
      return room(context, domain, binding, nodes, wanted)
    }
  }

  private static func room(
    _ context: Context, _ domain: Domain, _ binding: DomainMemory.Binding, _ nodes: CPUSet,
    _ wanted: Int
  ) -> Verdict {
    var free = 0
    for node in nodes {
      let path = "/sys/devices/system/node/node\(node)/meminfo"
      guard let text = context.facts.snapshot.raw(path).value,
        let line = text.lines.first(where: { $0.contains("MemFree:") }),
        let kib = line.words.dropLast().last.flatMap({ Int($0) }), kib >= 0, kib < 1 << 50
      else { return .unknown("\(path): has no MemFree") }
      free += kib
    }
    let evidence = [
      binding.node.evidence("@mode", "strict", "preferred"),
      Evidence(
        "/sys/devices/system/node/node\(nodes.first ?? 0)/meminfo",
        observed: "\(free >> 10) MiB free"),
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
    Example("preferred for latency", guest("preferred"), under: .latency, .violated(.warning)),
    Example(
      "strict without room", guest("strict", memoryMiB: 200_000), .violated(.warning)),
  ]
}
