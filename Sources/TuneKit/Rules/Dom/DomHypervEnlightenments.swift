/// Windows on KVM without Hyper-V's interfaces emulates what it could simply ask for.
struct DomHypervEnlightenments: Rule {
  static let about = RuleInfo(
    id: "dom.hyperv-enlightenments",
    title: "A Windows guest has the Hyper-V enlightenments",
    severity: Severities(.warning),
    rationale: "They replace traps by shared pages and calls: timers, interrupts, TLB flushes, "
      + "spin locks.",
    cost: "The guest sees a Hyper-V host. `mode='passthrough'` would set all of them, but ties the "
      + "guest to like hosts.",
    notWhen: "Linux and unknown guests: never added there.",
    sources: [
      .article("§3.4"), .link("https://www.qemu.org/docs/master/system/i386/hyperv.html"),
      .link("https://libvirt.org/formatdomain.html"),
    ])

  /// In libvirt's order; what one rests on comes before it.
  private static let names = [
    "relaxed", "vapic", "spinlocks", "vpindex", "runtime", "synic", "stimer", "frequencies",
    "tlbflush", "ipi",
  ]

  static func evaluate(_ context: Context) -> [Judgement] { context.judgeDomains(judge) }

  private static func judge(_ domain: Domain) -> Verdict {
    let definition = domain.definition
    guard let isWindows = definition.isWindows else {
      return .unknown("metadata: libosinfo's os id doesn't say whether the guest is Windows")
    }
    guard isWindows else { return .notApplicable("the guest is not Windows") }
    guard definition.isX86 != false, definition.type != "qemu" else {
      return .notApplicable("another architecture, or emulated without KVM")
    }
    let features = definition.features
    if features.hypervMode == "passthrough" {
      return .satisfied([definition.evidence("features/hyperv/@mode", "passthrough")])
    }
    let missing = names.filter { name in
      features.enlightenments[name] != true
        || (name == "spinlocks" && features.spinlockRetries.map { $0 < 8191 } ?? true)
    }
    guard !missing.isEmpty else {
      return .satisfied([definition.evidence("features/hyperv", "complete")])
    }
    var edits: [XMLEdit] = missing.flatMap { name -> [XMLEdit] in
      let path = XMLPath([.init("features"), .init("hyperv"), .init(name)])
      let on = XMLEdit.setAttribute(path, name: "state", value: "on")
      return name == "spinlocks" ? [on, .setAttribute(path, name: "retries", value: "8191")] : [on]
    }
    // hv-stimer needs hv-time, which libvirt writes as the hypervclock timer.
    if features.timer("hypervclock")?.present != true {
      let clock = XMLPath([
        .init("clock"), .init("timer", attributes: [.init("name", "hypervclock")]),
      ])
      if features.clock == nil {
        edits.append(.setAttribute("clock", name: "offset", value: "localtime"))
      }
      edits.append(.setAttribute(clock, name: "present", value: "yes"))
    }
    return .violated(
      Violation(
        "\(domain.key) runs Windows without \(missing.joined(separator: ", "))",
        evidence: missing.map {
          definition.evidence("features/hyperv/\($0)/@state", nil, "on")
        },
        remedy: .edit(domain, "add the missing enlightenments", edits)))
  }

  private static let all = names.map { name in
    name == "spinlocks" ? "<spinlocks state='on' retries='8191'/>" : "<\(name) state='on'/>"
  }.joined()

  private static func guest(_ hyperv: String, system: String? = DomainXML.windows) -> Snapshot {
    .example(
      domains: DomainXML.example(
        system: system, extra: hyperv.isEmpty ? "" : "<features>\(hyperv)</features>"))
  }

  static let examples: [Example] = [
    Example("complete", guest("<hyperv mode='custom'>\(all)</hyperv>"), .satisfied),
    Example("passed through", guest("<hyperv mode='passthrough'/>"), .satisfied),
    Example("Linux never gets them", guest("", system: DomainXML.linux), .notApplicable),
    Example(
      "Windows on arm64",
      .example(domains: DomainXML.example(arch: "aarch64", system: DomainXML.windows)),
      .notApplicable),
    Example("an unknown guest", guest("", system: nil), .unknown),
    Example("none", guest(""), .violated(.warning)),
    Example(
      "some", guest("<hyperv><relaxed state='on'/><vapic state='on'/></hyperv>"),
      .violated(.warning)),
  ]
}
