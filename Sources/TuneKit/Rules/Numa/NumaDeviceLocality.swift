/// A card on another node sends every packet over the interconnect.
struct NumaDeviceLocality: Rule {
  static let about = RuleInfo(
    id: "numa.device-locality",
    title: "A guest's devices are on its node",
    severity: Severities(
      .warning, [.latency: .critical, .network: .critical, .hpc: .critical]),
    rationale: "DMA and interrupts cross the sockets, and the link between them is shared by all. "
      + "A vhost-user interface has the card that Open vSwitch polls on its bridge, and the polling "
      + "threads that copy packets into the guest's memory.",
    cost: "A card or a guest has to move.",
    notWhen: "Firmware that names no node; one node; guests without pins; vhost-user on a bridge "
      + "with cards of several nodes. A bridge's uplink in the kernel is only worth knowing.",
    sources: [
      .article("§5.4"), .article("§9"), .text("Nova: PCI NUMA affinity"),
      .link("https://docs.openvswitch.org/en/latest/topics/dpdk/pmd/"),
    ])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.facts.domains.flatMap { domain in
      devices(context, domain.definition).map { device in
        Judgement(device.subject, judge(context, domain, device))
      } + vhostUser(context, domain)
    }
  }

  private struct Device {
    let subject: Subject
    let source: String
    let numaNode: Int?
    let isKnown: Bool
    let severity: Severity?
  }

  private static func devices(_ context: Context, _ definition: DomainDefinition) -> [Device] {
    let facts = context.facts
    var result: [Device] = []
    func assign(_ subject: Subject, _ address: String?) {
      guard let address else { return }
      let found = facts.pciDevices.value?.first { $0.address == address }
      result.append(
        Device(
          subject: subject, source: "/sys/bus/pci/devices/\(address)/numa_node",
          numaNode: found.flatMap { facts.node(of: $0) }, isKnown: found != nil, severity: nil))
    }
    for device in definition.devices.hostDevices {
      let subject = Subject(.domainDevice, device.subjectName)
      if device.type == "pci" { assign(subject, device.pciAddress) }
      if let uuid = device.mdevUUID, let parent = facts.cardOfMediatedDevice(uuid) {
        assign(subject, parent)
      }
    }
    for nic in definition.devices.interfaces {
      let subject = Subject(.domainInterface, nic.subjectName)
      if nic.type == "hostdev" {
        assign(subject, nic.pciAddress)
      } else if let uplink = facts.uplink(of: nic) {
        let cards = facts.cards(below: uplink)
        let nodes = Set(cards.map(\.numaNode))
        guard let card = cards.first, nodes.count == 1 else { continue }
        result.append(
          Device(
            subject: subject, source: card.path("device/numa_node"), numaNode: card.numaNode,
            isKnown: true, severity: .info))
      }
    }
    for disk in definition.devices.disks where disk.isDisk {
      let subject = Subject(.domainDisk, disk.subjectName)
      if let address = disk.pciAddress {
        assign(subject, address)
      } else if case .device(let path) = facts.backing(of: disk) {
        guard let leaf = facts.localNVMe(at: path) else { continue }
        result.append(
          Device(
            subject: subject, source: facts.nodeSource(of: leaf),
            numaNode: leaf.numaNode, isKnown: true, severity: nil))
      }
    }
    return result
  }

  /// Why there is no place to compare with; nil where there is one.
  static func unplaced(_ context: Context, _ definition: DomainDefinition) -> Verdict? {
    guard context.isPinned(definition) else { return .notApplicable("no pins") }
    if let no = context.nodesMissing { return no }
    return context.facts.topology.fullNodes.count > 1 ? nil : .notApplicable("one node")
  }

  private static func judge(_ context: Context, _ domain: Domain, _ device: Device) -> Verdict {
    if let no = unplaced(context, domain.definition) { return no }
    let (definition, topology) = (domain.definition, context.facts.topology)
    guard device.isKnown else { return .unknown("\(device.source): no such device") }
    guard let node = device.numaNode else {
      return .notApplicable("the firmware names no node for it")
    }
    let nodes = topology.nodes(of: definition.pinnedCPUs)
    let evidence = [Evidence(device.source, observed: "\(node)", expected: nodes.description)]
    guard !nodes.contains(node) else { return .satisfied(evidence) }
    return .violated(
      Violation(
        "\(device.subject.name) is on node \(node), the guest runs on \(nodes)",
        severity: device.severity, evidence: evidence,
        remedy: device.severity == .info
          ? .advice("move the guest ('tuned-vm place') or the card")
          : context.homeRemedy(domain, risk: about.cost),
        cause: device.severity == .info ? "uplink on node \(node), guests on \(nodes)" : nil))
  }

  private static func guest(_ cpus: [Int], bus: String = "0x3b") -> String {
    PinnedExample.xml(
      cpus,
      devices: "<hostdev mode='subsystem' type='pci'><source>"
        + "<address domain='0' bus='\(bus)' slot='0' function='0'/></source></hostdev>")
  }

  private static func disk(_ source: String) -> Snapshot {
    Snapshot.exampleHost().with("/sys/block/dm-0/dm/name", "vg0-db1\n")
      .withDirectory("/sys/block/dm-0/slaves", ["nvme0n1p2"])
      .with(domain: PinnedExample.xml([1, 2], devices: source + "<target dev='vda'/></disk>"))
  }
  private static let vlan = Snapshot.exampleHost()
    .with("/sys/class/net/vlan7/uevent", "DEVTYPE=vlan\nINTERFACE=vlan7\n")
    .with("/sys/class/net/vlan7/mtu", "1500\n")
    .withLink("/sys/class/net/vlan7/lower_eno1", "/sys/class/net/eno1")

  static let examples: [Example] = deviceExamples + vhostUserExamples

  private static let deviceExamples: [Example] = [
    Example("the same node", Snapshot.exampleHost().with(domain: guest([1, 2])), .satisfied),
    Example(
      "the firmware doesn't say",
      Snapshot.exampleHost().with("/sys/bus/pci/devices/0000:3b:00.0/numa_node", "-1\n")
        .with(domain: guest([4, 5])), .notApplicable),
    Example(
      "one node", Snapshot.exampleHost(nodes: 1).with(domain: guest([1, 2])), .notApplicable),
    Example(
      "no such device", Snapshot.exampleHost().with(domain: guest([1, 2], bus: "0x77")), .unknown),
    Example(
      "the other node", Snapshot.exampleHost().with(domain: guest([4, 5])), under: .network,
      .violated(.critical)),
    Example(
      "a virtual function follows its card",
      Snapshot.exampleHost().with("/sys/bus/pci/devices/0000:3b:02.0/class", "0x020000\n")
        .withLink("/sys/bus/pci/devices/0000:3b:02.0/physfn", "/sys/bus/pci/devices/0000:3b:00.0")
        .with(
          domain: PinnedExample.xml(
            [4, 5],
            devices: "<interface type='hostdev'><source><address type='pci' domain='0x0000' "
              + "bus='0x3b' slot='0x02' function='0x0'/></source></interface>")),
      under: .network, .violated(.critical)),
    Example(
      "a logical volume on another node's NVMe",
      disk("<disk type='block'><source dev='/dev/vg0/db1'/>"), .violated(.warning)),
    Example(
      "an NVMe device given by its address",
      disk(
        "<disk type='nvme'><source type='pci' managed='yes' namespace='1'><address domain='0x0000' "
          + "bus='0x5e' slot='0x00' function='0x0'/></source>"), .violated(.warning)),
    Example(
      "a VLAN of a card on the other node",
      vlan.with(
        domain: PinnedExample.xml(
          [4, 5],
          devices: "<interface type='direct'><source dev='vlan7' mode='bridge'/>"
            + "<model type='virtio'/></interface>")), .violated(.info)),
    Example(
      "an uplink on the other node",
      Snapshot.exampleHost().with(
        domain: PinnedExample.xml(
          [4, 5],
          devices:
            "<interface type='bridge'><source bridge='br0'/><model type='virtio'/></interface>")
      ), under: .latency, .violated(.info)),
  ]
}
