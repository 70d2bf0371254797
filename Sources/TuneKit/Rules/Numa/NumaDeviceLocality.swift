/// A card on another node sends every packet over the interconnect.
struct NumaDeviceLocality: Rule {
  static let about = RuleInfo(
    id: "numa.device-locality",
    title: "A guest's devices are on its node",
    severity: Severities(
      .warning, [.latency: .critical, .network: .critical, .hpc: .critical]),
    rationale: "DMA and interrupts cross the sockets, and the link between them is shared by all.",
    cost: "A card or a guest has to move.",
    notWhen: "Firmware that names no node; one node; guests without pins. A bridge's uplink is "
      + "only worth knowing.",
    sources: [.article("§5.4"), .article("§9"), .text("Nova: PCI NUMA affinity")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.facts.domains.flatMap { domain in
      devices(context, domain.definition).map { device in
        Judgement(device.subject, judge(context, domain, device))
      }
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
    let pci = context.facts.pciDevices.value ?? []
    func assigned(_ subject: Subject, _ address: String?) -> Device? {
      guard let address else { return nil }
      let found = pci.first { $0.address == address }
      return Device(
        subject: subject, source: "/sys/bus/pci/devices/\(address)/numa_node",
        numaNode: found?.numaNode, isKnown: found != nil, severity: nil)
    }
    var result: [Device] = []
    for device in definition.devices.hostDevices where device.type == "pci" {
      if let item = assigned(Subject(.domainDevice, device.subjectName), device.pciAddress) {
        result.append(item)
      }
    }
    for nic in definition.devices.interfaces {
      let subject = Subject(.domainInterface, nic.subjectName)
      if nic.type == "hostdev" {
        if let item = assigned(subject, nic.pciAddress) { result.append(item) }
      } else if let card = uplink(of: nic, context.facts) {
        result.append(
          Device(
            subject: subject, source: card.path("device/numa_node"), numaNode: card.numaNode,
            isKnown: true, severity: .info))
      }
    }
    for disk in definition.devices.disks where disk.isDisk {
      guard let path = disk.blockPath,
        let device = context.facts.blockDevice(at: path), device.kind == .nvme
      else { continue }
      result.append(
        Device(
          subject: Subject(.domainDisk, disk.subjectName),
          source: "/sys/block/\(device.name)/device/numa_node", numaNode: device.numaNode,
          isKnown: true, severity: nil))
    }
    return result
  }

  /// The card below the bridge, or the one a direct interface names.
  private static func uplink(of nic: DomainInterface, _ facts: Facts) -> NetworkInterface? {
    let cards = facts.interfaces.value ?? []
    if let name = nic.sourceDevice {
      return cards.first { $0.kind == .physical && $0.name == name }
    }
    return nic.bridge.flatMap { bridge in
      cards.first { $0.kind == .physical && $0.master == bridge }
    }
  }

  private static func judge(_ context: Context, _ domain: Domain, _ device: Device) -> Verdict {
    let definition = domain.definition
    guard definition.isPinned else { return .notApplicable("no pins") }
    if let no = context.nodesMissing { return no }
    let topology = context.facts.topology
    guard topology.fullNodes.count > 1 else { return .notApplicable("one node") }
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
        remedy: .advice("move the guest ('tuned-vm place') or the card"),
        cause: device.severity == .info ? "uplink on node \(node), guests on \(nodes)" : nil))
  }

  private static func guest(_ cpus: [Int], bus: String = "0x3b") -> String {
    PinnedExample.xml(
      cpus,
      devices: "<hostdev mode='subsystem' type='pci'><source>"
        + "<address domain='0' bus='\(bus)' slot='0' function='0'/></source></hostdev>")
  }

  static let examples: [Example] = [
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
      "an uplink on the other node",
      Snapshot.exampleHost().with(
        domain: PinnedExample.xml(
          [4, 5],
          devices:
            "<interface type='bridge'><source bridge='br0'/><model type='virtio'/></interface>")
      ), under: .latency, .violated(.info)),
  ]
}
