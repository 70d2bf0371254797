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
  /// The kernel's name of the device (`dm-3`) where the path leads to one.
  public let deviceName: String?

  /// Whether less than 95 % is allocated; nil where nobody can tell.
  public var isSparse: Bool? {
    guard let virtualBytes, let allocatedBytes, virtualBytes > 0 else { return nil }
    return Double(allocatedBytes) < 0.95 * Double(virtualBytes)
  }

  /// All images of `images.json` by path; one that could not be read is missing with its reason.
  static func all(in snapshot: Snapshot) -> Known<[String: Known<ImageFile>]> {
    let images = VirtualFile.json(snapshot, "images.json")
    return images.parsed(as: "an object of images by path") { value in
      guard let members = value.objectValue else { return nil }
      return Dictionary(
        members.map { member in
          let reason = member.value["missing"]?.stringValue
          let image: Known<ImageFile> =
            reason.map { Known(missing: "'\(member.key)' \($0)", from: images.source) }
            ?? Known(ImageFile(member.key, member.value), from: member.key)
          return (member.key, image)
        }, uniquingKeysWith: { first, _ in first })
    }
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
    deviceName = value["device"]?.stringValue
  }
}

/// The file system below a directory (`/tuned-vm/filesystems.json`).
public struct FileSystem: Sendable, Equatable {
  /// `ext4`, `zfs`, `nfs4` …
  public let type: String
  /// What is mounted: a device of the host, `server:/export` …; nil where nobody wrote it down.
  public let source: String?
  /// Mount options.
  public let options: [String]

  /// Whether it lies on another machine.
  public var isNetwork: Bool {
    ["nfs", "nfs4", "ceph", "cifs", "smb3", "9p", "gluster", "lustre"].contains(type)
      || type.hasPrefix("fuse.")
  }

  /// File systems by the directory that was asked about.
  static func all(in snapshot: Snapshot) -> Known<[String: FileSystem]> {
    VirtualFile.json(snapshot, "filesystems.json").parsed(as: "an object of file systems") {
      guard let members = $0.objectValue else { return nil }
      return Dictionary(
        members.compactMap { member in
          guard let type = member.value["type"]?.stringValue else { return nil }
          let options = member.value["options"]?.stringValue ?? ""
          return (
            member.key,
            FileSystem(
              type: type, source: member.value["source"]?.stringValue,
              options: options.split(separator: ",").map(String.init))
          )
        }, uniquingKeysWith: { first, _ in first })
    }
  }
}

extension Facts {
  /// The image at a path; missing where it was not looked at.
  func image(at path: String) -> Known<ImageFile> {
    guard let table = images.value else {
      return Known(missing: images.missingReason ?? "", from: images.source)
    }
    return table[path] ?? Known(missing: "says nothing of '\(path)'", from: images.source)
  }

  /// The image behind a disk; missing where the disk has no local path.
  func image(of disk: DomainDisk) -> Known<ImageFile> {
    guard let path = backing(of: disk).path else {
      return Known(missing: "has no local path", from: disk.node.xpath + "/source")
    }
    return image(at: path)
  }

  /// The file system that a file lies on; missing where nobody looked.
  func fileSystem(of path: String) -> Known<FileSystem> {
    guard let table = fileSystems.value else {
      return Known(missing: fileSystems.missingReason ?? "", from: fileSystems.source)
    }
    var directory = path
    while let slash = directory.lastIndex(of: "/") {
      directory = slash == directory.startIndex ? "/" : String(directory[..<slash])
      if let found = table[directory] { return Known(found, from: fileSystems.source) }
      guard directory != "/" else { break }
    }
    return Known(missing: "says nothing of '\(path)'", from: fileSystems.source)
  }
}
