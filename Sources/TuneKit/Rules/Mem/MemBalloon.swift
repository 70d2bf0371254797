/// The balloon gives memory back to the host; for some guests that is a loss, for others the point.
struct MemBalloon: Rule {
  static let about = RuleInfo(
    id: "mem.balloon",
    title: "The memory balloon suits the guest",
    severity: Severities(.info),
    rationale: "An inflated balloon takes memory a database counts on; a guest of even response "
      + "times is better without the device. Where hosts are overcommitted it is what gives "
      + "memory back, and its statistics are the only view into a guest's memory.",
    cost: "Without a balloon the host can't take memory back from this guest.",
    notWhen: "A database guest whose balloon is there and not inflated.",
    sources: [.article("§6.2"), .link("https://libvirt.org/formatdomain.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { judge($0, context) }
  }

  private static func judge(_ domain: Domain, _ context: Context) -> Verdict {
    let definition = domain.definition
    let balloon = definition.devices.balloon
    let model = balloon?.model ?? "virtio"
    let family = context.family(of: domain)
    if family == .latency || family == .hpc || family == .network {
      return wantsNone(domain, balloon)
    }
    if family == .db, let verdict = inflated(domain) { return verdict }
    let evidence = [definition.evidence("devices/memballoon/@model", balloon?.model)]
    guard model != "none" else {
      guard family == .general || family == .desktop, isOvercommitted(context) else {
        return .satisfied(evidence)
      }
      return .violated(
        Violation(
          "\(domain.key) has no balloon on a host that promises more memory than it has",
          evidence: [definition.evidence("devices/memballoon/@model", "none", "virtio")],
          remedy: .edit(
            domain, "give the guest a virtio balloon",
            [
              .setAttribute("devices/memballoon", name: "model", value: "virtio"),
              .setAttribute("devices/memballoon/stats", name: "period", value: "5"),
            ])))
    }
    guard balloon?.statsPeriod == nil else { return .satisfied(evidence) }
    return .violated(
      Violation(
        "\(domain.key) reports no memory statistics",
        evidence: [definition.evidence("devices/memballoon/stats/@period", nil, "5")],
        remedy: .edit(
          domain, "report memory statistics every 5 s",
          [
            .setAttribute("devices/memballoon", name: "model", value: model),
            .setAttribute("devices/memballoon/stats", name: "period", value: "5"),
          ])))
  }

  private static func wantsNone(_ domain: Domain, _ balloon: DomainDevices.Balloon?) -> Verdict {
    let evidence = [
      domain.definition.evidence("devices/memballoon/@model", balloon?.model, "none")
    ]
    if balloon?.model == "none" { return .satisfied(evidence) }
    return .violated(
      Violation(
        balloon == nil
          ? "\(domain.key) gets a balloon that libvirt adds by itself"
          : "\(domain.key) has a memory balloon", evidence: evidence,
        remedy: .edit(
          domain, "remove the balloon",
          [
            .remove("devices/memballoon"),
            .setAttribute("devices/memballoon", name: "model", value: "none"),
          ])))
  }

  private static func inflated(_ domain: Domain) -> Verdict? {
    let memory = domain.definition.memory
    guard let total = memory.totalKiB, let current = memory.currentKiB,
      domain.definition.hasInflatedBalloon
    else { return nil }
    let wanted = "\(total) KiB"
    return .violated(
      Violation(
        "\(domain.key) starts with a balloon that takes \((total - current) / 1024) MiB from a "
          + "database", severity: .critical,
        evidence: [domain.definition.evidence("currentMemory", "\(current) KiB", wanted)],
        remedy: .edit(
          domain, "give the guest all of its memory",
          [
            .setAttribute("currentMemory", name: "unit", value: "KiB"),
            .setText("currentMemory", "\(total)"),
          ])))
  }

  private static func isOvercommitted(_ context: Context) -> Bool {
    guard let total = context.facts.memory.totalKiB.value else { return false }
    let promised = context.facts.runningDomains.reduce(0) {
      $0.addingReportingOverflow($1.current.memory.totalKiB ?? 0).partialValue
    }
    return promised > total
  }

  private static func guest(_ balloon: String, extra: String = "") -> Snapshot {
    .example(domains: DomainXML.example(extra: extra, devices: balloon))
  }

  private static let watched =
    "<memballoon model='virtio'><stats period='10'/></memballoon>"

  static let examples: [Example] = [
    Example("a balloon that reports", guest(watched), .satisfied),
    Example("no balloon, no overcommitment", guest("<memballoon model='none'/>"), .satisfied),
    Example(
      "a database with a balloon at rest", guest(watched), under: .db, .satisfied),
    Example(
      "a database without the device keeps its memory",
      guest(
        "<memballoon model='none'/>", extra: "<currentMemory unit='MiB'>2048</currentMemory>"),
      under: .db, .satisfied),
    Example(
      "no balloon where latency counts", guest("<memballoon model='none'/>"), under: .latency,
      .satisfied),
    Example(
      "a balloon that reports nothing", guest("<memballoon model='virtio'/>"), .violated(.info)),
    Example("libvirt adds one", guest(""), under: .hpc, .violated(.info)),
    Example(
      "an inflated balloon under a database",
      guest(watched, extra: "<currentMemory unit='MiB'>2048</currentMemory>"), under: .db,
      .violated(.critical)),
    Example(
      "no balloon on an overcommitted host",
      Snapshot.exampleHost(nodes: 1, memoryMiBPerNode: 2048).with(
        running: DomainXML.example(devices: "<memballoon model='none'/>")), .violated(.info)),
  ]
}
