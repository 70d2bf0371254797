/// A packet filter on the host.
struct SecFirewall: Rule {
  static let about = RuleInfo(
    id: "sec.firewall", title: "The host drops what nobody asked for",
    severity: Severities(.info, [.secure: .warning]),
    rationale: "libvirt, migration and consoles listen on the host; only some machines should "
      + "reach them.",
    cost: "Rules to keep.",
    notWhen: "nftables, ufw or firewalld drop by default and open the "
      + "host's ports to named sources only.",
    sources: [.article("§10.2")])

  private static let ports = [22, 16509, 16514]
  private static let migration = 49152...49215
  /// Where Debian and Fedora keep the rules of a service.
  private static let files: [(unit: String, paths: [String])] = [
    ("nftables", ["/etc/nftables.conf", "/etc/sysconfig/nftables.conf"]),
    ("netfilter-persistent", ["/etc/iptables/rules.v4"]),
    ("iptables", ["/etc/iptables/rules.v4", "/etc/sysconfig/iptables"]),
  ]

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context) }
  }

  private static func verdict(_ context: Context) -> Verdict {
    let units = context.facts.units
    guard units.all.value != nil else { return .unknown(units.all.unknownReason) }
    let snapshot = context.facts.snapshot
    if units.isActive("firewalld") == true {
      let path = "/etc/firewalld/firewalld.conf"
      let reading = snapshot.raw(path)
      guard let text = reading.value else { return .unknown(reading.unknownReason) }
      let zone = LibvirtConfiguration(path: path, text)["DefaultZone"] ?? "public"
      let evidence = Evidence("\(path) DefaultZone", observed: zone, expected: "not trusted")
      return zone == "trusted"
        ? open("firewalld lets everything in", evidence) : .satisfied([evidence])
    }
    if units.isActive("ufw") == true { return ufw(snapshot) }
    for (unit, paths) in files where units.isActive(unit) == true {
      return rules(snapshot, paths.first { snapshot.files[$0] != nil } ?? paths[0])
    }
    return open(
      "nothing filters what reaches the host",
      Evidence(units.all.source, observed: "no active nftables, ufw or firewalld"))
  }

  private static func ufw(_ snapshot: Snapshot) -> Verdict {
    let reading = snapshot.raw("/etc/default/ufw")
    guard let text = reading.value else { return .unknown(reading.unknownReason) }
    let policy = LibvirtConfiguration(path: reading.source, text)["DEFAULT_INPUT_POLICY"] ?? "DROP"
    let evidence = Evidence(
      "/etc/default/ufw DEFAULT_INPUT_POLICY", observed: policy, expected: "DROP")
    return ["DROP", "REJECT"].contains(policy.uppercased())
      ? .satisfied([evidence]) : open("ufw lets everything in", evidence)
  }

  /// A ruleset file of nftables or iptables: default drop, and no open port without a source.
  private static func rules(_ snapshot: Snapshot, _ path: String) -> Verdict {
    let reading = snapshot.raw(path)
    guard let text = reading.value else { return .unknown(reading.unknownReason) }
    let lines = text.lines.map(\.trimmedBlanks).filter { !$0.hasPrefix("#") }
    let drops = lines.contains { line in
      (line.contains("hook input") && text.contains("policy drop"))
        || line.hasPrefix(":INPUT DROP") || line == "-P INPUT DROP"
    }
    guard drops else {
      return open(
        "the ruleset lets in what no rule names",
        Evidence(path, observed: "no default drop on input", expected: "policy drop"))
    }
    let open = lines.filter { $0.hasSuffix("accept") || $0.hasSuffix("-j ACCEPT") }
      .filter { line in
        !["saddr", " -s ", "iif", " -i "].contains { line.contains($0) }
          && (line.contains("dport") || line.contains("--dports"))
          && numbers(line).contains { isOfHost($0) }
      }
    guard let first = open.first else {
      return .satisfied([Evidence(path, observed: "default drop on input")])
    }
    return self.open(
      "ports of the host are open to any source",
      Evidence(path, observed: first, expected: "a source address or interface"))
  }

  private static func isOfHost(_ range: ClosedRange<Int>) -> Bool {
    ports.contains { range.contains($0) } || range.overlaps(migration)
  }

  /// Numbers and ranges (`a-b`, `a:b`) behind `dport`.
  private static func numbers(_ line: String) -> [ClosedRange<Int>] {
    guard let start = line.firstRange(of: "dport")?.upperBound else { return [] }
    let rest = line[start...].split { !($0.isNumber || $0 == "-" || $0 == ":" || $0.isLetter) }
    var result: [ClosedRange<Int>] = []
    for word in rest {
      if word == "ssh" { result.append(22...22) }
      let ends = word.split { $0 == "-" || $0 == ":" }.compactMap { Int($0) }
      if ends.count == 1 { result.append(ends[0]...ends[0]) }
      if ends.count == 2, ends[0] <= ends[1] { result.append(ends[0]...ends[1]) }
    }
    return result
  }

  private static func open(_ message: String, _ evidence: Evidence) -> Verdict {
    .violated(
      Violation(
        message, evidence: [evidence],
        remedy: .advice(
          "drop by default and open 22, 16514 and 49152-49215 to the management network only")))
  }

  private static func nftables(_ rules: String) -> Snapshot {
    .exampleHost().with(
      "/tuned-vm/units.json", "{\"nftables.service\":{\"active\":\"active\"}}\n"
    ).with("/etc/nftables.conf", rules)
  }
  private static let drop = "chain input {\n type filter hook input priority 0; policy drop;\n"

  static let examples = [
    Example(
      "default drop, named sources",
      nftables(drop + " ip saddr 10.0.0.0/8 tcp dport { 22, 16514 } accept\n}\n"), .satisfied),
    Example(
      "other ports may be open", nftables(drop + " tcp dport 443 accept\n}\n"), .satisfied),
    Example(
      "open to any source", nftables(drop + " tcp dport { 22, 16509 } accept\n}\n"),
      .violated(.info)),
    Example("no filter", .exampleHost(), .violated(.info)),
    Example("no filter before tenants", .exampleHost(), under: .secure, .violated(.warning)),
    Example("not captured", .exampleHost().without("/tuned-vm/units.json"), .unknown),
  ]
}
