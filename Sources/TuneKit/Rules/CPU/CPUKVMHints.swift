/// The hint tells the guest that its vCPUs are never preempted; it had better be true.
struct CPUKVMHints: Rule {
  static let about = RuleInfo(
    id: "cpu.kvm-hints",
    title: "The dedicated hint is given exactly to guests with CPUs of their own",
    severity: Severities(.off, [.latency: .info, .hpc: .info]),
    rationale: "With the hint, Linux drops paravirtual spinlocks and TLB flushes: faster on own "
      + "CPUs, and spinning on a vCPU that isn't running on shared ones.",
    cost: "None beside the restart.",
    notWhen: "Windows; guests whose CPUs other running guests may use don't need it.",
    sources: [
      .link("https://docs.kernel.org/virt/kvm/x86/cpuid.html"), .text("libvirt: kvm-realtime"),
    ])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { domain in
      let definition = domain.definition
      guard definition.isWindows != true else { return .notApplicable("Windows ignores it") }
      let isOn = definition.features.kvm["hint-dedicated"] == true
      let path: XMLPath = "features/kvm/hint-dedicated"
      let isExclusive = context.isExclusive(domain, definition)
      func evidence(_ wanted: String) -> [Evidence] {
        [definition.evidence("features/kvm/hint-dedicated/@state", isOn ? "on" : nil, wanted)]
      }
      if isOn, !isExclusive {
        return .violated(
          Violation(
            "\(domain.key) is told that its CPUs are its own, but they are not",
            severity: .warning, evidence: evidence("off"),
            remedy: .edit(
              domain, "take the hint away", [.setAttribute(path, name: "state", value: "off")])))
      }
      guard !isOn else { return .satisfied(evidence("on")) }
      guard [.latency, .hpc].contains(context.family(of: domain)), isExclusive else {
        return .notApplicable("no exclusive CPUs, or another profile")
      }
      return .violated(
        Violation(
          "\(domain.key) isn't told that its CPUs are its own", evidence: evidence("on"),
          remedy: .edit(
            domain, "give the hint", [.setAttribute(path, name: "state", value: "on")])))
    }
  }

  private static let hint = "<features><kvm><hint-dedicated state='on'/></kvm></features>"
  private static let host = Snapshot.exampleHost()

  static let examples: [Example] = [
    Example(
      "own CPUs and the hint", host.with(domain: PinnedExample.xml([1, 2], extra: hint)),
      under: .latency, .satisfied),
    Example("a floating guest without", host.with(domain: DomainXML.example()), .notApplicable),
    Example(
      "Windows", host.with(domain: PinnedExample.xml([1], system: DomainXML.windows)),
      under: .latency, .notApplicable),
    Example(
      "own CPUs, no hint", host.with(domain: PinnedExample.xml([1, 2])), under: .latency,
      .violated(.info)),
    Example(
      "the hint on shared CPUs",
      host.with(domain: PinnedExample.xml([1, 2], extra: hint)).with(
        running: DomainXML.example(name: "b")), .violated(.warning)),
  ]
}
