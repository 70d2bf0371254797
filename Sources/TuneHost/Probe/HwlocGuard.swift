// Decides whether hwloc may be given a captured tree.
//
// hwloc opens files below sys and proc with the kernel's own resolution of links. It is safe when
// every link there climbs no higher than the root and leads down into sys or proc again, when
// nothing but directories and regular files of bounded size is there, and when no number would
// make it allocate without bound. By induction over the links no path it opens leaves the tree.
//
// SnapshotProbe goes over those directories anyway and shows what it sees, so that a big tree is
// walked once.

import Glibc
import TuneKit

/// Checks what is below the directories of a tree that hwloc opens.
struct HwlocGuard {
  /// The directories that hwloc opens things below, as the names that lead there.
  static let places = [["sys"], ["proc"], ["run", "udev", "data"]]
  /// Names below them together; the largest known capture has a tenth of it.
  static let nameLimit = 4_000_000
  /// Directories one inside the other.
  static let depthLimit = 64
  /// Bytes of one file: the longest mask or list a kernel prints is far shorter.
  static let fileLimit = 4 << 20

  /// The first reason why hwloc must not read the tree; nil where there is none so far.
  private(set) var objection: String?
  private var seen = 0

  /// Says that hwloc must not read the tree.
  mutating func object(_ reason: String) {
    if objection == nil { objection = reason }
  }

  /// Opens one of the places; nil where it isn't there or hwloc would not find a directory.
  mutating func enter(_ names: [String], of top: Directory) -> Directory? {
    var at = top
    for (index, name) in names.enumerated() {
      do {
        at = try at.open(name, listing: index == names.count - 1)
      } catch {
        if error != .absent {
          object(error.reason)
        } else if (try? at.status(of: name)) != nil {
          // Also a link or a file of that name comes here.
          object("\(at.path)/\(name) is no directory")
        }
        return nil
      }
    }
    return at
  }

  /// Looks at a directory, before what is in it.
  mutating func see(directory name: String, in parent: Directory, depth: Int) {
    if depth > Self.depthLimit { object("\(parent.path)/\(name) is too deep") }
    guard name.hasPrefix("cpu") || name.hasPrefix("node") else { return }
    let digits = name.utf8.drop { $0 < 48 || $0 > 57 }
    guard !digits.isEmpty, digits.allSatisfy({ $0 >= 48 && $0 <= 57 }) else { return }
    guard let number = Int(Substring(digits)), number < CPUSet.limit else {
      return object("\(parent.path)/\(name) has too high a number")
    }
  }

  /// Counts the names of a directory.
  mutating func see(names count: Int) {
    seen += count
    if seen > Self.nameLimit { object("it holds too many names") }
  }

  /// Looks at a regular file that nobody else reads whole.
  mutating func see(file name: UnsafePointer<CChar>, in directory: Directory, depth: Int) {
    guard depth == 1 || Self.isReadToItsEnd(name) else { return }
    guard let status = try? directory.status(of: name), status.st_size > Self.fileLimit else {
      return
    }
    object("\(directory.path)/\(String(cString: name)) is larger than \(Self.fileLimit >> 20) MiB")
  }

  /// Looks at a thing that is neither file, directory nor link.
  mutating func see(_ kind: FileKind, named name: String, in directory: Directory) {
    object("\(directory.path)/\(name) \(kind.refusal)")
  }

  /// Looks at a text that was read: a list such as `0-4294967295` would make hwloc allocate for
  /// each number.
  mutating func see(_ reading: Snapshot.Reading, of name: String, in directory: Directory) {
    guard Self.isList(name), case .text(let text) = reading else { return }
    var number = 0
    for byte in text.utf8 {
      guard byte >= 48, byte <= 57 else {
        number = 0
        continue
      }
      number = number * 10 + Int(byte - 48)
      guard number < CPUSet.limit else {
        return object("\(directory.path)/\(name) has too high a number")
      }
    }
  }

  /// Whether a directory is one of the many that hwloc has no names for: idle states, queues of
  /// network cards, interrupts. No link may lead into one either.
  static func isPassedOver(_ name: UnsafePointer<CChar>, _ depth: Int) -> Bool {
    switch UInt8(bitPattern: name[0]) {
    case UInt8(ascii: "c"): strcmp(name, "cpuidle") == 0 && depth > 4
    case UInt8(ascii: "q"): strcmp(name, "queues") == 0
    case UInt8(ascii: "i"): strcmp(name, "irq") == 0
    default: false
    }
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

  /// Looks at a link: only `../`s first, no more than there are directories above, then down into
  /// sys or proc.
  mutating func see(link name: String, to target: String, in directory: Directory, depth: Int) {
    func objection(_ what: String) -> String { "\(directory.path)/\(name) \(what)" }
    guard !target.hasPrefix("/") else { return object(objection("is an absolute link")) }
    var parts = target.split(separator: "/")[...]
    var up = 0
    while let first = parts.first, first == ".." || first == "." {
      if first == ".." { up += 1 }
      parts = parts.dropFirst()
    }
    guard !parts.contains(where: { $0 == "cpuidle" || $0 == "queues" || $0 == "irq" }) else {
      return object(objection("leads where hwloc has nothing to look for"))
    }
    let escapes = up > depth || parts.contains("..")
    let leaves = up == depth && parts.first != "sys" && parts.first != "proc"
    guard !escapes, !leaves else {
      return object(objection("is a link that leads out of the tree"))
    }
  }

  /// Looks at the table of mounts: hwloc opens files below the mount points of cgroups.
  mutating func see(mounts reading: Snapshot.Reading?) {
    guard case .text(let text) = reading else { return }
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.count >= 3,
        fields[2] == "cgroup" || fields[2] == "cgroup2" || fields[2] == "cpuset"
      else { continue }
      let parts = fields[1].split(separator: "/")
      guard parts.first == "sys", !parts.contains("..") else {
        return object("/proc/mounts puts a cgroup elsewhere than below /sys")
      }
    }
  }

  private static func isList(_ name: String) -> Bool {
    let last = name.utf8.last
    guard last == UInt8(ascii: "t") || last == UInt8(ascii: "e") else { return false }
    return name.hasSuffix("list") || name == "online" || name == "possible" || name == "present"
      || name == "offline"
  }
}
