// Network interfaces and passed-through devices of a definition.

/// A PCI address.
public enum PCIAddress {
  /// `0000:3b:00.0` of an `<address>` element; nil where it names no PCI place.
  static func text(of node: XMLNode?) throws(DomainError) -> String? {
    guard let node, let bus = try node.hexNumber("bus", upTo: 0xFF),
      let slot = try node.hexNumber("slot", upTo: 0x1F)
    else { return nil }
    let domain = try node.hexNumber("domain", upTo: 0xFFFF_FFFF) ?? 0
    let function = try node.hexNumber("function", upTo: 7) ?? 0
    return "\(hex(domain, 4)):\(hex(bus, 2)):\(hex(slot, 2)).\(function)"
  }

  private static func hex(_ number: Int, _ width: Int) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}

/// An `<interface>`.
///
/// A class only so that handing it on costs one count instead of one for each of its texts: it never
/// changes.
public final class DomainInterface: Sendable {
  /// The element.
  public let node: XMLNode
  /// Its name among the subjects: `web1/52:54:00:12:34:56`.
  public let subjectName: String
  /// `bridge`, `network`, `direct`, `user`, `ethernet`, `vhostuser`, `hostdev`, `vdpa` …
  public let type: String
  /// `mac/@address`; nil where absent.
  public let mac: String?
  /// `model/@type`; nil where absent.
  public let model: String?
  /// The `<driver>` element; nil where absent.
  public let driver: XMLNode?
  /// `driver/@name`: `vhost` or `qemu`.
  public let driverName: String?
  /// `driver/@queues`; nil where absent (one).
  public let queues: Int?
  /// `driver/@rx_queue_size`.
  public let rxQueueSize: Int?
  /// `driver/@tx_queue_size`.
  public let txQueueSize: Int?
  /// `source/@bridge`.
  public let bridge: String?
  /// `source/@network`.
  public let network: String?
  /// `source/@portgroup`.
  public let portgroup: String?
  /// `source/@dev`: the host interface of a direct one, the device of a vdpa one.
  public let sourceDevice: String?
  /// `source/@path`: the socket of a vhost-user one.
  public let socketPath: String?
  /// `source/@mode` of a direct one.
  public let sourceMode: String?
  /// `mtu/@size`.
  public let mtu: Int?
  /// VLAN tags.
  public let vlanTags: [Int]
  /// `teaming/@type`: `persistent` or `transient`.
  public let teaming: String?
  /// `target/@dev`: the tap's name on the host, in a live definition.
  public let target: String?
  /// `virtualport/@type`: `openvswitch` …
  public let virtualPort: String?
  /// The host PCI address of a `hostdev` interface.
  public let pciAddress: String?
  /// Whether libvirt binds the driver itself (`managed='yes'`).
  public let isManaged: Bool

  /// Whether its model is virtio.
  public var isVirtio: Bool { model?.hasPrefix("virtio") ?? false }

  init(_ node: XMLNode, subjectName: String) throws(DomainError) {
    self.node = node
    self.subjectName = subjectName
    type = node["type"] ?? ""
    mac = node.first("mac")?["address"]
    model = node.first("model")?["type"]
    driver = node.first("driver")
    driverName = driver?["name"]
    queues = try driver?.number("queues", in: 0...Domain.vcpuLimit)
    rxQueueSize = try driver?.number("rx_queue_size")
    txQueueSize = try driver?.number("tx_queue_size")
    let source = node.first("source")
    bridge = source?["bridge"]
    network = source?["network"]
    portgroup = source?["portgroup"]
    sourceDevice = source?["dev"]
    socketPath = type == "vhostuser" ? source?["path"] : nil
    sourceMode = source?["mode"]
    mtu = try node.first("mtu")?.number("size")
    var tags: [Int] = []
    for tag in node.first("vlan")?.all("tag") ?? [] {
      if let id = try tag.number("id", in: 0...4095) { tags.append(id) }
    }
    vlanTags = tags
    teaming = node.first("teaming")?["type"]
    target = node.first("target")?["dev"]
    virtualPort = node.first("virtualport")?["type"]
    pciAddress = type == "hostdev" ? try PCIAddress.text(of: source?.first("address")) : nil
    isManaged = node.flag("managed") ?? false
  }
}

/// A `<hostdev>`.
public struct DomainHostDevice: Sendable {
  /// The element.
  public let node: XMLNode
  /// Its name among the subjects: `web1/0000:3b:00.0`.
  public let subjectName: String
  /// `pci`, `usb`, `scsi`, `scsi_host`, `mdev`.
  public let type: String
  /// Whether libvirt binds the driver itself (`managed='yes'`).
  public let isManaged: Bool
  /// The host PCI address.
  public let pciAddress: String?
  /// The UUID of a mediated device.
  public let mdevUUID: String?
  /// `teaming/@type`.
  public let teaming: String?

  init(_ node: XMLNode, subjectName: String) throws(DomainError) {
    self.node = node
    self.subjectName = subjectName
    type = node["type"] ?? ""
    isManaged = node.flag("managed") ?? false
    let address = node.descend("source/address")
    pciAddress = type == "pci" ? try PCIAddress.text(of: address) : nil
    mdevUUID = type == "mdev" ? address?["uuid"] : nil
    teaming = node.first("teaming")?["type"]
  }
}
