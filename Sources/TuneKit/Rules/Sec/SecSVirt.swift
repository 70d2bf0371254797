/// Mandatory access control around QEMU.
struct SecSVirt: Rule {
  static let about = RuleInfo(
    id: "sec.svirt", title: "Every guest's process is confined by SELinux or AppArmor",
    severity: Severities(.warning, [.secure: .critical]),
    rationale: "A guest that breaks out of QEMU finds only its own files.",
    cost: "Images outside the usual places need labels.",
    notWhen: "The distribution has no such system (then info).",
    sources: [.article("§10.2"), .link("https://libvirt.org/drvqemu.html#security-architecture")])

  static let capabilities = "/tuned-vm/capabilities.xml"
  static let configuration = "/etc/libvirt/qemu.conf"

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { host(context) } + context.judgeDomains { domain($0) }
  }

  private static func host(_ context: Context) -> Verdict {
    let snapshot = context.facts.snapshot
    let file = LibvirtConfiguration.read(snapshot, configuration)
    if let drivers = file.value?.values["security_driver"], drivers.contains("none") {
      return .violated(
        violation(
          "qemu.conf switches confinement off",
          Evidence(
            configuration, observed: "security_driver = none", expected: "selinux or apparmor"),
          context))
    }
    let reading = snapshot.raw(capabilities)
    guard let text = reading.value, let document = try? XMLDocument(text) else {
      return .unknown(
        reading.value == nil ? reading.unknownReason : "\(capabilities): is not well-formed")
    }
    let models =
      document.root.first("host")?.all("secmodel")
      .compactMap { $0.first("model")?.text.trimmedBlanks } ?? []
    let evidence = Evidence(
      "\(capabilities) host/secmodel", observed: models.joined(separator: ", "),
      expected: "selinux or apparmor")
    if case .missing(let reason)? = snapshot.files[configuration] {
      return .unknown("\(configuration): \(reason)")
    }
    guard !models.contains("selinux"), !models.contains("apparmor") else {
      return .satisfied([evidence])
    }
    return .violated(violation("libvirt confines no guest", evidence, context))
  }

  private static func violation(
    _ message: String, _ evidence: Evidence, _ context: Context
  ) -> Violation {
    let modules = context.facts.snapshot.text("/sys/kernel/security/lsm").value
    let hasNone = modules.map { !$0.contains("selinux") && !$0.contains("apparmor") } ?? false
    return Violation(
      "\(message): a guest that breaks out of QEMU finds the others' files",
      severity: hasNone ? .info : nil, evidence: [evidence],
      remedy: .advice(
        "install and enable AppArmor or SELinux with libvirt's policy, and restart the guests"))
  }

  private static func domain(_ domain: Domain) -> Verdict {
    let labels = domain.definition.securityLabels
    let off = labels.first { $0["type"] == "none" && $0["model"] != "dac" }
    guard let off else {
      return .satisfied([Evidence("/domain/seclabel", observed: labels.isEmpty ? nil : "labelled")])
    }
    return .violated(
      Violation(
        "\(domain.key.printable) runs without confinement",
        evidence: [Evidence(off.xpath + "/@type", observed: "none", expected: "dynamic")],
        remedy: .advice("remove the <seclabel type='none'/> and restart the guest")))
  }

  private static let confined = Snapshot.exampleHost().with(
    capabilities,
    "<capabilities><host><secmodel><model>apparmor</model></secmodel>"
      + "<secmodel><model>dac</model></secmodel></host></capabilities>\n")
  private static let open = Snapshot.exampleHost().with(
    capabilities,
    "<capabilities><host><secmodel><model>dac</model></secmodel></host></capabilities>")

  static let examples = [
    Example("AppArmor", confined, .satisfied),
    Example(
      "owner and group are another matter",
      confined.withDomain(DomainXML.example(extra: "<seclabel type='none' model='dac'/>")),
      .satisfied),
    Example(
      "no such system here", open.with("/sys/kernel/security/lsm", "lockdown,capability,yama\n"),
      .violated(.info)),
    Example("only owner and group", open, .violated(.warning)),
    Example("only owner and group", open, under: .secure, .violated(.critical)),
    Example(
      "switched off for one guest",
      confined.withDomain(DomainXML.example(extra: "<seclabel type='none'/>")),
      .violated(.warning)),
    Example("not captured", .exampleHost(), .unknown),
  ]
}
