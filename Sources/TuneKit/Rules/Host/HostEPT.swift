/// Second-level page tables done by the processor.
struct HostEPT: Rule {
  static let about = RuleInfo(
    id: "host.ept-npt", title: "The processor walks guests' page tables itself",
    severity: Severities(.critical),
    rationale: "Without EPT or NPT the hypervisor shadows every page table of a guest, once the "
      + "second-largest cost of virtualization.",
    cost: "The module is loaded anew, which needs that no guest runs, or a boot.",
    notWhen: "The parameter isn't there; EPT was switched off on purpose against L1TF (secure: "
      + "info).",
    sources: [
      .article("§1.1"), .link("https://docs.kernel.org/admin-guide/hw-vuln/l1tf.html"),
    ])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context) }
  }

  private static func verdict(_ context: Context) -> Verdict {
    let facts = context.facts
    for (module, name) in [("kvm_intel", "ept"), ("kvm_amd", "npt")] {
      let path = "/sys/module/\(module)/parameters/\(name)"
      guard facts.snapshot.files[path] != nil else { continue }
      let flag = facts.modules.flag(module, name)
      guard let isOn = flag.value else { return .missing(flag) }
      let evidence = Evidence(path, observed: isOn ? "Y" : "N", expected: "Y")
      if isOn { return .satisfied([evidence]) }
      let next = facts.nextBoot.value(of: path)
      if let next, KernelText.flag(next.value) == true {
        return .satisfied([evidence, Evidence(next.source, observed: "\(name)=\(next.value)")])
      }
      let onPurpose = context.isFamily(.secure) && next != nil
      return .violated(
        Violation(
          "\(name) is off; page tables of guests are shadowed in software",
          severity: onPurpose ? .info : nil, evidence: [evidence],
          remedy: remedy(module, name, next)))
    }
    return .notApplicable("no module has such a parameter")
  }

  /// Where another file switches it off, a line of ours would only hide the decision.
  private static func remedy(_ module: String, _ name: String, _ next: NextBootValue?) -> Remedy {
    if let next, next.source != DropIn.modprobe.path {
      return .advice("remove \(name)=\(next.value.printable) from \(next.source.printable)")
    }
    return Remedy(
      .nextHostBoot, "load \(module) with \(name)=1", persistence: "modprobe.d",
      changes: [.persist(.modprobe(module: module, option: name, value: "1"))])
  }

  private static let path = "/sys/module/kvm_intel/parameters/ept"

  static let examples = [
    Example("on", .exampleHost(), .satisfied),
    Example("no such parameter", .exampleHost().without(path), .notApplicable),
    Example(
      "off on purpose against L1TF",
      .exampleHost().with(path, "N\n").with(
        "/etc/modprobe.d/l1tf.conf", "options kvm_intel ept=0\n"),
      under: .secure, .violated(.info)),
    Example("off", .exampleHost().with(path, "N\n"), .violated(.critical)),
    Example("unreadable", .exampleHost().withUnreadable(path), .unknown),
    Example(
      "on from the next boot",
      .exampleHost().with(path, "N\n").with(
        "/etc/modprobe.d/kvm.conf", "options kvm_intel ept=1\n"), .satisfied),
    Example(
      "off on AMD", .exampleHost().without(path).with("/sys/module/kvm_amd/parameters/npt", "0\n"),
      .violated(.critical)),
    Example(
      "off on purpose on a mixed host",
      .exampleHost().with(path, "N\n").with(
        "/etc/modprobe.d/l1tf.conf", "options kvm_intel ept=0\n"), .violated(.critical)),
    Example(
      "off under secure by no one's wish", .exampleHost().with(path, "N\n"), under: .secure,
      .violated(.critical)),
  ]
}
