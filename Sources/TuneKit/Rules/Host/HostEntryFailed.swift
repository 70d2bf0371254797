/// Guests that the processor refused to enter.
struct HostEntryFailed: Rule {
  static let about = RuleInfo(
    id: "host.entry-failed", title: "No guest entry failed",
    severity: Severities(.critical),
    rationale: "Hardware error 0x80000021 is a guest state the processor refuses: old processors "
      + "without unrestricted mode, nesting, or a kernel or microcode error. The guest is gone.",
    cost: "Depends on the cause: nesting off, microcode, kernel.",
    notWhen: "`KVM internal error. Suberror` is another matter.",
    sources: [.article("§11"), .text("QEMU's own hint beside the message")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context.facts) }
  }

  private static func verdict(_ facts: Facts) -> Verdict {
    let logs =
      ["/tuned-vm/kernel-log.txt"]
      + facts.snapshot.files.keys.filter {
        $0.hasPrefix("/var/log/libvirt/qemu/") && $0.hasSuffix(".log")
      }.sorted()
    var read: [String] = []
    var evidence: [Evidence] = []
    for path in logs {
      guard let text = facts.snapshot.raw(path).value else { continue }
      read.append(path)
      let line = text.lines.last { line in
        line.contains("0x80000021") || line.contains("KVM_EXIT_FAIL_ENTRY")
      }
      if let line { evidence.append(Evidence(path, observed: String(line).printable)) }
    }
    guard !read.isEmpty else {
      return .unknown("the kernel log and QEMU's logs: none could be read; run as root")
    }
    guard !evidence.isEmpty else { return .satisfied(read.map { Evidence($0, observed: "none") }) }
    let mode = facts.modules.parameter("kvm_intel", "unrestricted_guest")
    return .violated(
      Violation(
        "the processor refused to enter a guest (hardware error 0x80000021)",
        evidence: evidence + (mode.value == nil ? [] : [.fact(mode, expected: "Y")]),
        remedy: .advice(
          "check kvm_intel.unrestricted_guest, switch nesting off for that guest, update "
            + "microcode and kernel")))
  }

  private static let log = "/var/log/libvirt/qemu/web1.log"

  static let examples = [
    Example("nothing logged", .exampleHost(), .satisfied),
    Example(
      "another error",
      .exampleHost().with(log, "KVM internal error. Suberror: 1\n"), .satisfied),
    Example("no log", .exampleHost().without("/tuned-vm/kernel-log.txt"), .unknown),
    Example(
      "an entry failed",
      .exampleHost().with(log, "KVM: entry failed, hardware error 0x80000021\n"),
      .violated(.critical)),
  ]
}
