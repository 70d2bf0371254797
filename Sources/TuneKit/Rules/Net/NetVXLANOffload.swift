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
    guard interfaces.contains(where: { $0.kind == .vxlan }) else {
      return context.onHost { .notApplicable("no VXLAN interface here") }
    }
    return HostCards.judge(context) { card, tool in
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

  private static let tunnel = Snapshot.exampleHost()
    .with("/sys/class/net/vxlan10/uevent", "DEVTYPE=vxlan\nINTERFACE=vxlan10\n")

  static let examples = [
    Example("on", tunnel, .satisfied),
    Example("no tunnel", .exampleHost(), .notApplicable),
    Example(
      "off",
      tunnel.with(
        "/tuned-vm/ethtool.json", #"{"eno1":{"features":{"tx-udp_tnl-segmentation":false}}}"#),
      .violated(.info)),
    Example("nobody asked", tunnel.without("/tuned-vm"), .unknown),
  ]
}
