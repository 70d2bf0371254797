/// Without a topology, QEMU shows every vCPU as a socket of its own.
struct CPUTopology: Rule {
  static let about = RuleInfo(
    id: "cpu.topology",
    title: "A guest's sockets, cores and threads make up its vCPUs",
    severity: Severities(.warning, [.general: .info]),
    rationale: "libvirt refuses a topology whose product isn't the number of vCPUs. Windows "
      + "clients use two sockets at most. A guest over several nodes schedules right only if its "
      + "sockets or cells follow the nodes.",
    cost: "The guest sees other hardware: licences may ask again.",
    notWhen: "One vCPU; Linux guests of up to eight vCPUs are only worth knowing.",
    sources: [.article("§6.1"), .link("https://libvirt.org/formatdomain.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { judge(context, $0) }
  }

  private static func judge(_ context: Context, _ domain: Domain) -> Verdict {
    let definition = domain.definition
    let vcpus = definition.vcpus
    guard let topology = definition.cpu?.topology else {
      guard vcpus > 1 else { return .notApplicable("one vCPU") }
      let isClient = isWindowsClient(definition) && vcpus > 2
      return violation(
        context, domain, "absent", isClient ? .warning : .info,
        isClient
          ? "\(domain.key): Windows uses two of its \(vcpus) sockets"
          : "\(domain.key) shows each of its \(vcpus) vCPUs as a socket", sockets: 1, threads: 1)
    }
    let sockets = topology.sockets == 1 ? "1 socket" : "\(topology.sockets) sockets"
    let cores = topology.dies * topology.clusters * topology.cores
    let text = "\(sockets) × \(cores) cores × \(topology.threads) threads"
    guard topology.product == vcpus else {
      return violation(
        context, domain, text, .critical,
        "\(domain.key): its topology makes \(topology.product) vCPUs, it has \(vcpus): it will not "
          + "start", sockets: 1, threads: vcpus % topology.threads == 0 ? topology.threads : 1)
    }
    let nodes = context.facts.topology.nodes(of: definition.pinnedCPUs)
    let cells = definition.cpu?.cells.count ?? 0
    if context.isPinned(definition), nodes.count > 1, topology.sockets != nodes.count,
      cells != nodes.count, vcpus % (nodes.count * topology.threads) == 0
    {
      return violation(
        context, domain, text, nil,
        "\(domain.key) spans \(nodes.count) nodes and shows \(sockets)",
        sockets: nodes.count, threads: topology.threads, cause: "\(domain.key) is spread over nodes"
      )
    }
    if topology.sockets > 2, isWindowsClient(definition) {
      return violation(
        context, domain, text, .warning,
        "\(domain.key): Windows uses two of its \(topology.sockets) sockets", sockets: 1,
        threads: topology.threads)
    }
    return .satisfied([definition.evidence("cpu/topology", text)])
  }

  /// Editions for desktops use two sockets at most.
  private static func isWindowsClient(_ definition: DomainDefinition) -> Bool {
    guard let id = definition.tags.osID else { return false }
    return ["/win/10", "/win/11", "/win/7", "/win/8", "/win/xp", "/win/vista"].contains {
      id.hasSuffix($0) || id.contains($0 + ".")
    }
  }

  private static func violation(
    _ context: Context, _ domain: Domain, _ observed: String, _ severity: Severity?,
    _ message: String, sockets: Int, threads: Int, cause: String? = nil
  ) -> Verdict {
    let shape = context.homes?.places[domain.key]?.shape
    let sockets = shape?.sockets ?? sockets
    let threads = shape?.threads ?? threads
    let cores = domain.definition.vcpus / (sockets * threads)
    return .violated(
      Violation(
        message, severity: severity,
        evidence: [
          domain.definition.evidence(
            "cpu/topology", observed, "\(sockets) sockets × \(cores) cores × \(threads) threads")
        ],
        remedy: .edit(
          domain, "set \(sockets) sockets, \(cores) cores, \(threads) threads", risk: about.cost,
          edits(sockets: sockets, cores: cores, threads: threads)), cause: cause))
  }

  /// The edits that give a guest this shape.
  static func edits(sockets: Int, cores: Int, threads: Int) -> [XMLEdit] {
    let path: XMLPath = "cpu/topology"
    return [
      .setAttribute(path, name: "sockets", value: "\(sockets)"),
      .removeAttribute(path, name: "dies"), .removeAttribute(path, name: "clusters"),
      .setAttribute(path, name: "cores", value: "\(cores)"),
      .setAttribute(path, name: "threads", value: "\(threads)"),
    ]
  }

  private static func guest(_ topology: String, vcpus: Int = 4, system: String? = nil) -> Snapshot {
    .example(
      domains: DomainXML.example(
        vcpus: vcpus, system: system, extra: topology.isEmpty ? "" : "<cpu>\(topology)</cpu>"))
  }

  static let examples: [Example] = [
    Example("it fits", guest("<topology sockets='1' cores='2' threads='2'/>"), .satisfied),
    Example("one vCPU", guest("", vcpus: 1), .notApplicable),
    Example(
      "dies count", guest("<topology sockets='1' dies='2' cores='2' threads='1'/>"), .satisfied),
    Example(
      "two vCPUs are two sockets for a Windows client",
      guest("", vcpus: 2, system: "http://microsoft.com/win/11"), .violated(.info)),
    Example("none", guest(""), .violated(.info)),
    Example(
      "four sockets for a Windows client",
      guest(
        "<topology sockets='4' cores='1' threads='1'/>", system: "http://microsoft.com/win/10"),
      .violated(.warning)),
    Example(
      "none for a Windows client", guest("", system: "http://microsoft.com/win/11"),
      .violated(.warning)),
    Example(
      "1×4×2 for four vCPUs", guest("<topology sockets='1' cores='4' threads='2'/>"),
      .violated(.critical)),
  ]
}
