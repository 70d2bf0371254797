// The image files of the domains' disks and the file systems that they lie on.

import Glibc
import TuneKit

/// Looks at image files and at the space around them. Opens regular files on local file systems
/// only; block devices are named, not opened.
struct ImageProbe {
  /// Files looked at in all.
  static let fileLimit = 4096
  /// Longest chain of backing files that is followed; rules call ten too long.
  static let depthLimit = 32

  private let mounts: MountTable
  private var images: [(path: String, value: JSONValue)] = []
  private var directories: Set<String> = ["/var/lib/libvirt/images"]

  init(_ root: Root, _ snapshot: Snapshot) {
    var table = ""
    if case .text(let text) = root.read("/proc/self/mountinfo") { table = text }
    mounts = MountTable(table)
    var pending = Self.sources(snapshot).map { (path: $0, depth: 0) }
    var seen = Set(pending.map(\.path))
    while let next = pending.popLast(), images.count < Self.fileLimit {
      guard let facts = image(next.path) else { continue }
      images.append((next.path, facts.json))
      directories.insert(Self.parent(next.path))
      if let backing = facts.backing, next.depth < Self.depthLimit,
        seen.insert(backing).inserted
      {
        pending.append((backing, next.depth + 1))
      }
    }
    directories.formUnion(Self.poolTargets(snapshot))
    images.sort { $0.path < $1.path }
  }

  /// `images.json`.
  var json: JSONValue { .object(pairs: images.map { ($0.path, $0.value) }) }

  /// `filesystems.json`: the directories of images and storage pools.
  var filesystems: JSONValue {
    .object(
      pairs: directories.sorted().compactMap { path in
        guard let mount = mounts.mount(of: path) else { return nil }
        return (path, .object(pairs: filesystem(path, mount)))
      })
  }

  private func filesystem(_ path: String, _ mount: MountTable.Mount) -> [(String, JSONValue)] {
    let known: [(String, JSONValue)] = [
      ("type", .string(mount.type)), ("mountPoint", .string(mount.point)),
      ("source", .string(mount.source)), ("options", .string(mount.options)),
    ]
    var space = statvfs()
    guard !MountTable.mayHang(mount.type), retrying({ statvfs(path, &space) }) == 0 else {
      return known
    }
    func bytes(_ blocks: fsblkcnt_t) -> JSONValue {
      let (product, overflow) = UInt64(blocks).multipliedReportingOverflow(
        by: UInt64(space.f_frsize))
      return overflow ? .null : .optional(Int(exactly: product))
    }
    return known + [
      ("sizeBytes", bytes(space.f_blocks)), ("freeBytes", bytes(space.f_bfree)),
      ("availableBytes", bytes(space.f_bavail)),
      ("blockBytes", .optional(Int(exactly: space.f_bsize))),
    ]
  }

  // MARK: - One image

  private func image(_ path: String) -> (json: JSONValue, backing: String?)? {
    let mount = mounts.mount(of: path)
    if let type = mount?.type, MountTable.mayHang(type) {
      return (missing("lies on \(type), which may not answer"), nil)
    }
    var status = stat()
    guard retrying({ stat(path, &status) }) == 0 else {
      return errno == ENOENT || errno == ENOTDIR ? nil : (missing(reason(errno)), nil)
    }
    switch FileKind(mode: status.st_mode) {
    case .regular: return file(path, status)
    case .blockDevice: return (block(status), nil)
    case let kind: return (missing(kind.refusal), nil)
    }
  }

  private func missing(_ why: String) -> JSONValue { .object(pairs: [("missing", .string(why))]) }

  private func block(_ status: stat) -> JSONValue {
    let device = status.st_rdev
    let numbers = "\(gnuMajor(device)):\(gnuMinor(device))"
    let name = (try? Root("/"))?.target(ofLink: "/sys/dev/block/\(numbers)")
    return .object(pairs: [
      ("kind", "block"),
      ("device", .optional(name?.split(separator: "/").last.map(String.init))),
    ])
  }

  private func file(_ path: String, _ status: stat) -> (json: JSONValue, backing: String?) {
    let size = Int(status.st_size)
    let allocated = Int(status.st_blocks).multipliedReportingOverflow(by: 512)
    var pairs: [(String, JSONValue)] = [
      ("kind", "file"), ("fileBytes", .integer(size)),
      ("allocatedBytes", allocated.overflow ? .null : .integer(allocated.partialValue)),
      ("mode", .string(String(status.st_mode & 0o7777, radix: 8))),
      ("uid", .integer(Int(status.st_uid))), ("gid", .integer(Int(status.st_gid))),
    ]
    let header: ImageHeader
    switch Self.beginning(of: path) {
    case .success(let bytes): header = ImageHeader(bytes)
    case .failure(let refusal):
      return (.object(pairs: pairs + [("missing", .string(refusal.reason))]), nil)
    }
    let virtual = header.virtualBytes ?? (header.format == "raw" ? size : nil)
    pairs += [("format", .string(header.format)), ("virtualBytes", .optional(virtual))]
    guard header.format == "qcow2" else { return (.object(pairs: pairs), nil) }
    let backing = header.backingFile.flatMap { Self.localPath($0, beside: path) }
    pairs += [
      ("clusterBytes", .optional(header.clusterBytes)),
      ("backingFile", .optional(header.backingFile)), ("backingPath", .optional(backing)),
      ("backingFormat", .optional(header.backingFormat)),
      ("lazyRefcounts", .bool(header.lazyRefcounts)), ("extendedL2", .bool(header.extendedL2)),
      ("dataFile", .bool(header.hasDataFile)), ("encrypted", .bool(header.isEncrypted)),
      ("snapshots", .optional(header.snapshots)),
    ]
    return (.object(pairs: pairs), backing)
  }

  private static func beginning(of path: String) -> Result<[UInt8], Refusal> {
    let flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
    let descriptor = retrying { open(path, flags) }
    guard descriptor >= 0 else { return .failure(Refusal(errno)) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, FileKind(mode: status.st_mode) == .regular else {
      return .failure(.refused("changed while it was looked at"))
    }
    var bytes = [UInt8](repeating: 0, count: ImageHeader.length)
    let count = bytes.withUnsafeMutableBytes { buffer in
      retrying { pread(descriptor, buffer.baseAddress, buffer.count, 0) }
    }
    guard count >= 0 else { return .failure(Refusal(errno)) }
    bytes.removeLast(bytes.count - count)
    return .success(bytes)
  }

  // MARK: - Names

  /// Files and devices that disks of the domains name, each once.
  private static func sources(_ snapshot: Snapshot) -> [String] {
    var found: Set<String> = []
    for domain in snapshot.domains {
      for text in [domain.persistent?.value, domain.live?.value] {
        guard let text, let document = try? XMLDocument(text) else { continue }
        for disk in document.root.first("devices")?.all("disk") ?? [] {
          for source in disk.all("source") {
            guard let path = source["file"] ?? source["dev"], path.hasPrefix("/") else { continue }
            found.insert(path)
          }
        }
      }
    }
    return found.sorted().suffix(fileLimit)
  }

  /// Directories of libvirt's storage pools.
  private static func poolTargets(_ snapshot: Snapshot) -> [String] {
    snapshot.files.keys.filter { $0.hasPrefix("/etc/libvirt/storage/") }.compactMap { path in
      guard let text = snapshot.raw(path).value, let document = try? XMLDocument(text) else {
        return nil
      }
      return document.root.descend("target/path")?.text.trimmedBlanks
    }.filter { $0.hasPrefix("/") && !$0.hasPrefix("/dev/") }
  }

  /// A backing file's path; nil for protocols (`nbd:…`, `json:…`).
  private static func localPath(_ backing: String, beside path: String) -> String? {
    var name = backing
    if name.hasPrefix("file:") { name.removeFirst(5) }
    if name.hasPrefix("/") { return name }
    guard !name.isEmpty, !name.prefix(while: { $0 != "/" }).contains(":") else { return nil }
    return parent(path) + "/" + name
  }

  private static func parent(_ path: String) -> String {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
    return String(path[..<slash])
  }
}

/// Glibc's `major`, a macro.
private func gnuMajor(_ device: dev_t) -> UInt {
  (device >> 8 & 0xfff) | (device >> 32 & 0xffff_f000)
}

/// Glibc's `minor`, a macro.
private func gnuMinor(_ device: dev_t) -> UInt {
  (device & 0xff) | (device >> 12 & 0xffff_ff00)
}
