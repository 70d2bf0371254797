// Network interfaces of the host.

/// A network interface of `/sys/class/net`.
public struct NetworkInterface: Sendable, Equatable {
  /// What it is.
  public enum Kind: String, Sendable {
    /// A card or a virtual function with a driver of its own.
    case physical
    /// A Linux bridge.
    case bridge
    /// A bond.
    case bond
    /// A VLAN.
    case vlan
    /// A VXLAN tunnel.
    case vxlan
    /// A tap or tun device.
    case tap
    /// One end of a pair.
    case veth
    /// macvlan or macvtap.
    case macvtap
    /// Open vSwitch's own.
    case openvswitch
    /// The loop-back interface.
    case loopback
    /// Anything else.
    case other
  }

  /// Its name.
  public let name: String
  /// What it is.
  public let kind: Kind
  /// The driver of the device behind it; nil for virtual ones.
  public let driver: String?
  /// Its PCI address; nil where it has none.
  public let pci: String?
  /// Speed in Mb/s; missing where the driver doesn't say (-1, or the link is down).
  public let speedMbps: Known<Int>
  /// MTU in bytes.
  public let mtu: Known<Int>
  /// `operstate`.
  public let state: String?
  /// The bridge, bond or switch it belongs to.
  public let master: String?
  /// The interfaces below it (`lower_*`).
  public let lower: [String]
  /// How many receive queues it has; nil where unreadable.
  public let receiveQueues: Int?
  /// `sriov_totalvfs`; nil where it has no SR-IOV.
  public let totalVFs: Int?
  /// `sriov_numvfs`.
  public let enabledVFs: Int?
  /// Whether it is itself a virtual function.
  public let isVF: Bool
  /// Its node; nil where the firmware doesn't say.
  public let numaNode: Int?
  /// `bridge/vlan_filtering`; nil for anything but a bridge.
  public let filtersVLANs: Bool?

  /// A file of its.
  public func path(_ value: String) -> String { "/sys/class/net/\(name)/\(value)" }

  /// The subject.
  public var subject: Subject { Subject(.netInterface, name) }
}

extension NetworkInterface {
  static func all(_ snapshot: Snapshot) -> Known<[NetworkInterface]> {
    let directory = "/sys/class/net"
    guard let names = snapshot.names(directory) else {
      return Known(missing: "was not read", from: directory)
    }
    // bonding_masters is a file of the bonding module.
    let found = names.filter { $0 != "bonding_masters" }
    return Known(found.map { NetworkInterface(snapshot, $0) }, from: directory)
  }

  init(_ snapshot: Snapshot, _ name: String) {
    let base = "/sys/class/net/\(name)"
    self.name = name
    func last(_ link: String) -> String? {
      snapshot.links[base + link].flatMap { $0.split(separator: "/").last.map(String.init) }
    }
    driver = last("/device/driver")
    master = last("/master")
    let entries = snapshot.names(base) ?? []
    lower = entries.filter { $0.hasPrefix("lower_") }.map { String($0.dropFirst(6)) }
    let place = snapshot.links[base + "/device"] ?? snapshot.links[base]
    pci = place.flatMap { PCIDevice.lastAddress(in: $0) }
    speedMbps = snapshot.integer(base + "/speed").parsed(as: "a link speed") { speed in
      speed > 0 && speed < 1 << 31 ? speed : nil
    }
    mtu = snapshot.integer(base + "/mtu")
    state = snapshot.text(base + "/operstate").value
    receiveQueues = snapshot.names(base + "/queues").map { queues in
      queues.filter { $0.hasPrefix("rx-") }.count
    }
    totalVFs = snapshot.integer(base + "/device/sriov_totalvfs").value
    enabledVFs = snapshot.integer(base + "/device/sriov_numvfs").value
    isVF = snapshot.links[base + "/device/physfn"] != nil
    numaNode = snapshot.integer(base + "/device/numa_node").value.flatMap { $0 >= 0 ? $0 : nil }
    filtersVLANs = snapshot.integer(base + "/bridge/vlan_filtering").value.map { $0 != 0 }
    let hasDevice =
      driver != nil || snapshot.links[base + "/device"] != nil
      || entries.contains("device")
    kind = Self.kind(snapshot, base, name, entries, hasDevice: hasDevice)
  }

  private static func kind(
    _ snapshot: Snapshot, _ base: String, _ name: String, _ entries: [String], hasDevice: Bool
  ) -> Kind {
    func has(_ entry: String) -> Bool { entries.contains(entry) }
    if snapshot.text(base + "/type").value == "772" || name == "lo" { return .loopback }
    if has("bridge") { return .bridge }
    if has("bonding") { return .bond }
    if has("tun_flags") { return .tap }
    for line in (snapshot.raw(base + "/uevent").value ?? "").lines
    where line.hasPrefix("DEVTYPE=") {
      switch line.dropFirst(8) {
      case "bridge": return .bridge
      case "bond": return .bond
      case "vlan": return .vlan
      case "vxlan": return .vxlan
      case "macvlan", "macvtap": return .macvtap
      default: break
      }
    }
    if hasDevice { return .physical }
    if name == "ovs-system" || snapshot.links[base]?.contains("/ovs") == true {
      return .openvswitch
    }
    if name.hasPrefix("vxlan") { return .vxlan }
    if name.hasPrefix("veth") { return .veth }
    if name.hasPrefix("vnet") || name.hasPrefix("tap") { return .tap }
    if name.hasPrefix("macvtap") { return .macvtap }
    if name.contains(".") { return .vlan }
    return .other
  }
}
