/// The way to the kernel's hypervisor must be open.
struct HostKVMDevice: Rule {
  static let about = RuleInfo(
    id: "host.kvm-device", title: "/dev/kvm is there",
    severity: Severities(.critical),
    rationale: "QEMU reaches the processor's virtualization through this device only.",
    cost: "None; the module is loaded.",
    notWhen: "The processor has no virtualization (host.virt-enabled speaks of that); KVM built "
      + "into the kernel counts as loaded; a capture without device names.",
    sources: [.article("§3.1"), .link("https://docs.kernel.org/virt/kvm/api.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context.facts) }
  }

  /// Whether a misc device is there; nil where neither /dev nor /proc/misc was read.
  static func hasDevice(_ name: String, _ snapshot: Snapshot) -> Bool? {
    let misc = snapshot.raw("/proc/misc").value.map { text in
      text.lines.contains { $0.words.last == Substring(name) }
    }
    let dev = snapshot.deviceNames.map { $0.contains(name) }
    if misc == true || dev == true { return true }
    return misc == nil && dev == nil ? nil : false
  }

  private static func verdict(_ facts: Facts) -> Verdict {
    guard let isThere = hasDevice("kvm", facts.snapshot) else {
      return .unknown("/dev/kvm: neither /dev nor /proc/misc was read")
    }
    let evidence = Evidence(
      "/dev/kvm", observed: isThere ? "present" : "absent", expected: "present")
    if isThere { return .satisfied([evidence]) }
    guard let flags = facts.processor.flags.value else { return .missing(facts.processor.flags) }
    let module: String? =
      flags.contains("vmx") ? "kvm_intel" : flags.contains("svm") ? "kvm_amd" : nil
    guard let module else { return .notApplicable("the processor shows no virtualization") }
    // Written by us and waiting for a boot (host.pending-boot). What others wrote was tried already.
    let ours = facts.snapshot.raw(DropIn.modulesLoad.path).value ?? ""
    if ours.lines.contains(where: { $0.trimmedBlanks == module }) {
      return .satisfied([evidence, Evidence(DropIn.modulesLoad.path, observed: module)])
    }
    return .violated(
      Violation(
        "/dev/kvm is missing although the processor has virtualization", evidence: [evidence],
        remedy: Remedy(
          .live, "modprobe \(module); modules-load.d loads it at each boot",
          persistence: "modules-load.d", changes: [.persist(.modulesLoad(module: module))])))
  }

  private static let bare = Snapshot.exampleHost().without("/dev/kvm")
    .with("/proc/misc", "200 tun\n")

  static let examples = [
    Example("the device is there", .exampleHost(), .satisfied),
    Example("/proc/misc names it", .exampleHost().without("/dev"), .satisfied),
    Example(
      "a capture without names", .exampleHost().without("/dev").without("/proc/misc"), .unknown),
    Example(
      "no virtualization to use", bare.with("/proc/cpuinfo", "processor : 0\nflags : fpu\n"),
      .notApplicable),
    Example(
      "a capture with a piece of /dev",
      .exampleHost().without("/dev").without("/proc/misc").withDirectory("/dev", ["cpuset"]),
      .unknown),
    Example(
      "an empty /dev tells nothing",
      bare.without("/dev").without("/proc/misc").withDirectory("/dev"), .unknown),
    Example("missing", bare, .violated(.critical)),
    Example(
      "missing although it should have been loaded",
      bare.with("/etc/modules-load.d/kvm.conf", "kvm_intel\n"), .violated(.critical)),
    Example(
      "loaded from the next boot", bare.with(DropIn.modulesLoad.path, "kvm_intel\n"), .satisfied),
    Example(
      "an AMD processor", bare.with("/proc/cpuinfo", "processor : 0\nflags : svm\n"),
      .violated(.critical)),
  ]
}
