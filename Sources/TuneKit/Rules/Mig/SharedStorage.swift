// Whether a disk's data can be reached from another host.

/// Where a path or a disk lies.
enum StorageReach: Sendable, Equatable {
  /// On this host only; the text says on what.
  case local(String)
  /// Every host that mounts it sees it; whether their caches agree.
  case shared(String, isCoherent: Bool)
  /// A fact is missing.
  case unknown(String)
}

/// Mounted file systems, longest mount point first.
struct MountTable {
  private let mounts: [(point: String, type: String)]
  private let unknown: String

  init(_ snapshot: Snapshot) {
    let reading = snapshot.raw("/proc/mounts")
    let own = reading.value == nil ? snapshot.raw("/proc/self/mounts") : reading
    unknown = reading.unknownReason
    let listed = (own.value ?? "").lines.compactMap { line -> (point: String, type: String)? in
      let words = line.words
      guard words.count > 2 else { return nil }
      return (Self.unescaped(words[1]), String(words[2]))
    }
    mounts = listed.sorted { $0.point.utf8.count > $1.point.utf8.count }
  }

  /// The reach of a file.
  func reach(of path: String) -> StorageReach {
    guard let type = type(of: path) else { return .unknown(unknown) }
    if Self.coherent.contains(type) { return .shared(type, isCoherent: true) }
    if Self.shared.contains(type) { return .shared(type, isCoherent: false) }
    return .local(type)
  }

  private func type(of path: String) -> String? {
    mounts.first { mount in
      mount.point == "/" || path == mount.point || path.hasPrefix(mount.point + "/")
    }?.type
  }

  private static let coherent: Set<String> = ["ceph", "gfs2", "ocfs2", "gpfs", "lustre", "vxfs"]
  private static let shared: Set<String> = [
    "nfs", "nfs4", "cifs", "smb3", "glusterfs", "fuse.glusterfs", "fuse.ceph", "fuse.ceph-fuse",
    "fuse.moosefs", "fuse.mfs", "fuse.quobyte", "fuse.sshfs", "afs", "beegfs", "orangefs",
    "fuse.juicefs",
  ]

  /// Octal escapes of blanks (`\040`).
  private static func unescaped(_ word: Substring) -> String {
    guard word.utf8.contains(92) else { return String(word) }
    var bytes: [UInt8] = []
    var rest = Array(word.utf8)[...]
    while let byte = rest.first {
      let digits = rest.dropFirst().prefix(3)
      if byte == 92, digits.count == 3, digits.allSatisfy({ (0x30...0x37).contains($0) }) {
        let value = digits.reduce(0) { $0 * 8 + Int($1 - 0x30) }
        bytes.append(UInt8(truncatingIfNeeded: value))
        rest = rest.dropFirst(4)
      } else {
        bytes.append(byte)
        rest = rest.dropFirst()
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension StorageReach {
  /// The reach of a disk's data.
  init(_ disk: DomainDisk, _ facts: Facts, _ mounts: MountTable) {
    switch disk.type {
    case "network":
      self = .shared(disk.networkProtocol ?? "network", isCoherent: true)
    case "file":
      self =
        disk.file.map { mounts.reach(of: $0) } ?? .unknown("/domain/devices/disk/source: no file")
    case "block":
      self = disk.blockPath.map { Self.block($0, facts) } ?? .unknown("no source device")
    case "volume":
      self = Self.volume(disk, facts, mounts)
    case "nvme": self = .local("an NVMe device of this host")
    case "dir": self = .local("a directory of this host")
    default: self = .unknown("/domain/devices/disk/@type: '\(disk.type.printable)' is not known")
    }
  }

  /// A block device: iSCSI and Fibre Channel are seen by other hosts too.
  private static func block(_ path: String, _ facts: Facts) -> StorageReach {
    if path.contains("-iscsi-") || path.contains("-fc-") {
      return .shared("a SAN", isCoherent: false)
    }
    if path.hasPrefix("/dev/drbd") || path.hasPrefix("/dev/rbd") {
      return .shared("replicated", isCoherent: false)
    }
    let snapshot = facts.snapshot
    let target = snapshot.links[path] ?? path
    guard let name = target.split(separator: "/").last.map(String.init),
      facts.blockDevices.value != nil
    else { return .unknown(facts.blockDevices.unknownReason) }
    guard let disk = facts.device(named: name) else {
      // A logical volume's own name: on local disks unless its parts say otherwise.
      return path.hasPrefix("/dev/mapper/") || path.split(separator: "/").count > 2
        ? mapped(path, facts) : .unknown("\(path): no such block device was read")
    }
    return leaves(disk, facts)
  }

  private static func mapped(_ path: String, _ facts: Facts) -> StorageReach {
    let parts = path.split(separator: "/").map(String.init)
    let name =
      path.hasPrefix("/dev/mapper/")
      ? parts.last ?? ""
      : parts.suffix(2).map { $0.doublingDashes }.joined(separator: "-")
    guard let device = facts.blockDevicesByPath["/dev/mapper/" + name] else {
      return .unknown("\(path): no such mapped device was read")
    }
    return leaves(device, facts)
  }

  private static func leaves(_ device: BlockDevice, _ facts: Facts) -> StorageReach {
    var names = [device.name]
    var seen: Set<String> = []
    while let name = names.popLast(), seen.count < 64 {
      guard seen.insert(name).inserted else { continue }
      let device = facts.device(named: name)
      names += device?.slaves ?? []
      let place = facts.snapshot.links["/sys/block/\(device?.name ?? name)"] ?? ""
      if place.contains("/session") || place.contains("/rport-") {
        return .shared("a SAN", isCoherent: false)
      }
    }
    return .local("a block device of this host")
  }

  private static func volume(
    _ disk: DomainDisk, _ facts: Facts, _ mounts: MountTable
  ) -> StorageReach {
    guard let pool = disk.volume?.pool else { return .unknown("the volume names no pool") }
    let path = "/etc/libvirt/storage/\(pool).xml"
    let reading = facts.snapshot.raw(path)
    guard let text = reading.value, let document = try? XMLDocument(text) else {
      return .unknown(reading.value == nil ? reading.unknownReason : "\(path): is not well-formed")
    }
    switch document.root["type"] {
    case "netfs": return .shared("a network file system", isCoherent: false)
    case "rbd", "sheepdog", "gluster", "iscsi", "iscsi-direct":
      return .shared("network storage", isCoherent: document.root["type"] != "iscsi")
    case "dir", "fs":
      let target = document.root.descend("target/path")?.text.trimmedBlanks ?? ""
      return target.isEmpty ? .unknown("\(path): names no target") : mounts.reach(of: target)
    case "logical", "disk", "zfs": return .local("a pool of this host's disks")
    default: return .unknown("\(path): the pool's type is not known")
    }
  }
}
