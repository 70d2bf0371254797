/// Consoles that anybody can open.
struct SecVNC: Rule {
  static let about = RuleInfo(
    id: "sec.vnc", title: "Consoles on the network ask for a password or a certificate",
    severity: Severities(.warning),
    rationale: "Whoever opens a guest's console can reboot it into a shell.",
    cost: "Clients need the secret.",
    notWhen: "The console listens on this host only.",
    sources: [
      .article("§10.2"), .link("https://libvirt.org/formatdomain.html#graphical-framebuffers"),
    ])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.facts.domains.flatMap { judge($0, context) }
  }

  private static func judge(_ domain: Domain, _ context: Context) -> [Judgement] {
    let displays = domain.definition.devices.graphics
    guard !displays.isEmpty else {
      return [Judgement(domain.subject, .notApplicable("it has no console"))]
    }
    return displays.enumerated().map { place, display in
      Judgement(
        Subject(.domainDevice, "\(domain.key)/graphics\(place + 1)"),
        verdict(display, domain, context))
    }
  }

  private static func verdict(
    _ display: DomainDevices.Graphics, _ domain: Domain, _ context: Context
  ) -> Verdict {
    let configuration = LibvirtConfiguration.read(context.facts.snapshot, SecSVirt.configuration)
    let values = configuration.value
    var addresses = display.addresses
    let hasOther = display.node.all("listen").contains { ["socket", "none"].contains($0["type"]) }
    if addresses.isEmpty, !hasOther, display.node["socket"] == nil {
      addresses = [values?["\(display.type)_listen"] ?? "127.0.0.1"]
    }
    let open = addresses.filter { ["0.0.0.0", "::", "[::]", "*"].contains($0) }
    let evidence = Evidence(
      display.node.xpath + "/@listen", observed: addresses.joined(separator: ", "),
      expected: "127.0.0.1, or a password or TLS")
    guard !open.isEmpty else { return .satisfied([evidence]) }
    if display.hasPassword || values?["\(display.type)_password"] != nil
      || values?["\(display.type)_tls"] == "1" || values?["\(display.type)_sasl"] == "1"
    {
      return .satisfied([evidence])
    }
    if case .missing(let reason)? = context.facts.snapshot.files[SecSVirt.configuration] {
      return .unknown("\(SecSVirt.configuration): \(reason)")
    }
    // Read-only connections and captures leave passwords out.
    if domain.source.origin.contains("://")
      || context.facts.snapshot.files["/tuned-vm/about.json"] != nil
    {
      return .unknown("\(display.node.xpath)/@passwd: passwords are not shown here")
    }
    return .violated(
      Violation(
        "the \(display.type.printable) console of \(domain.key.printable) is open to the network",
        evidence: [evidence],
        remedy: Remedy(
          .nextGuestStart,
          "listen on 127.0.0.1 and tunnel, or set vnc_tls and a password in qemu.conf")))
  }

  private static func guest(_ graphics: String) -> Snapshot {
    .exampleHost().withDomain(DomainXML.example(devices: graphics))
  }

  static let examples = [
    Example("no console", guest(""), .notApplicable),
    Example("this host only", guest("<graphics type='vnc' listen='127.0.0.1'/>"), .satisfied),
    Example("default address", guest("<graphics type='vnc'/>"), .satisfied),
    Example(
      "with a password", guest("<graphics type='vnc' listen='0.0.0.0' passwd='x'/>"), .satisfied),
    Example(
      "TLS",
      guest("<graphics type='vnc' listen='0.0.0.0'/>")
        .with(SecSVirt.configuration, "vnc_tls = 1\n"), .satisfied),
    Example(
      "open", guest("<graphics type='vnc'><listen type='address' address='::'/></graphics>"),
      .violated(.warning)),
    Example(
      "open by default",
      guest("<graphics type='vnc'/>").with(SecSVirt.configuration, "vnc_listen = \"0.0.0.0\"\n"),
      .violated(.warning)),
    Example(
      "a capture shows no passwords",
      guest("<graphics type='vnc' listen='0.0.0.0'/>").with("/tuned-vm/about.json", "{}"),
      .unknown),
  ]
}
