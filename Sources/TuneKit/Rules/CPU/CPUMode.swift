/// The default CPU model is twenty years old.
struct CPUMode: Rule {
  static let about = RuleInfo(
    id: "cpu.mode",
    title: "A guest sees a processor like the host's",
    severity: Severities(.warning, [.latency: .critical, .hpc: .critical]),
    rationale: "qemu64 and its kin lack AVX, AES-NI and the flags that mitigations need: "
      + "cryptography and numerics run several times slower.",
    cost: "A guest with the host's own model only moves between like hosts.",
    notWhen: "A custom model as a fleet's baseline in general, secure, desktop and migratable, or "
      + "where the configuration names one; other architectures; guests without KVM.",
    sources: [.article("§6.1"), .link("https://www.qemu.org/docs/master/system/i386/cpu.html")])

  private static let ancient: Set<String> = [
    "qemu64", "kvm64", "kvm32", "qemu32", "486",
  ]

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { domain in
      let definition = domain.definition
      let hostIsX86 = context.facts.processor.architecture.map { $0 == .x86 }
      guard let isX86 = definition.isX86 ?? hostIsX86 else {
        return .unknown("os/type/@arch: the architecture is not stated")
      }
      guard isX86 else { return .notApplicable("not x86") }
      guard definition.type != "qemu" else { return .notApplicable("emulated without KVM") }
      let family = context.family(of: domain)
      let isDemanding = [.db, .latency, .hpc, .network].contains(family)
      let wanted = isDemanding ? "host-passthrough" : "host-model"
      let mode = definition.cpu?.mode
      let model = definition.cpu?.model
      let evidence = [definition.evidence("cpu/@mode", mode, wanted)]
      guard let mode else {
        return violation(
          domain, wanted, evidence, "\(domain.key) has QEMU's default CPU, which lacks AVX and AES")
      }
      if mode == "custom", let model, ancient.contains(model) || model.hasPrefix("pentium") {
        return violation(
          domain, wanted, [definition.evidence("cpu/model", model, wanted)],
          "\(domain.key) has CPU model \(model), which lacks AVX and AES")
      }
      let isHosts = ["host-passthrough", "host-model", "maximum"].contains(mode)
      if isDemanding, !isHosts {
        if let baseline = context.configuration.cpuBaseline, baseline == model {
          return .satisfied([definition.evidence("cpu/model", model)])
        }
        return violation(
          domain, wanted, evidence, "\(domain.key) has CPU model \(model ?? mode), not the host's")
      }
      return .satisfied(evidence)
    }
  }

  private static func violation(
    _ domain: Domain, _ wanted: String, _ evidence: [Evidence], _ message: String
  ) -> Verdict {
    .violated(
      Violation(
        message, evidence: evidence,
        remedy: .edit(
          domain, "set the CPU's mode to \(wanted)",
          [
            .setAttribute("cpu", name: "mode", value: wanted),
            .removeAttribute("cpu", name: "match"), .remove("cpu/model"), .remove("cpu/vendor"),
          ])))
  }

  private static func guest(_ cpu: String, type: String = "kvm", arch: String = "x86_64")
    -> Snapshot
  {
    .example(domains: DomainXML.example(type: type, arch: arch, extra: cpu))
  }

  static let examples: [Example] = [
    Example(
      "host-passthrough", guest("<cpu mode='host-passthrough'/>"), under: .latency,
      .satisfied),
    Example(
      "a baseline on a mixed host", guest("<cpu mode='custom'><model>EPYC-Rome</model></cpu>"),
      .satisfied),
    Example(
      "a baseline where guests move",
      guest("<cpu mode='custom'><model>Skylake-Server</model></cpu>"), under: .migratable,
      .satisfied),
    Example("ARM", guest("", arch: "aarch64"), .notApplicable),
    Example("without KVM", guest("", type: "qemu"), .notApplicable),
    Example("no cpu element", guest(""), under: .hpc, .violated(.critical)),
    Example(
      "a topology alone says no model", guest("<cpu><topology cores='4'/></cpu>"),
      .violated(.warning)),
    Example(
      "qemu64", guest("<cpu mode='custom' match='exact'><model>qemu64</model></cpu>"),
      .violated(.warning)),
    Example(
      "an old custom model under a database",
      guest("<cpu mode='custom'><model>Westmere</model></cpu>"), under: .db, .violated(.warning)),
    Example(
      "nobody says the architecture",
      .example(domains: DomainXML.example().replacing(" arch='x86_64'", with: "")), .unknown),
    Example(
      "a Pentium", guest("<cpu mode='custom'><model>pentium3</model></cpu>"), .violated(.warning)),
    Example(
      "the host's model for a database", guest("<cpu mode='host-model'/>"), under: .db, .satisfied),
  ]
}
