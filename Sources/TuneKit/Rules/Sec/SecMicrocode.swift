/// Microcode that is old, or not the same on all processors.
struct SecMicrocode: Rule {
  static let about = RuleInfo(
    id: "sec.microcode", title: "All processors run the same, current microcode",
    severity: Severities(.warning),
    rationale: "Mitigations rest on microcode; processors with different revisions behave "
      + "differently under the same guest.",
    cost: "A package and a reboot.",
    notWhen: "The host is a guest: its revision is made up; architectures without microcode files.",
    sources: [.article("§10.2"), .link("https://docs.kernel.org/arch/x86/microcode.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context) }
  }

  private static func verdict(_ context: Context) -> Verdict {
    let facts = context.facts
    if facts.hostIsGuest { return .notApplicable("the outer host loads microcode") }
    guard facts.processor.architecture == .x86 else {
      return facts.processor.architecture == nil
        ? .unknown("/proc/cpuinfo: the architecture can't be told")
        : .notApplicable("this architecture shows no microcode revision")
    }
    let revisions = facts.processor.microcode
    guard !revisions.isEmpty else { return .unknown("/proc/cpuinfo: shows no microcode revision") }
    let shown = revisions.sorted().joined(separator: ", ")
    let revision = Evidence("/proc/cpuinfo microcode", observed: shown, expected: "one revision")
    if revisions.count > 1 {
      return .violated(
        Violation(
          "processors run different microcode: \(shown.printable)", severity: .critical,
          evidence: [revision], remedy: remedy))
    }
    guard let files = facts.processor.vulnerabilities.value else {
      return .unknown(facts.processor.vulnerabilities.unknownReason)
    }
    let old = files.filter {
      $0.text.lowercased().contains("no microcode")
        || ($0.name == "old_microcode" && $0.state == .vulnerable)
    }
    guard !old.isEmpty else { return .satisfied([revision]) }
    return .violated(
      Violation(
        "the kernel misses newer microcode (\(old.map(\.name).joined(separator: ", ").printable))",
        evidence: [revision] + old.map { Mitigations.evidence($0) }, remedy: remedy))
  }

  private static let remedy = Remedy(
    .nextHostBoot, "install the vendor's microcode package for early loading and reboot")

  static let examples = [
    Example("one revision", .exampleHost(), .satisfied),
    Example(
      "a guest's revision is made up",
      .exampleHost().with(
        "/proc/cpuinfo", "processor\t: 0\nmicrocode\t: 0x1\nflags\t: hypervisor vmx\n"),
      .notApplicable),
    Example(
      "two revisions",
      .exampleHost().with(
        "/proc/cpuinfo",
        "processor\t: 0\nmicrocode\t: 0x1\nflags\t: vmx\n\n"
          + "processor\t: 1\nmicrocode\t: 0x2\nflags\t: vmx\n"), .violated(.critical)),
    Example(
      "the kernel says so",
      .exampleHost().with(
        Mitigations.directory + "spec_rstack_overflow", "Vulnerable: Safe RET, no microcode\n"),
      .violated(.warning)),
    Example(
      "the kernel says so of gather data sampling",
      .exampleHost().with(
        Mitigations.directory + "gather_data_sampling", "Vulnerable: No microcode\n"),
      .violated(.warning)),
    Example("unreadable", .exampleHost().withUnreadable("/proc/cpuinfo"), .unknown),
    Example(
      "x86 without a revision",
      .exampleHost().with("/proc/cpuinfo", "processor\t: 0\nflags\t: vmx\n"), .unknown),
  ]
}
