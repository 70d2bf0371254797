// What lies behind a disk of a guest: a file, a device of the host or another machine, volumes of
// storage pools resolved.

/// Where a disk's data lies.
enum DiskBacking: Sendable, Equatable {
  /// A file of the host.
  case file(String)
  /// A block device of the host.
  case device(String)
  /// Another machine, by protocol.
  case network(String)
  /// Nothing: an empty drive.
  case none
  /// Nobody can tell, and why.
  case unknown(String)

  /// The path on this host.
  var path: String? {
    switch self {
    case .file(let path), .device(let path): path
    default: nil
    }
  }
}

extension Facts {
  /// What lies behind a disk.
  func backing(of disk: DomainDisk) -> DiskBacking {
    if let file = disk.file { return .file(file) }
    if let path = disk.blockPath { return .device(path) }
    if let name = disk.networkProtocol { return .network(name) }
    if let volume = disk.volume {
      return StorageVolume.backing(pool: volume.pool, volume: volume.name, in: snapshot)
    }
    switch disk.type {
    case "nvme", "vhostuser", "vhostvdpa": return .unknown("\(disk.type) has no path")
    default: return disk.hasSource ? .unknown("\(disk.node.xpath)/source: names none") : .none
    }
  }

  /// The host's block device that a path names, links followed; nil where nobody can tell.
  func blockDevice(at path: String) -> BlockDevice? {
    if let name = images.value?[path]?.value?.deviceName, let device = device(named: name) {
      return device
    }
    var place = path
    for _ in 0..<4 {
      if let device = blockDevicesByPath[place] { return device }
      if let name = Self.mappedName(of: place),
        let mapped = blockDevicesByPath["/dev/mapper/" + name]
      {
        return mapped
      }
      guard let next = snapshot.links[place] else { break }
      place = next
    }
    guard place.hasPrefix("/dev/"), !place.dropFirst(5).contains("/") else { return nil }
    return device(named: String(place.dropFirst(5)))
  }

  /// A disk by its own name or by that of one of its partitions.
  func device(named name: String) -> BlockDevice? {
    if let own = blockDevicesByPath["/dev/" + name] { return own }
    // A partition: the disk whose name begins it, then its number.
    var disk = name[...]
    while let last = disk.utf8.last, (last >= 48 && last <= 57) || last == 112 {
      disk = disk.dropLast()
      if let device = blockDevicesByPath["/dev/" + disk] { return device }
    }
    return nil
  }

  /// Device mapper's name of `/dev/mapper/NAME` or of a logical volume's `/dev/GROUP/VOLUME`.
  private static func mappedName(of path: String) -> String? {
    if path.hasPrefix("/dev/mapper/") { return String(path.dropFirst(12)) }
    let parts = path.split(separator: "/")
    guard parts.count == 3, parts[0] == "dev", !["disk", "zvol", "block"].contains(parts[1])
    else { return nil }
    return parts.dropFirst().map { $0.doublingDashes }.joined(separator: "-")
  }

  /// A device and all that it is made of.
  func parts(of device: BlockDevice) -> [BlockDevice] {
    var names = [device.name]
    var seen: Set<String> = []
    var result: [BlockDevice] = []
    while let name = names.popLast(), seen.count < 256 {
      guard let item = self.device(named: name), seen.insert(item.name).inserted else { continue }
      result.append(item)
      names += item.slaves
    }
    return result
  }

  /// The devices that one is made of, down to those that are made of nothing else.
  func leaves(of device: BlockDevice) -> [BlockDevice] {
    parts(of: device).filter(\.slaves.isEmpty)
  }
}

extension Facts {
  /// The NVMe device that a block device is, or is made of; nil where there is none, or several
  /// that lie on different nodes.
  func localNVMe(at path: String) -> BlockDevice? {
    guard let device = blockDevice(at: path) else { return nil }
    let parts = leaves(of: device)
    guard let first = parts.first, parts.allSatisfy({ $0.kind == .nvme }),
      Set(parts.map(\.numaNode)).count == 1
    else { return nil }
    return first
  }

  /// Where a block device's node was read: its own file, else its controller's.
  func nodeSource(of device: BlockDevice) -> String {
    let own = ["device/numa_node", "device/device/numa_node"].map {
      "/sys/block/\(device.name)/\($0)"
    }
    return own.first { snapshot.integer($0).value != nil }
      ?? device.pci.map { "/sys/bus/pci/devices/\($0)/numa_node" } ?? own[0]
  }

  /// The PCI address of the card that a mediated device is a part of.
  func cardOfMediatedDevice(_ uuid: String) -> String? {
    snapshot.links["/sys/bus/mdev/devices/\(uuid)"].flatMap { PCIDevice.lastAddress(in: $0) }
  }
}

/// Volumes of libvirt's storage pools.
public enum StorageVolume {
  /// The path of a volume on this host; nil where it has none or nobody can tell.
  public static func path(pool: String, volume: String, in snapshot: Snapshot) -> String? {
    backing(pool: pool, volume: volume, in: snapshot).path
  }

  static func backing(pool: String, volume: String, in snapshot: Snapshot) -> DiskBacking {
    let path = "/etc/libvirt/storage/\(pool).xml"
    let reading = snapshot.raw(path)
    guard let text = reading.value else { return .unknown(reading.unknownReason) }
    guard let document = try? XMLDocument(text) else { return .unknown("\(path): is no XML") }
    let target = document.root.descend("target/path")?.text.trimmedBlanks ?? ""
    let place = target + (target.hasSuffix("/") ? "" : "/") + volume
    switch document.root["type"] ?? "" {
    case "dir", "fs", "netfs", "vstorage":
      return target.isEmpty ? .unknown("\(path): names no target") : .file(place)
    case "logical", "disk", "iscsi", "scsi", "mpath":
      return target.isEmpty ? .unknown("\(path): names no target") : .device(place)
    case "zfs":
      let name = document.root.descend("source/name")?.text.trimmedBlanks ?? pool
      return .device("/dev/zvol/\(name)/\(volume)")
    case let type where !type.isEmpty: return .network(type)
    default: return .unknown("\(path): the pool's type is not stated")
    }
  }
}

extension BlockDevice {
  /// Devices by the paths that name them, below /dev and /dev/mapper.
  static func byPath(_ devices: [BlockDevice]) -> [String: BlockDevice] {
    var result: [String: BlockDevice] = [:]
    for device in devices {
      if let name = device.mappedName { result["/dev/mapper/" + name] = device }
    }
    for device in devices { result["/dev/" + device.name] = device }
    return result
  }
}
