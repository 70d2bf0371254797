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
    let plain = isOpen(16509, ["libvirtd-tcp.socket", "virtproxyd-tcp.socket"], context)
    let tls = isOpen(16514, ["libvirtd-tls.socket", "virtproxyd-tls.socket"], context)
    let configuration = configuration(context.facts.snapshot)
    if case .open(let evidence) = plain { return openPlain(evidence, configuration) }
    if case .unknown(let reason) = plain { return .unknown(reason) }
    guard case .open(let evidence) = tls else {
      if case .unknown(let reason) = tls { return .unknown(reason) }
      return .satisfied([Evidence("/proc/net/tcp", observed: "16509 and 16514 are closed outside")])
    }
    guard let values = configuration.value else { return .unknown(configuration.unknownReason) }
    let authentication = values["auth_tls"] ?? "none"
    let both = [
      evidence,
      Evidence(
        configuration.source, observed: "auth_tls = \(authentication.printable)", expected: "sasl"),
    ]
    guard authentication == "none" else { return .satisfied(both) }
    return .violated(
      Violation(
        "a client certificate alone commands libvirt (auth_tls = none)", severity: .info,
        evidence: both, remedy: .advice("set auth_tls = \"sasl\" in \(configuration.source)")))
  }

  private enum Port {
    case open(Evidence)
    case closed
    case unknown(String)
  }

  /// What listens decides; where that isn't known, the socket units do.
  private static func isOpen(_ port: Int, _ units: [String], _ context: Context) -> Port {
    let known = Listeners.read(context.facts.snapshot)
    if let listeners = known.value {
      guard let socket = listeners.open(port).first else { return .closed }
      return .open(Evidence(socket.source, observed: "port \(port) listens on the network"))
    }
    let services = context.facts.units
    if let line = listens(port, context.facts.snapshot) { return .open(line) }
    guard services.all.value != nil else { return .unknown(known.unknownReason) }
    guard let unit = units.first(where: { services.isActive($0) == true }) else { return .closed }
    return .open(Evidence(services.all.source, observed: "\(unit) is active (port \(port))"))
  }

  /// A daemon that isn't socket-activated listens where it is started with `--listen` (`-l`) and
  /// its configuration says so.
  private static func listens(_ port: Int, _ snapshot: Snapshot) -> Evidence? {
    let starts = ["/etc/default/libvirtd", "/etc/sysconfig/libvirtd"].first { path in
      (snapshot.raw(path).value ?? "").lines.contains { line in
        let body = line.trimmedBlanks
        guard body.hasPrefix("LIBVIRTD_ARGS") || body.hasPrefix("libvirtd_opts") else {
          return false
        }
        let words = body.split { !($0.isLetter || $0 == "-") }
        return words.contains("--listen") || words.contains("-l")
      }
    }
    guard let starts else { return nil }
    let values = LibvirtConfiguration.read(snapshot, "/etc/libvirt/libvirtd.conf").value
    // TLS is on by default, TCP off.
    let isOn = port == 16509 ? values?["listen_tcp"] == "1" : values?["listen_tls"] != "0"
    return isOn ? Evidence(starts, observed: "--listen (port \(port))") : nil
  }

  private static func openPlain(
    _ evidence: Evidence, _ configuration: Known<LibvirtConfiguration>
  ) -> Verdict {
    let authentication = configuration.value?["auth_tcp"] ?? "sasl"
    let isAnonymous = authentication == "none"
    return .violated(
      Violation(
        isAnonymous
          ? "anyone who reaches port 16509 commands libvirt without a password"
          : "libvirt takes calls over plain TCP on port 16509",
        severity: isAnonymous ? .critical : .warning,
        evidence: [
          evidence,
          Evidence(configuration.source, observed: "auth_tcp = \(authentication.printable)"),
        ],
        remedy: .advice(
          "stop libvirtd-tcp.socket or virtproxyd-tcp.socket and use TLS (port 16514) with "
            + "auth_tls = \"sasl\", or ssh")))
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
    Example(
      "no list of sockets, but an active unit",
      .exampleHost().with(
        "/tuned-vm/units.json", "{\"libvirtd-tcp.socket\":{\"active\":\"active\"}}\n"),
      .violated(.warning)),
    Example(
      "no list of sockets, but a daemon that listens",
      .exampleHost().with("/etc/sysconfig/libvirtd", "LIBVIRTD_ARGS=\"--listen\"\n")
        .with("/etc/libvirt/libvirtd.conf", "listen_tcp = 1\nauth_tcp = \"none\"\n"),
      .violated(.critical)),
    Example("no list of sockets, no such unit", .exampleHost(), .satisfied),
    Example("not captured", .exampleHost().without("/tuned-vm/units.json"), .unknown),
  ]
}
