/// QEMU's filter of system calls.
struct SecSeccomp: Rule {
  static let about = RuleInfo(
    id: "sec.seccomp", title: "QEMU runs behind its filter of system calls",
    severity: Severities(.info, [.secure: .warning]),
    rationale: "The filter leaves an attacker inside QEMU few system calls to go on with.",
    cost: "None known; libvirt switches it on where QEMU has it.",
    notWhen: "libvirt's default is in force.",
    sources: [.article("§10.2"), .link("https://www.qemu.org/docs/master/system/security.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost {
      let file = LibvirtConfiguration.read(context.facts.snapshot, SecSVirt.configuration)
      guard let values = file.value else { return .unknown(file.unknownReason) }
      let value = values["seccomp_sandbox"]
      let evidence = Evidence(
        "\(SecSVirt.configuration) seccomp_sandbox", observed: value, expected: "1")
      guard value == "0" else { return .satisfied([evidence]) }
      return .violated(
        Violation(
          "qemu.conf switches QEMU's filter of system calls off", evidence: [evidence],
          remedy: .advice(
            "remove seccomp_sandbox = 0 from /etc/libvirt/qemu.conf and restart the guests")))
    }
  }

  static let examples = [
    Example("default", .exampleHost(), .satisfied),
    Example(
      "on", .exampleHost().with(SecSVirt.configuration, "seccomp_sandbox = 1\n"), .satisfied),
    Example(
      "off", .exampleHost().with(SecSVirt.configuration, "seccomp_sandbox = 0\n"),
      .violated(.info)),
    Example(
      "off for tenants", .exampleHost().with(SecSVirt.configuration, "seccomp_sandbox = 0\n"),
      under: .secure, .violated(.warning)),
    Example("unreadable", .exampleHost().withUnreadable(SecSVirt.configuration), .unknown),
  ]
}
