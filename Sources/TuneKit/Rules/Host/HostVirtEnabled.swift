/// Without VT-x or AMD-V every guest instruction is emulated.
struct HostVirtEnabled: Rule {
  static let about = RuleInfo(
    id: "host.virt-enabled", title: "The processor's virtualization is switched on",
    severity: Severities(.critical),
    rationale: "Without VT-x or AMD-V QEMU translates every guest instruction, an order of "
      + "magnitude slower.",
    cost: "A power cycle: the firmware locks the switch when it starts.",
    notWhen: "Other architectures than x86; a Xen dom0, where the flags are masked; a host that "
      + "is itself a guest (nest.enabled speaks of those).",
    sources: [.article("§1.1"), .article("§6.4"), .link("https://docs.kernel.org/virt/kvm/")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context.facts) }
  }

  private static func verdict(_ facts: Facts) -> Verdict {
    if facts.snapshot.text("/sys/hypervisor/type").value == "xen" {
      return .notApplicable("Xen masks the flags of its dom0")
    }
    guard let flags = facts.processor.flags.value, let architecture = facts.processor.architecture
    else { return .missing(facts.processor.flags) }
    guard architecture == .x86 else {
      return .notApplicable("\(architecture.rawValue) has no such flag")
    }
    if facts.hostIsGuest { return .notApplicable("the host is itself a guest") }
    let flag = ["vmx", "svm"].first { flags.contains($0) }
    let evidence = Evidence(
      "/proc/cpuinfo flags", observed: flag ?? "neither vmx nor svm", expected: "vmx or svm")
    let log = facts.snapshot.raw("/tuned-vm/kernel-log.txt").value ?? ""
    let locked = log.lines.last { isLocked($0.lowercased()) }
    guard flag == nil || locked != nil else { return .satisfied([evidence]) }
    let line = locked.map { Evidence("kernel log", observed: String($0).printable) }
    return .violated(
      Violation(
        flag == nil
          ? "the processor shows neither VT-x nor AMD-V; guests would be emulated"
          : "the firmware switched virtualization off; guests would be emulated",
        evidence: [evidence] + (line.map { [$0] } ?? []),
        remedy: Remedy(
          .firmware, "switch on VT-x or SVM in the firmware's setup, then power off and on again")))
  }

  /// `kvm: disabled by bios`, `kvm_intel: VMX not enabled (by BIOS) in MSR_IA32_FEAT_CTL`,
  /// `x86/cpu: VMX (outside TXT) disabled by BIOS`. Firmware switches other things off in the same
  /// words: `x86/cpu: SGX disabled by BIOS.`
  private static func isLocked(_ line: String) -> Bool {
    let isOff = ["disabled by bios", "disabled (by bios)", "not enabled (by bios)"].contains {
      line.contains($0)
    }
    let words = line.split { !($0.isLetter || $0.isNumber || $0 == "_") }
    let isOurs = words.contains { ["kvm", "kvm_intel", "kvm_amd", "vmx", "svm"].contains($0) }
    return isOff && isOurs || line.contains("virtualization not enabled in bios")
  }

  static let examples = [
    Example("the flag is there", .exampleHost(), .satisfied),
    Example(
      "ARM has no such flag",
      .exampleHost().with(
        "/proc/cpuinfo", "processor : 0\nFeatures : fp asimd\nCPU architecture: 8\n"),
      .notApplicable),
    Example(
      "a Xen dom0 sees masked flags", .exampleHost().with("/sys/hypervisor/type", "xen\n"),
      .notApplicable),
    Example(
      "a host that is a guest",
      .exampleHost().with("/proc/cpuinfo", "processor : 0\nflags : fpu hypervisor\n"),
      .notApplicable),
    Example(
      "the firmware switched something else off",
      .exampleHost().with("/tuned-vm/kernel-log.txt", "x86/cpu: SGX disabled by BIOS.\n"),
      .satisfied),
    Example(
      "no flag", .exampleHost().with("/proc/cpuinfo", "processor : 0\nflags : fpu\n"),
      .violated(.critical)),
    Example(
      "locked by the firmware",
      .exampleHost().with("/tuned-vm/kernel-log.txt", "kvm: disabled by bios\n"),
      .violated(.critical)),
    Example(
      "locked by the firmware, as new kernels say it",
      .exampleHost().with(
        "/tuned-vm/kernel-log.txt",
        "kvm_intel: VMX not enabled (by BIOS) in MSR_IA32_FEAT_CTL on CPU 0\n"),
      .violated(.critical)),
    Example("unreadable", .exampleHost().withUnreadable("/proc/cpuinfo"), .unknown),
  ]
}
