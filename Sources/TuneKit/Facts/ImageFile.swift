// Image files and file systems, from the virtual files of a snapshot.

/// An image file or block device behind a domain's disk (`/tuned-vm/images.json`).
public struct ImageFile: Sendable, Equatable {
  /// Its path.
  public let path: String
  /// `qcow2`, `raw` …; nil where unreadable or a block device.
  public let format: String?
  /// Size the guest sees.
  public let virtualBytes: Int?
  /// Bytes allocated on the file system.
  public let allocatedBytes: Int?
  /// qcow2's cluster size.
  public let clusterBytes: Int?
  /// The backing file where it lies on this host.
  public let backingPath: String?
  /// The backing file as written; nil where there is none.
  public let backingFile: String?
  /// Whether qcow2's L2 entries are 16 bytes.
  public let hasExtendedL2: Bool

  /// Whether less than 95 % is allocated; nil where nobody can tell.
  public var isSparse: Bool? {
    guard let virtualBytes, let allocatedBytes, virtualBytes > 0 else { return nil }
    return Double(allocatedBytes) < 0.95 * Double(virtualBytes)
  }

  /// The image at a path; missing where it was not looked at.
  static func at(_ path: String, in snapshot: Snapshot) -> Known<ImageFile> {
    let images = VirtualFile.json(snapshot, "images.json")
    guard let value = images.value else {
      return Known(missing: images.missingReason ?? "", from: images.source)
    }
    guard let entry = value[path] else {
      return Known(missing: "says nothing of '\(path)'", from: images.source)
    }
    if let reason = entry["missing"]?.stringValue {
      return Known(missing: "'\(path)' \(reason)", from: images.source)
    }
    return Known(ImageFile(path, entry), from: path)
  }

  private init(_ path: String, _ value: JSONValue) {
    self.path = path
    format = value["format"]?.stringValue
    virtualBytes = value["virtualBytes"]?.intValue
    allocatedBytes = value["allocatedBytes"]?.intValue
    clusterBytes = value["clusterBytes"]?.intValue
    backingPath = value["backingPath"]?.stringValue
    backingFile = value["backingFile"]?.stringValue
    hasExtendedL2 = value["extendedL2"]?.boolValue ?? false
  }
}

/// The file system below a directory (`/tuned-vm/filesystems.json`).
public struct FileSystem: Sendable, Equatable {
  /// `ext4`, `zfs`, `nfs4` …
  public let type: String
  /// Mount options.
  public let options: [String]

  /// Whether it lies on another machine.
  public var isNetwork: Bool {
    ["nfs", "nfs4", "ceph", "cifs", "smb3", "9p", "gluster", "lustre"].contains(type)
      || type.hasPrefix("fuse.")
  }

  /// The file system that a file lies on; missing where nobody looked.
  static func of(file path: String, in snapshot: Snapshot) -> Known<FileSystem> {
    let table = VirtualFile.json(snapshot, "filesystems.json")
    guard let value = table.value else {
      return Known(missing: table.missingReason ?? "", from: table.source)
    }
    var directory = path
    while let slash = directory.lastIndex(of: "/") {
      directory = slash == directory.startIndex ? "/" : String(directory[..<slash])
      if let entry = value[directory], let type = entry["type"]?.stringValue {
        let options = entry["options"]?.stringValue ?? ""
        return Known(
          FileSystem(type: type, options: options.split(separator: ",").map(String.init)),
          from: table.source)
      }
      guard directory != "/" else { break }
    }
    return Known(missing: "says nothing of '\(path)'", from: table.source)
  }
}

extension Facts {
  /// The image behind a disk; missing where the disk has no local path.
  func image(of disk: DomainDisk) -> Known<ImageFile> {
    guard let path = disk.path else {
      return Known(missing: "has no local path", from: disk.node.xpath + "/source")
    }
    return ImageFile.at(path, in: snapshot)
  }

  /// The host's block device that a path names, links followed; nil where nobody can tell.
  func blockDevice(at path: String) -> BlockDevice? {
    var place = path
    for _ in 0..<4 {
      if let device = blockDevicesByPath[place] { return device }
      guard let next = snapshot.links[place] else { break }
      place = next
    }
    // A partition: the disk whose name begins it.
    guard place.hasPrefix("/dev/"), place.utf8.dropFirst(5).firstIndex(of: 47) == nil else {
      return nil
    }
    var name = place[...]
    while let last = name.utf8.last, (last >= 48 && last <= 57) || last == 112 {
      name = name.dropLast()
      if let device = blockDevicesByPath[String(name)] { return device }
    }
    return nil
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
