/// The user that QEMU runs as.
struct SecQEMURoot: Rule {
  static let about = RuleInfo(
    id: "sec.qemu-root", title: "QEMU doesn't run as root",
    severity: Severities(.warning, [.secure: .critical]),
    rationale: "A guest that breaks out of a QEMU of root's is root.",
    cost: "Images and devices must belong to the user.",
    notWhen: "libvirt's default user is in force.",
    sources: [.article("§10.2"), .link("https://libvirt.org/drvqemu.html#security-architecture")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context) }
  }

  private static func verdict(_ context: Context) -> Verdict {
    for domain in context.facts.runningDomains {
      guard let pid = domain.pid, context.facts.processes[pid]?.effectiveUID == 0 else { continue }
      return violated(
        "QEMU of \(domain.key.printable) runs as root",
        Evidence("/proc/\(pid)/status Uid", observed: "0", expected: "not 0"))
    }
    let file = LibvirtConfiguration.read(context.facts.snapshot, SecSVirt.configuration)
    guard let values = file.value else { return .unknown(file.unknownReason) }
    let user = values["user"]
    let evidence = Evidence(
      "\(SecSVirt.configuration) user", observed: user, expected: "a user without rights")
    guard let user, ["root", "0", "+0"].contains(user) else { return .satisfied([evidence]) }
    return violated("qemu.conf makes QEMU run as root", evidence)
  }

  private static func violated(_ message: String, _ evidence: Evidence) -> Verdict {
    .violated(
      Violation(
        message, evidence: [evidence],
        remedy: .advice(
          "set user and group in /etc/libvirt/qemu.conf to the distribution's (libvirt-qemu or "
            + "qemu), restart libvirtd and the guests")))
  }

  private static func host(_ text: String) -> Snapshot {
    .exampleHost().with(SecSVirt.configuration, text)
  }

  static let examples = [
    Example("defaults", .exampleHost(), .satisfied),
    Example("commented out", host("#user = \"root\"\n"), .satisfied),
    Example("root", host("user = \"root\"\n"), .violated(.warning)),
    Example("by number", host("user = \"+0\"\n"), under: .secure, .violated(.critical)),
    Example(
      "a running one",
      .exampleHost().withDomain(DomainXML.example(), running: true)
        .with("/proc/4242/status", "Name:\tqemu\nUid:\t0\t0\t0\t0\n"), .violated(.warning)),
    Example("unreadable", .exampleHost().withUnreadable(SecSVirt.configuration), .unknown),
  ]
}
