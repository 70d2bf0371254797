/// A guest that sends larger frames than the way carries loses them without a word.
struct NetMTU: Rule {
  static let about = RuleInfo(
    id: "net.mtu",
    title: "No interface sends larger frames than its way carries",
    severity: Severities(.warning),
    rationale: "Frames above the MTU of the bridge, its members or the tunnel's underlay are "
      + "dropped: small packets pass, large ones hang.",
    cost: "Setting an MTU interrupts some cards for a moment.",
    notWhen: "The definition sets no MTU; the underlay takes jumbo frames.",
    sources: [.article("§5.2"), .link("https://libvirt.org/formatdomain.html")])

  /// Outer headers of VXLAN over IPv4; over IPv6 they are 70 bytes.
  private static let vxlanOverhead = 50

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeInterfaces { judge($0, $1, context.facts) } + bridges(context.facts)
  }

  private static func judge(
    _ domain: Domain, _ nic: DomainInterface, _ facts: Facts
  ) -> Verdict {
    guard let mtu = nic.mtu else { return .notApplicable("the definition sets no MTU") }
    guard let interfaces = facts.interfaces.value else {
      return .unknown(facts.noHostReason ?? facts.interfaces.unknownReason)
    }
    let name = facts.bridge(of: nic)
    let bridge = interfaces.first { $0.name == name }
    let way = [bridge, facts.uplink(of: nic)].compactMap { $0 }
    guard let narrowest = way.min(by: { $0.mtu.value ?? .max < $1.mtu.value ?? .max }) else {
      return .unknown("\(nic.node.xpath)/source: which interface of the host carries it")
    }
    return narrowest.mtu.orUnknown { limit in
      let evidence = [
        nic.node.evidence("mtu/@size", "\(mtu)", "at most \(limit)"),
        Evidence(narrowest.path("mtu"), observed: "\(limit)"),
      ]
      guard mtu > limit else { return .satisfied(evidence) }
      return .violated(
        Violation(
          "\(nic.subjectName) sends frames of \(mtu) bytes into \(narrowest.name), which carries "
            + "\(limit)", evidence: evidence,
          remedy: .edit(
            domain, "set the guest's MTU to \(limit)",
            [.setAttribute(nic.node.path.child("mtu"), name: "size", value: "\(limit)")])))
    }
  }

  /// Members of one bridge that differ, and tunnels without room for their outer headers.
  private static func bridges(_ facts: Facts) -> [Judgement] {
    guard let interfaces = facts.interfaces.value else { return [] }
    let byMaster = Dictionary(grouping: interfaces) { $0.master ?? "" }
    let mixed = interfaces.filter { $0.kind == .bridge }.compactMap { bridge in
      byMaster[bridge.name].map { Judgement(bridge.subject, members(bridge, $0)) }
    }
    let tunnels = interfaces.filter { $0.kind == .vxlan }.compactMap { tunnel in
      underlay(tunnel, interfaces).map { Judgement(tunnel.subject, self.tunnel(tunnel, $0)) }
    }
    return mixed + tunnels
  }

  private static func members(_ bridge: NetworkInterface, _ members: [NetworkInterface]) -> Verdict
  {
    let known = members.filter { $0.mtu.value != nil }
    let evidence = known.sorted { $0.name < $1.name }.map {
      Evidence($0.path("mtu"), observed: $0.mtu.value.map { "\($0)" })
    }
    guard let first = known.first else {
      return .unknown("\(bridge.path("brif")): the MTU of its members")
    }
    guard known.contains(where: { $0.mtu.value != first.mtu.value }) else {
      return .satisfied(evidence)
    }
    return .violated(
      Violation(
        "the members of \(bridge.name) have different MTUs", evidence: evidence,
        remedy: .advice("give all members of the bridge one MTU: ip link set dev NAME mtu SIZE")))
  }

  private static func underlay(
    _ tunnel: NetworkInterface, _ interfaces: [NetworkInterface]
  ) -> NetworkInterface? {
    guard let lower = tunnel.lower.first, tunnel.lower.count == 1 else { return nil }
    return interfaces.first { $0.name == lower }
  }

  private static func tunnel(
    _ tunnel: NetworkInterface, _ underlay: NetworkInterface
  ) -> Verdict {
    underlay.mtu.orUnknown { outer in
      tunnel.mtu.orUnknown { inner in
        let limit = outer - vxlanOverhead
        let evidence = [
          Evidence(tunnel.path("mtu"), observed: "\(inner)", expected: "at most \(limit)"),
          Evidence(underlay.path("mtu"), observed: "\(outer)"),
        ]
        guard inner > limit else { return .satisfied(evidence) }
        return .violated(
          Violation(
            "\(tunnel.name) leaves no room for \(vxlanOverhead) bytes of outer headers in "
              + "\(underlay.name)", evidence: evidence,
            remedy: .advice(
              "ip link set dev \(Safe.text(tunnel.name)) mtu \(limit) (70 bytes less than the "
                + "underlay over IPv6), or a larger MTU for the underlay")))
      }
    }
  }

  private static func guest(mtu: String, bridge: String = "1500\n") -> Snapshot {
    Snapshot.exampleHost().with("/sys/class/net/br0/mtu", bridge)
      .with("/sys/class/net/eno1/mtu", bridge)
      .with(
        domain: DomainXML.example(
          devices: "<interface type='bridge'><mac address='52:54:00:00:00:01'/>"
            + "<source bridge='br0'/><model type='virtio'/>\(mtu)</interface>"))
  }

  private static func vxlan(_ inner: Int, _ outer: Int) -> Snapshot {
    Snapshot.exampleHost()
      .with("/sys/class/net/br0/mtu", "\(outer)\n").with("/sys/class/net/eno1/mtu", "\(outer)\n")
      .with("/sys/class/net/vxlan7/uevent", "DEVTYPE=vxlan\nINTERFACE=vxlan7\n")
      .with("/sys/class/net/vxlan7/mtu", "\(inner)\n")
      .withLink("/sys/class/net/vxlan7/lower_eno1", "/sys/class/net/eno1")
  }

  static let examples: [Example] = [
    Example("no larger than the bridge", guest(mtu: "<mtu size='1500'/>"), .satisfied),
    Example(
      "jumbo frames all the way", guest(mtu: "<mtu size='9000'/>", bridge: "9000\n"), .satisfied),
    Example("a tunnel with room for its headers", vxlan(1450, 1500), .satisfied),
    Example("a jumbo underlay", vxlan(1500, 9000), .satisfied),
    Example("larger than the bridge", guest(mtu: "<mtu size='9000'/>"), .violated(.warning)),
    Example("a tunnel without room", vxlan(1500, 1500), .violated(.warning)),
    Example(
      "members that differ",
      guest(mtu: "").with("/sys/class/net/vnet0/mtu", "9000\n")
        .withLink("/sys/class/net/vnet0/master", "/sys/class/net/br0"), .violated(.warning)),
  ]
}
