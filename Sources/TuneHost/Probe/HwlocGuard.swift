// Decides whether hwloc may be given a captured tree.
//
// hwloc opens files below sys and proc with the kernel's own resolution of links. It is safe when
// every link there climbs no higher than the root and leads down into sys or proc again, when
// nothing but directories and regular files of bounded size is there, and when no number would
// make it allocate without bound. By induction over the links no path it opens leaves the tree.

import Glibc
import TuneKit

/// Checks the directories of a tree that hwloc opens.
struct HwlocGuard {
  /// Names below sys and proc together; the largest known capture has a tenth of it.
  static let nameLimit = 4_000_000
  /// Directories one inside the other.
  static let depthLimit = 64
  /// Bytes of one file: the longest mask or list a kernel prints is far shorter.
  static let fileLimit = 4 << 20

  private var seen = 0

  private init() {}

  /// Why hwloc must not read the tree; nil where it may.
  static func objection(to root: Root, _ files: [String: Snapshot.Reading]) -> String? {
    var check = HwlocGuard()
    do {
      for name in ["sys", "proc"] {
        guard let directory = try check.enter(name, of: root.top) else { continue }
        try check.walk(directory, depth: 1)
      }
    } catch {
      return error.reason
    }
    return mounts(files["/proc/mounts"]) ?? numbers(files)
  }

  private func enter(_ name: String, of top: Directory) throws(Refusal) -> Directory? {
    do {
      return try top.open(name, listing: true)
    } catch {
      guard error == .absent else { throw error }
      // Also a link or a file of that name comes here.
      if (try? top.status(of: name)) != nil { throw .refused("/\(name) is no directory") }
      return nil
    }
  }

  private mutating func walk(_ directory: Directory, depth: Int) throws(Refusal) {
    guard depth <= Self.depthLimit else { throw .refused("\(directory.path) is too deep") }
    for entry in try directory.list() {
      seen += 1
      guard seen <= Self.nameLimit else { throw .refused("it holds too many names") }
      let path = directory.path + "/" + entry.name
      if entry.kind == .directory {
        try checkNumber(entry.name, path)
        try walk(try directory.open(entry.name, listing: true), depth: depth + 1)
        continue
      }
      if entry.kind == .link {
        try checkLink(entry.name, in: directory, depth: depth, path)
        continue
      }
      let status = try directory.status(of: entry.name)
      switch FileKind(mode: status.st_mode) {
      case .regular:
        guard status.st_size <= Self.fileLimit else {
          throw .refused("\(path) is larger than \(Self.fileLimit >> 20) MiB")
        }
      case .directory:
        try walk(try directory.open(entry.name, listing: true), depth: depth + 1)
      case .link: try checkLink(entry.name, in: directory, depth: depth, path)
      case let kind: throw .refused("\(path) \(kind.refusal)")
      }
    }
  }

  /// Only `../`s first, no more than there are directories above, then down into sys or proc.
  private func checkLink(
    _ name: String, in directory: Directory, depth: Int, _ path: String
  ) throws(Refusal) {
    let target = try directory.readLink(name)
    guard !target.hasPrefix("/") else { throw .refused("\(path) is an absolute link") }
    var parts = target.split(separator: "/")[...]
    var up = 0
    while let first = parts.first, first == ".." || first == "." {
      if first == ".." { up += 1 }
      parts = parts.dropFirst()
    }
    let escapes = up > depth || parts.contains("..")
    let leaves = up == depth && parts.first != "sys" && parts.first != "proc"
    guard !escapes, !leaves else { throw .refused("\(path) is a link that leads out of the tree") }
  }

  private func checkNumber(_ name: String, _ path: String) throws(Refusal) {
    guard name.hasPrefix("cpu") || name.hasPrefix("node") else { return }
    let digits = name.drop { !$0.isNumber }
    guard digits.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }), !digits.isEmpty else { return }
    guard let number = Int(digits), number < CPUSet.limit else {
      throw .refused("\(path) has too high a number")
    }
  }

  /// hwloc opens files below the mount points of cgroups.
  private static func mounts(_ reading: Snapshot.Reading?) -> String? {
    guard case .text(let text) = reading else { return nil }
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.count >= 3,
        fields[2] == "cgroup" || fields[2] == "cgroup2" || fields[2] == "cpuset"
      else { continue }
      let parts = fields[1].split(separator: "/")
      guard parts.first == "sys", !parts.contains("..") else {
        return "/proc/mounts puts a cgroup elsewhere than below /sys"
      }
    }
    return nil
  }

  /// A list such as `0-4294967295` would make hwloc allocate for each number.
  private static func numbers(_ files: [String: Snapshot.Reading]) -> String? {
    for (path, reading) in files where isList(path) {
      guard case .text(let text) = reading else { continue }
      var number = 0
      for byte in text.utf8 {
        guard byte >= 48, byte <= 57 else {
          number = 0
          continue
        }
        number = number * 10 + Int(byte - 48)
        if number >= CPUSet.limit { return "\(path) has too high a number" }
      }
    }
    return nil
  }

  private static func isList(_ path: String) -> Bool {
    guard path.hasPrefix("/sys/") else { return false }
    return path.hasSuffix("list") || path.hasSuffix("/online") || path.hasSuffix("/possible")
      || path.hasSuffix("/present") || path.hasSuffix("/offline")
  }
}
