/// A processor that only hosts alike can offer.
struct MigHostPassthrough: Rule {
  static let about = RuleInfo(
    id: "mig.host-passthrough", title: "The guest's processor exists on every destination",
    severity: Severities(.off, [.migratable: .critical]),
    rationale: "With host-passthrough the guest sees this very processor; on another it stops, or "
      + "crashes when it uses what isn't there.",
    cost: "Features beyond the baseline; the guest must restart.",
    notWhen: "Other architectures than x86; profiles that chose speed over moving.",
    sources: [
      .article("§6.1"), .article("§7"),
      .link("https://www.qemu.org/docs/master/system/qemu-cpu-models.html"),
    ])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { domain in
      guard context.profile(of: domain).family == .migratable else {
        return .notApplicable("the guest isn't meant to move")
      }
      guard domain.definition.isX86 ?? (context.facts.processor.architecture != .arm64) else {
        return .notApplicable("only x86 has such a choice")
      }
      guard let cpu = domain.definition.cpu, let mode = cpu.mode else {
        return .satisfied([Evidence("/domain/cpu", observed: nil)])
      }
      let evidence = Evidence(
        "/domain/cpu/@mode", observed: mode, expected: "host-model or a baseline model")
      guard mode == "host-passthrough" || mode == "maximum" else { return .satisfied([evidence]) }
      return .violated(
        Violation(
          "\(domain.key.printable) can only move to hosts with exactly this processor",
          evidence: [evidence],
          remedy: .edit("use host-model", domain, edits(cpu)), cause: "migration-cpu"))
    }
  }

  /// host-model takes neither `migratable` nor the host's cache nor `maxphysaddr`'s passthrough.
  private static func edits(_ cpu: DomainCPU) -> [XMLEdit] {
    var edits: [XMLEdit] = [.setAttribute("cpu", name: "mode", value: "host-model")]
    if cpu.migratable != nil { edits.append(.removeAttribute("cpu", name: "migratable")) }
    if cpu.cacheMode == "passthrough" { edits.append(.remove("cpu/cache")) }
    return edits
  }

  private static func guest(_ cpu: String, arch: String = "x86_64") -> Snapshot {
    .example(domains: DomainXML.example(arch: arch, extra: cpu))
  }

  static let examples = [
    Example("host-model", guest("<cpu mode='host-model'/>"), under: .migratable, .satisfied),
    Example(
      "a baseline", guest("<cpu mode='custom'><model>EPYC-Rome</model></cpu>"),
      under: .migratable, .satisfied),
    Example(
      "ARM has no other", guest("<cpu mode='host-passthrough'/>", arch: "aarch64"),
      under: .migratable, .notApplicable),
    Example(
      "speed was chosen", guest("<cpu mode='host-passthrough'/>"), under: .latency,
      .notApplicable),
    Example(
      "tied to the host", guest("<cpu mode='host-passthrough' migratable='on'/>"),
      under: .migratable, .violated(.critical)),
    Example("maximum", guest("<cpu mode='maximum'/>"), under: .migratable, .violated(.critical)),
  ]
}
