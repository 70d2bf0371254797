/// Tunnels whose segmentation the card could do.
struct NetVXLANOffload: Rule {
  static let about = RuleInfo(
    id: "net.vxlan-offload", title: "Cards under VXLAN segment tunnelled packets themselves",
    severity: Severities(.info, [.throughput: .warning]),
    rationale: "Without the offload the CPU cuts every large packet of a tunnel.",
    cost: "None, unless the card's firmware has errors there.",
    notWhen: "No VXLAN interface here; the driver doesn't know the offload.",
    sources: [.article("§5.2"), .text("ethtool(8) -k")])

  private static let feature = "tx-udp_tnl-segmentation"

  static func evaluate(_ context: Context) -> [Judgement] {
    guard let interfaces = context.facts.interfaces.value else {
      return context.onHost { .missing(context.facts.interfaces) }
    }
    let tunnels = interfaces.filter { $0.kind == .vxlan }
    guard !tunnels.isEmpty else {
      return context.onHost { .notApplicable("no VXLAN interface here") }
    }
    // A tunnel whose device isn't named may leave through any card.
    let ways = tunnels.map { cards(below: $0, interfaces) }
    let used = ways.contains(where: \.isEmpty) ? nil : Set(ways.flatMap { $0 })
    return HostCards.judge(context) { card, tool in
      if let used, !used.contains(card.name) {
        return .notApplicable("no tunnel leaves through it")
      }
      guard let isOn = tool.features[feature] else {
        return .notApplicable("the driver doesn't know the offload")
      }
      let evidence = Evidence(
        "ethtool -k \(card.name.printable) \(feature)", observed: isOn ? "on" : "off",
        expected: "on")
      guard !isOn else { return .satisfied([evidence]) }
      return .violated(
        Violation(
          "the CPU segments the tunnelled packets of \(card.name.printable)",
          evidence: [evidence],
          remedy: .advice("ethtool -K \(card.name.printable) \(feature) on")))
    }
  }

  /// The physical cards under an interface, through bonds, bridges and VLANs.
  private static func cards(
    below start: NetworkInterface, _ interfaces: [NetworkInterface]
  ) -> Set<String> {
    var found: Set<String> = []
    var seen: Set<String> = [start.name]
    var pending = start.lower
    while let name = pending.popLast() {
      guard seen.insert(name).inserted, let item = interfaces.first(where: { $0.name == name })
      else { continue }
      if item.kind == .physical { found.insert(name) }
      pending += item.lower
      pending += interfaces.filter { $0.master == name && $0.kind != .tap }.map(\.name)
    }
    return found
  }

  private static let tunnel = Snapshot.exampleHost()
    .with("/sys/class/net/vxlan10/uevent", "DEVTYPE=vxlan\nINTERFACE=vxlan10\n")

  static let examples = [
    Example("on", tunnel, .satisfied),
    Example(
      "the tunnel leaves through another card",
      tunnel.with("/sys/class/net/vxlan10/lower_eno9/mtu", "1500\n")
        .with("/sys/class/net/eno9/uevent", "INTERFACE=eno9\n")
        .withLink("/sys/class/net/eno9/device", "/sys/devices/pci0000:00/0000:00:1f.6")
        .with(
          "/tuned-vm/ethtool.json",
          #"{"eno1":{"features":{"tx-udp_tnl-segmentation":false}},"#
            + #""eno9":{"features":{"tx-udp_tnl-segmentation":true}}}"#), .satisfied),
    Example("no tunnel", .exampleHost(), .notApplicable),
    Example(
      "off",
      tunnel.with(
        "/tuned-vm/ethtool.json", #"{"eno1":{"features":{"tx-udp_tnl-segmentation":false}}}"#),
      .violated(.info)),
    Example("nobody asked", tunnel.without("/tuned-vm"), .unknown),
  ]
}
