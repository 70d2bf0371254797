// Which file system a path lies on, from /proc/self/mountinfo: asked before any file is touched,
// for a dead network file system would hold the program for ever.

import TuneKit

/// The mounts of this machine.
struct MountTable {
  /// One mount.
  struct Mount: Equatable {
    let point: String
    let type: String
    let source: String
    let options: String
  }

  private var mounts: [Mount] = []

  /// Parses `/proc/self/mountinfo`; lines that aren't understood are left out.
  init(_ text: String) {
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard let dash = fields.firstIndex(of: "-"), dash >= 6, fields.count > dash + 3 else {
        continue
      }
      mounts.append(
        Mount(
          point: Self.unescaped(fields[4]), type: String(fields[dash + 1]),
          source: Self.unescaped(fields[dash + 2]), options: String(fields[5])))
    }
  }

  /// The mount that a path lies on. The last of one mount point counts: it covers the others.
  func mount(of path: String) -> Mount? {
    var best: Mount?
    for mount in mounts where Self.holds(mount.point, path) {
      if mount.point.utf8.count >= (best?.point.utf8.count ?? 0) { best = mount }
    }
    return best
  }

  private static func holds(_ point: String, _ path: String) -> Bool {
    point == "/" || path == point || path.hasPrefix(point + "/")
  }

  /// Whether a file system lies on the network, or in a process, and could keep a caller waiting.
  static func mayHang(_ type: String) -> Bool {
    let names: Set<String> = [
      "nfs", "nfs4", "cifs", "smb3", "smbfs", "ceph", "glusterfs", "lustre", "gpfs", "afs", "9p",
      "beegfs", "ocfs2", "gfs2", "virtiofs", "autofs", "davfs", "orangefs", "pvfs2", "coda",
    ]
    return names.contains(type) || type.hasPrefix("fuse")
  }

  /// The kernel writes blanks in names as `\040`.
  private static func unescaped(_ text: Substring) -> String {
    guard text.utf8.contains(92) else { return String(text) }
    let bytes = Array(text.utf8)
    var out: [UInt8] = []
    var index = 0
    while index < bytes.count {
      if bytes[index] == 92, index + 3 < bytes.count,
        let code = UInt8(
          String(decoding: bytes[(index + 1)...(index + 3)], as: UTF8.self), radix: 8)
      {
        out.append(code)
        index += 4
      } else {
        out.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}
