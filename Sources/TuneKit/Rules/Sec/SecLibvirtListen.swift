/// libvirt on the network.
struct SecLibvirtListen: Rule {
  static let about = RuleInfo(
    id: "sec.libvirt-listen", title: "libvirt takes no unencrypted or anonymous calls from outside",
    severity: Severities(.critical),
    rationale: "Whoever can call libvirt owns the host and every guest; plain TCP carries "
      + "passwords and memory in clear.",
    cost: "Certificates, or ssh.",
    notWhen: "Only loop-back; listen_tcp set while the daemon is socket-activated, which ignores "
      + "it. (TLS is port 16514; 16509 is plain TCP.)",
    sources: [.article("§10.2"), .link("https://libvirt.org/remote.html")])

  private static let files = ["/etc/libvirt/virtproxyd.conf", "/etc/libvirt/libvirtd.conf"]

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context) }
  }

  private static func verdict(_ context: Context) -> Verdict {
    let known = Listeners.read(context.facts.snapshot)
    guard let listeners = known.value else { return .unknown(known.unknownReason) }
    let configuration = configuration(context.facts.snapshot)
    if let socket = listeners.open(16509).first {
      let authentication = configuration.value?["auth_tcp"] ?? "sasl"
      let isAnonymous = authentication == "none"
      return .violated(
        Violation(
          isAnonymous
            ? "anyone who reaches port 16509 commands libvirt without a password"
            : "libvirt takes calls over plain TCP on port 16509",
          severity: isAnonymous ? .critical : .warning,
          evidence: [
            Evidence(socket.source, observed: "port 16509 listens on the network"),
            Evidence(configuration.source, observed: "auth_tcp = \(authentication.printable)"),
          ],
          remedy: .advice(
            "stop libvirtd-tcp.socket or virtproxyd-tcp.socket and use TLS (port 16514) with "
              + "auth_tls = \"sasl\", or ssh")))
    }
    guard let socket = listeners.open(16514).first else {
      return .satisfied([Evidence(known.source, observed: "16509 and 16514 are closed outside")])
    }
    guard let values = configuration.value else { return .unknown(configuration.unknownReason) }
    let authentication = values["auth_tls"] ?? "none"
    let evidence = [
      Evidence(socket.source, observed: "port 16514 listens on the network"),
      Evidence(
        configuration.source, observed: "auth_tls = \(authentication.printable)", expected: "sasl"),
    ]
    guard authentication == "none" else { return .satisfied(evidence) }
    return .violated(
      Violation(
        "a client certificate alone commands libvirt (auth_tls = none)", severity: .info,
        evidence: evidence,
        remedy: .advice("set auth_tls = \"sasl\" in \(configuration.source)")))
  }

  /// The configuration of the daemon that answers.
  private static func configuration(_ snapshot: Snapshot) -> Known<LibvirtConfiguration> {
    let readings = files.map { LibvirtConfiguration.read(snapshot, $0) }
    return readings.first { $0.value != nil } ?? readings[1]
  }

  private static func host(_ lines: String, _ configuration: String = "") -> Snapshot {
    .exampleHost().with(
      "/proc/net/tcp",
      "  sl  local_address rem_address   st tx_queue rx_queue\n" + lines
    ).with("/etc/libvirt/libvirtd.conf", configuration)
  }
  private static func line(_ address: String, _ port: String) -> String {
    "   0: \(address):\(port) 00000000:0000 0A 00000000:00000000\n"
  }

  static let examples = [
    Example("closed", host(line("00000000", "0016")), .satisfied),
    Example(
      "loop-back only", host(line("0100007F", "407D"), "auth_tcp = \"none\"\n"), .satisfied),
    Example(
      "configured, but socket-activated", host("", "listen_tcp = 1\nauth_tcp = \"none\"\n"),
      .satisfied),
    Example(
      "TLS with passwords", host(line("00000000", "4082"), "auth_tls = \"sasl\"\n"), .satisfied),
    Example(
      "anonymous", host(line("00000000", "407D"), "auth_tcp = \"none\"\n"), .violated(.critical)),
    Example("plain with passwords", host(line("00000000", "407D")), .violated(.warning)),
    Example("a certificate is enough", host(line("00000000", "4082")), .violated(.info)),
    Example("not captured", .exampleHost(), .unknown),
  ]
}
