// Device locality of vhost-user interfaces: the card that the switch polls for them, and the threads
// that carry packets between it and the guest's memory.

extension NumaDeviceLocality {
  /// A judgement for each vhost-user interface of a domain.
  static func vhostUser(_ context: Context, _ domain: Domain) -> [Judgement] {
    domain.definition.devices.interfaces.filter { $0.type == "vhostuser" }.map { nic in
      Judgement(
        Subject(.domainInterface, nic.subjectName),
        unplaced(context, domain.definition)
          ?? context.facts.vhostUserPort(of: nic).orUnknown { port in
            judge(context, domain, nic, port)
          })
    }
  }

  private static func judge(
    _ context: Context, _ domain: Domain, _ nic: DomainInterface, _ port: VhostUserPort
  ) -> Verdict {
    let nodes = context.facts.topology.nodes(of: domain.definition.pinnedCPUs)
    var evidence: [Evidence] = []
    var found: CPUSet = []
    for card in port.cards {
      guard let device = card.device else {
        return .unknown("/tuned-vm/ovs.json: no card of this host is known for '\(card.name)'")
      }
      guard let node = context.facts.node(of: device) else { continue }
      found.insert(node)
      evidence.append(
        Evidence(
          "/sys/bus/pci/devices/\(device.address)/numa_node", observed: "\(node)",
          expected: nodes.description))
    }
    let name = "\(nic.subjectName) (\(port.name) of \(port.bridge))"
    if !found.isEmpty, found.isDisjoint(with: nodes) {
      let cards = port.cards.map(\.name).joined(separator: ", ")
      return .violated(
        Violation(
          "\(name) gets its packets from \(cards) on node \(found), the guest runs on \(nodes)",
          evidence: evidence, remedy: context.homeRemedy(domain, risk: about.cost)))
    }
    if found.count > 1, !found.isSubset(of: nodes) {
      return .notApplicable("\(port.bridge) has cards on nodes \(found)")
    }
    return pollers(context, name, nodes, port, evidence)
  }

  /// A thread on another node copies each packet into the guest's memory over the interconnect.
  private static func pollers(
    _ context: Context, _ name: String, _ nodes: CPUSet, _ port: VhostUserPort,
    _ evidence: [Evidence]
  ) -> Verdict {
    guard let pollers = port.pollers else {
      return .satisfied(
        evidence + [
          Evidence(
            "/tuned-vm/ovs.json pmd-cpu-mask", observed: nil, expected: "a CPU of node \(nodes)")
        ])
    }
    let evidence =
      evidence + [
        Evidence(
          "/tuned-vm/ovs.json \(pollers.setting)", observed: "\(pollers.cpus)",
          expected: "a CPU of node \(nodes)")
      ]
    let found = context.facts.topology.nodes(of: pollers.cpus)
    guard !found.isEmpty, found.isDisjoint(with: nodes) else { return .satisfied(evidence) }
    return .violated(
      Violation(
        "\(name) is polled on node \(found) alone, the guest runs on \(nodes)",
        evidence: evidence.reversed(),
        remedy: .advice(
          "give Open vSwitch a polling thread on node \(nodes) (\(pollers.setting)), or move the guest"
        )))
  }

  // MARK: - Examples

  static let vhostUserExamples: [Example] = [
    Example("a vhost-user port of the card's node", switched([1, 2]), .satisfied),
    Example(
      "vhost-user between guests alone", switched([1, 2], card: nil, mask: nil), .satisfied),
    Example(
      "a bridge with cards of both nodes",
      switched([4, 5], more: ["dpdk1": "0000:5e:00.0"]), .notApplicable),
    Example(
      "vhost-user and one node", switched([1, 2], nodes: 1).without("/tuned-vm/ovs.json"),
      .notApplicable),
    Example(
      "nobody asked the switch", switched([4, 5]).without("/tuned-vm/ovs.json"), under: .network,
      .unknown),
    Example(
      "a socket of another program", switched([4, 5], socket: "/run/vpp/vm1.sock"),
      under: .network, .unknown),
    Example(
      "a port that names no card", switched([4, 5], card: "net_null0"), under: .network, .unknown),
    Example(
      "a vhost-user port of the other node's card", switched([4, 5]), under: .network,
      .violated(.critical)),
    Example(
      "a card behind a patched bridge", switched([4, 5], isPatched: true), .violated(.warning)),
    Example(
      "polled on the other node alone", switched([1, 2], mask: "0x60"), .violated(.warning)),
  ]

  /// Two nodes; the card 0000:3b:00.0 sits on node 0 (CPUs 0-3 and 8-11), 0000:5e:00.0 on node 1.
  private static func switched(
    _ cpus: [Int], socket: String = "/run/openvswitch/vhu1", card: String? = "0000:3b:00.0",
    mask: String? = "0x28", more: [String: String] = [:], isPatched: Bool = false, nodes: Int = 2
  ) -> Snapshot {
    var cards = more
    cards["dpdk0"] = card
    func row(_ name: String, _ type: String, _ options: String) -> String {
      #"{"_uuid":["uuid","i-\#(name)"],"name":"\#(name)","type":"\#(type)","#
        + #""options":["map",[\#(options)]]}"#
    }
    let ports = cards.sorted { $0.key < $1.key }.map {
      row($0.key, "dpdk", #"["dpdk-devargs","\#($0.value)"]"#)
    }
    let interfaces =
      ports + [
        row(
          "vhu1", "dpdkvhostuserclient", #"["vhost-server-path","/var/run/openvswitch/vhu1"]"#),
        row("to-ex", "patch", #"["peer","to-int"]"#), row("to-int", "patch", #"["peer","to-ex"]"#),
      ]
    let names = cards.keys.sorted() + ["vhu1", "to-ex", "to-int"]
    func port(_ name: String) -> String {
      #"{"_uuid":["uuid","p-\#(name)"],"name":"\#(name)","interfaces":["uuid","i-\#(name)"]}"#
    }
    func bridge(_ name: String, _ ports: [String]) -> String {
      let set = ports.map { #"["uuid","p-\#($0)"]"# }.joined(separator: ",")
      return #"{"name":"\#(name)","datapath_type":"netdev","ports":["set",[\#(set)]]}"#
    }
    let bridges =
      isPatched
      ? [bridge("br-int", ["vhu1", "to-ex"]), bridge("br-ex", ["to-int"] + cards.keys.sorted())]
      : [bridge("br-int", names)]
    let settings = mask.map { #"["pmd-cpu-mask","\#($0)"]"# } ?? ""
    return Snapshot.exampleHost(nodes: nodes).with(
      "/tuned-vm/ovs.json",
      #"{"Open_vSwitch":[{"other_config":["map",[\#(settings)]]}],"#
        + #""Bridge":[\#(bridges.joined(separator: ","))],"#
        + #""Port":[\#(names.map(port).joined(separator: ","))],"#
        + #""Interface":[\#(interfaces.joined(separator: ","))]}"#
    ).with(
      domain: PinnedExample.xml(
        cpus,
        devices: "<interface type='vhostuser'><source type='unix' path='\(socket)' mode='server'/>"
          + "<model type='virtio'/></interface>"))
  }
}
