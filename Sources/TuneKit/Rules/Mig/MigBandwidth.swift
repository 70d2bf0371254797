/// The link that guests move over.
struct MigBandwidth: Rule {
  static let about = RuleInfo(
    id: "mig.bandwidth", title: "Guests move over 10 Gb/s or more",
    severity: Severities(.warning),
    rationale: "A guest that writes memory faster than the link carries it never arrives; at "
      + "1 Gb/s that is 110 MB/s.",
    cost: "A faster card.", notWhen: "A virtual link whose speed nobody tells (unknown).",
    sources: [.article("§7")])

  static func evaluate(_ context: Context) -> [Judgement] {
    if let none = context.withoutHost { return none }
    let snapshot = context.facts.snapshot
    let configuration = LibvirtConfiguration.read(snapshot, SecSVirt.configuration)
    if let address = configuration.value?["migration_address"], address != "0.0.0.0",
      address != "::"
    {
      guard let name = RouteTable(snapshot).interface(near: address) else {
        let reason =
          "\(SecSVirt.configuration) migration_address: no route tells which card has "
          + address.printable
        return [Judgement(context.hostSubject, .unknown(reason))]
      }
      let uplink = uplink(of: name, context.facts)
      return [Judgement(Subject(.netInterface, uplink), verdict(uplink, context))]
    }
    let route = snapshot.raw("/proc/net/route")
    guard let text = route.value else {
      return [Judgement(context.hostSubject, .unknown(route.unknownReason))]
    }
    guard let name = defaultInterface(text) else {
      return [
        Judgement(context.hostSubject, .unknown("/proc/net/route: there is no default route"))
      ]
    }
    let uplink = uplink(of: name, context.facts)
    return [Judgement(Subject(.netInterface, uplink), verdict(uplink, context))]
  }

  private static func verdict(_ name: String, _ context: Context) -> Verdict {
    guard let card = context.facts.interfaces.value?.first(where: { $0.name == name }) else {
      return .unknown(
        context.facts.interfaces.value == nil
          ? context.facts.interfaces.unknownReason : "/sys/class/net/\(name): no such interface")
    }
    guard let speed = card.speedMbps.value else { return .unknown(card.speedMbps.unknownReason) }
    let least = (context.profile.number("mig.bandwidth", "minimumGbps") ?? 10) * 1000
    let evidence = Evidence(
      card.path("speed"), observed: "\(speed) Mb/s", expected: "\(Int(least)) Mb/s or more")
    guard Double(speed) < least else { return .satisfied([evidence]) }
    let isSlow = context.profile.family == .migratable && speed < 1000
    return .violated(
      Violation(
        "guests move over \(name.printable) at \(speed) Mb/s",
        severity: isSlow ? .critical : nil, evidence: [evidence],
        remedy: .advice("give migration a link of 10 Gb/s and name it in migration_address")))
  }

  /// The interface of the route to 0.0.0.0/0 with the lowest metric.
  private static func defaultInterface(_ text: String) -> String? {
    var best: (name: String, metric: Int)?
    for line in text.lines.dropFirst() {
      let words = line.words
      guard words.count > 7, words[1] == "00000000", words[7] == "00000000" else { continue }
      let metric = Int(words[6]) ?? 0
      if metric < best?.metric ?? .max { best = (String(words[0]), metric) }
    }
    return best?.name
  }

  /// The card below a bridge or VLAN; the interface itself where that isn't known.
  static func uplink(of name: String, _ facts: Facts) -> String {
    let interfaces = facts.interfaces.value ?? []
    var current = name
    for _ in 0..<8 {
      guard let interface = interfaces.first(where: { $0.name == current }) else { return current }
      guard [.bridge, .vlan].contains(interface.kind) else { return current }
      let below = interfaces.filter {
        $0.master == current || interface.lower.contains($0.name)
      }.filter { ![.tap, .veth, .macvtap].contains($0.kind) }
      guard
        let next = below.first(where: { $0.kind == .bond || $0.kind == .physical }) ?? below.first
      else { return current }
      current = next.name
    }
    return current
  }

  private static func host(_ speed: String) -> Snapshot {
    .exampleHost().with("/sys/class/net/eno1/speed", speed + "\n")
  }

  /// A second card, in the network 10.9.0.0/24.
  private static func moving(over address: String, speed: String) -> Snapshot {
    .exampleHost().with("/sys/class/net/eno2/speed", speed + "\n")
      .withLink("/sys/class/net/eno2/device", "/sys/devices/pci0000:3a/0000:3a:00.0/0000:3b:00.1")
      .with(SecSVirt.configuration, "migration_address = \"\(address)\"\n")
      .with(
        "/proc/net/route",
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
          + "br0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
          + "eno2\t0000090A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n")
  }

  static let examples = [
    Example("10 Gb/s", .exampleHost(), under: .migratable, .satisfied),
    Example("nobody tells", host("-1"), .unknown),
    Example(
      "a link of its own for migration", moving(over: "10.9.0.5", speed: "25000"),
      under: .migratable, .satisfied),
    Example("an address of no network here", moving(over: "host7.example", speed: "1"), .unknown),
    Example(
      "a slow link of its own", moving(over: "10.9.0.5", speed: "1000"), .violated(.warning)),
    Example("1 Gb/s", host("1000"), .violated(.warning)),
    Example("1 Gb/s where guests move", host("1000"), under: .migratable, .violated(.warning)),
    Example("100 Mb/s where guests move", host("100"), under: .migratable, .violated(.critical)),
    Example("unreadable", .exampleHost().withUnreadable("/proc/net/route"), .unknown),
  ]
}
