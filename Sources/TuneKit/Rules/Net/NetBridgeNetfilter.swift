/// Packet filters in the way of bridged traffic.
struct NetBridgeNetfilter: Rule {
  static let about = RuleInfo(
    id: "net.bridge-netfilter", title: "Bridged traffic passes no packet filter that nobody needs",
    severity: Severities(.info, [.throughput: .warning, .network: .warning]),
    rationale: "With br_netfilter every bridged packet walks the host's IP filters.",
    cost: "Rules about bridged traffic stop working.",
    notWhen: "Docker, Kubernetes, OpenStack or nwfilter need it.",
    sources: [.link("https://wiki.libvirt.org/Net.bridge.bridge-nf-call_and_sysctl.conf.html")])

  private static let key = "net.bridge.bridge-nf-call-iptables"

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context.facts) }
  }

  private static func verdict(_ facts: Facts) -> Verdict {
    let knob = facts.snapshot.sysctl(key)
    if facts.snapshot.isAbsent(knob.source) {
      return .notApplicable("br_netfilter is not loaded")
    }
    guard let value = knob.value else { return .missing(knob) }
    guard value == 1 else { return .satisfied([.fact(knob, expected: "0")]) }
    guard facts.units.all.value != nil else { return .missing(facts.units.all) }
    let users = [
      "docker", "containerd", "kubelet", "crio", "cri-o", "k3s", "k3s-agent", "rke2-server",
      "rke2-agent", "podman", "incus", "lxd", "neutron-openvswitch-agent",
      "neutron-linuxbridge-agent", "openstack-neutron-openvswitch-agent",
      "openstack-neutron-linuxbridge-agent",
    ]
    if let user = users.first(where: { facts.units.isActive($0) == true }) {
      return .notApplicable("\(user) needs it")
    }
    if facts.domains.contains(where: { domain in
      domain.definition.devices.interfaces.contains { $0.node.first("filterref") != nil }
    }) {
      return .notApplicable("a guest has network filters")
    }
    let item = KnobItem.sysctl(key, .equal("0"))
    return .violated(
      Violation(
        "every bridged packet walks the host's IP filters",
        evidence: [.fact(knob, expected: "0")],
        remedy: Remedy(
          .live, "write 0 to \(knob.source)", persistence: "sysctl.d", changes: item.changes())))
  }

  private static let file = "/proc/sys/net/bridge/bridge-nf-call-iptables"

  static let examples = [
    Example("off", .exampleHost().with(file, "0\n"), .satisfied),
    Example("not loaded", .exampleHost(), .notApplicable),
    Example(
      "containers need it",
      .exampleHost().with(file, "1\n")
        .with("/tuned-vm/units.json", #"{"docker.service":{"active":"active"}}"#),
      .notApplicable),
    Example("on, and nobody needs it", .exampleHost().with(file, "1\n"), .violated(.info)),
    Example("unreadable", .exampleHost().withUnreadable(file), .unknown),
    Example(
      "a guest has a filter",
      Snapshot.exampleHost().with(file, "1\n").withDomain(
        DomainXML.example(
          devices:
            "<interface type='bridge'><source bridge='br0'/><model type='virtio'/><filterref filter='clean-traffic'/></interface>"
        ), running: true), .notApplicable),
  ]
}
