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
        guard let directory = try check.enter([name], of: root.top) else { continue }
        try check.walk(directory, depth: 1)
      }
      // hwloc looks for udev's words on block devices.
      if let directory = try check.enter(["run", "udev", "data"], of: root.top) {
        try check.walk(directory, depth: 3)
      }
    } catch {
      return error.reason
    }
    return mounts(files["/proc/mounts"]) ?? numbers(files)
  }

  /// Opens a directory by its names, none of them a link; nil where it isn't there.
  private func enter(_ names: [String], of top: Directory) throws(Refusal) -> Directory? {
    var at = top
    for (index, name) in names.enumerated() {
      do {
        at = try at.open(name, listing: index == names.count - 1)
      } catch {
        guard error == .absent else { throw error }
        // Also a link or a file of that name comes here.
        if (try? at.status(of: name, followingLink: false)) != nil {
          throw .refused("\(at.path)/\(name) is no directory")
        }
        return nil
      }
    }
    return at
  }

  /// Names are looked at as bytes: this goes over every file of the tree.
  private mutating func walk(_ directory: Directory, depth: Int) throws(Refusal) {
    guard depth <= Self.depthLimit else { throw .refused("\(directory.path) is too deep") }
    var below: [String] = []
    var count = 0
    try directory.forEach { (name, kind) throws(Refusal) in
      count += 1
      guard count <= Self.nameLimit else { throw .refused("it holds too many names") }
      switch kind {
      case .directory where Self.isPassedOver(name, depth): return
      case .directory:
        below.append(String(cString: name))
      case .regular where !Self.isReadToItsEnd(name) && depth > 1: return
      case .link:
        let text = String(cString: name)
        try Self.checkLink(text, in: directory, depth: depth)
      default:
        if try Self.checkOther(name, in: directory, depth: depth) == .directory,
          !Self.isPassedOver(name, depth)
        {
          below.append(String(cString: name))
        }
      }
    }
    seen += count
    guard seen <= Self.nameLimit else { throw .refused("it holds too many names") }
    for name in below {
      try Self.checkNumber(name, directory.path)
      try walk(try directory.open(name, listing: true), depth: depth + 1)
    }
  }

  /// Whether a directory is one of the many that hwloc has no names for: idle states, queues of
  /// network cards, interrupts. No link may lead into one either.
  private static func isPassedOver(_ name: UnsafePointer<CChar>, _ depth: Int) -> Bool {
    switch UInt8(bitPattern: name[0]) {
    case UInt8(ascii: "c"): strcmp(name, "cpuidle") == 0 && depth > 4
    case UInt8(ascii: "q"): strcmp(name, "queues") == 0
    case UInt8(ascii: "i"): strcmp(name, "irq") == 0
    default: false
    }
  }

  /// A name that is no plain directory or link, or of which the file system doesn't tell.
  private static func checkOther(
    _ name: UnsafePointer<CChar>, in directory: Directory, depth: Int
  ) throws(Refusal) -> FileKind {
    let status = try directory.status(of: name)
    let kind = FileKind(mode: status.st_mode)
    lazy var path = directory.path + "/" + String(cString: name)
    switch kind {
    case .regular:
      guard status.st_size <= fileLimit else {
        throw .refused("\(path) is larger than \(fileLimit >> 20) MiB")
      }
    case .directory: break
    case .link: try checkLink(String(cString: name), in: directory, depth: depth)
    default: throw .refused("\(path) \(kind.refusal)")
    }
    return kind
  }

  /// Whether hwloc reads a file of this name to its end, however long: masks, lists and tables. Of
  /// others it reads a few bytes (hwloc 2.9, topology-linux.c).
  private static func isReadToItsEnd(_ name: UnsafePointer<CChar>) -> Bool {
    let length = strlen(name)
    func ends(_ suffix: StaticString) -> Bool {
      let count = suffix.utf8CodeUnitCount
      return length >= count && memcmp(name + (length - count), suffix.utf8Start, count) == 0
    }
    guard length > 0 else { return true }
    switch UInt8(bitPattern: name[length - 1]) {
    case 112: return ends("map") || ends("cgroup")
    case 115: return ends("siblings") || ends("cpus") || ends("mounts") || ends("mems")
    case 116: return ends("list") || ends("present") || ends("uevent") || ends("cpuset")
    case 101: return ends("online") || ends("offline") || ends("possible") || ends("effective")
    case 111: return ends("info")
    case 110: return ends("information")
    case 48...57: return name[0] == 98 || name[0] == 43 || name[0] == 110
    default: return false
    }
  }

  /// Only `../`s first, no more than there are directories above, then down into sys or proc.
  private static func checkLink(
    _ name: String, in directory: Directory, depth: Int
  ) throws(Refusal) {
    let target = try directory.readLink(name)
    lazy var path = directory.path + "/" + name
    guard !target.hasPrefix("/") else { throw .refused("\(path) is an absolute link") }
    var parts = target.split(separator: "/")[...]
    var up = 0
    while let first = parts.first, first == ".." || first == "." {
      if first == ".." { up += 1 }
      parts = parts.dropFirst()
    }
    let passedOver: Set<Substring> = ["cpuidle", "queues", "irq"]
    guard !parts.contains(where: passedOver.contains) else {
      throw .refused("\(path) leads where hwloc has nothing to look for")
    }
    let escapes = up > depth || parts.contains("..")
    let leaves = up == depth && parts.first != "sys" && parts.first != "proc"
    guard !escapes, !leaves else { throw .refused("\(path) is a link that leads out of the tree") }
  }

  private static func checkNumber(_ name: String, _ parent: String) throws(Refusal) {
    guard name.hasPrefix("cpu") || name.hasPrefix("node") else { return }
    let digits = name.drop { !$0.isNumber }
    guard digits.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }), !digits.isEmpty else { return }
    guard let number = Int(digits), number < CPUSet.limit else {
      throw .refused("\(parent)/\(name) has too high a number")
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
    let last = path.utf8.last
    guard last == UInt8(ascii: "t") || last == UInt8(ascii: "e"), path.hasPrefix("/sys/") else {
      return false
    }
    return path.hasSuffix("list") || path.hasSuffix("/online") || path.hasSuffix("/possible")
      || path.hasSuffix("/present") || path.hasSuffix("/offline")
  }
}
