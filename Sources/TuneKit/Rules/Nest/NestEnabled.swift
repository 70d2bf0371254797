/// Nested virtualization against what guests want.
struct NestEnabled: Rule {
  static let about = RuleInfo(
    id: "nest.enabled", title: "Nested virtualization is on exactly where guests use it",
    severity: Severities(.info),
    rationale:
      "A guest that requires vmx or svm doesn't start without it; where nobody uses it, it "
      + "is code that tenants can attack.",
    cost: "KVM's module must be loaded anew, with no guest running.",
    notWhen: "The host is a guest without the flag: the outer host must offer it.",
    sources: [.article("§8"), .link("https://docs.kernel.org/virt/kvm/x86/nested-vmx.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context) }
  }

  private static func verdict(_ context: Context) -> Verdict {
    let facts = context.facts
    if facts.hostIsGuest, let flags = facts.processor.flags.value,
      flags.isDisjoint(with: NestedExposure.names)
    {
      return .notApplicable("the outer host offers no nested virtualization")
    }
    guard let module = NestedExposure.module(facts) else {
      let isX86 = facts.processor.architecture == .x86 || facts.processor.architecture == nil
      if !isX86 { return .notApplicable("this architecture has no such switch") }
      return facts.snapshot.isAbsent("/sys/module/kvm_intel/parameters/nested")
        ? .notApplicable("KVM is not loaded") : .unknown(NestedExposure.nested(facts).unknownReason)
    }
    let nested = NestedExposure.nested(facts)
    guard let isOn = nested.value else { return .unknown(nested.unknownReason) }
    let requiring = facts.domains.filter(\.definition.requiresNesting)
    let evidence = Evidence(nested.source, observed: isOn ? "Y" : "N", expected: nil)
    if !isOn, let first = requiring.first {
      if awaits(true, nested.source, context) { return .satisfied([evidence]) }
      return .violated(
        Violation(
          "\(first.key.printable) requires nested virtualization, which the host doesn't offer",
          severity: .critical,
          evidence: [Evidence(nested.source, observed: "N", expected: "Y")],
          remedy: remedy(module, "1")))
    }
    let isUsed =
      !requiring.isEmpty || facts.domains.contains { context.tags(of: $0).role == "hypervisor" }
    guard isOn, !isUsed, context.profile.family == .secure else { return .satisfied([evidence]) }
    if awaits(false, nested.source, context) { return .satisfied([evidence]) }
    return .violated(
      Violation(
        "nested virtualization is on and no guest uses it", severity: .warning,
        evidence: [Evidence(nested.source, observed: "Y", expected: "N")],
        remedy: remedy(module, "0")))
  }

  /// Whether the next boot has the wanted value already: then the configuration is right.
  private static func awaits(_ wanted: Bool, _ path: String, _ context: Context) -> Bool {
    context.facts.nextBoot.value(of: path).flatMap { KernelText.flag($0.value) } == wanted
  }

  private static func remedy(_ module: String, _ value: String) -> Remedy {
    Remedy(
      .nextHostBoot, "load \(module) with nested=\(value); without guests, at once by modprobe",
      persistence: "modprobe.d",
      changes: [.persist(.modprobe(module: module, option: "nested", value: value))])
  }

  private static let on = Snapshot.exampleHost().with(
    "/sys/module/kvm_intel/parameters/nested", "Y\n")
  private static let needing = DomainXML.example(
    extra: "<cpu mode='host-model'><feature policy='require' name='vmx'/></cpu>")

  static let examples = [
    Example("off and unused", .exampleHost(), .satisfied),
    Example("on and used", on.withDomain(needing), under: .secure, .satisfied),
    Example("on and unused, harmless on mixed hosts", on, .satisfied),
    Example(
      "waits for a boot",
      .exampleHost().withDomain(needing)
        .with("/etc/modprobe.d/60-tuned-vm.conf", "options kvm_intel nested=1\n"), .satisfied),
    Example("required and off", .exampleHost().withDomain(needing), .violated(.critical)),
    Example("on for nobody", on, under: .secure, .violated(.warning)),
    Example(
      "unreadable",
      .exampleHost().withUnreadable("/sys/module/kvm_intel/parameters/nested"), .unknown),
    Example(
      "a guest whose host offers none",
      .exampleHost().with("/proc/cpuinfo", "processor\t: 0\nflags\t: fpu hypervisor\n"),
      .notApplicable),
    Example("KVM is not loaded", .exampleHost().without("/sys/module/kvm_intel"), .notApplicable),
  ]
}
