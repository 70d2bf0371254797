// What ZFS says of its volumes and file systems. There is no file and no stable call that tells
// it, so the `zfs` command is asked: by its absolute path, with fixed arguments, without a shell
// or an environment, for a bounded time and a bounded answer.

import Glibc
import TuneKit

/// Asks the zfs command.
enum ZFSProbe {
  /// Longest wait for the answer, in milliseconds: a suspended pool never answers.
  static let patience: Int64 = 3000
  /// Longest answer, in bytes.
  static let answerLimit = 8 << 20

  private static let places = ["/usr/sbin/zfs", "/sbin/zfs", "/usr/bin/zfs"]
  private static let properties = [
    "type", "volblocksize", "recordsize", "sync", "compression", "atime", "primarycache",
    "mountpoint", "refreservation",
  ]

  /// `{"datasets":[{"name":…,"type":"volume","volblocksize":"16384",…}]}`; nil where this host has
  /// no ZFS.
  static func read(_ root: Root) -> Snapshot.Reading? {
    guard root.exists("/sys/module/zfs") else { return nil }
    guard let program = places.first(where: { access($0, X_OK) == 0 }) else {
      return .missing("no zfs command in /usr/sbin, /sbin or /usr/bin")
    }
    let arguments = [
      program, "get", "-H", "-p", "-t", "filesystem,volume", "-o", "name,property,value",
      properties.joined(separator: ","),
    ]
    switch BoundedCommand.output(of: arguments, within: patience, limit: answerLimit) {
    case .success(let text): return VirtualFiles.document(document(text))
    case .failure(let failure): return .missing("\(program): \(failure.reason)")
    }
  }

  /// Lines of name, property and value, separated by tabs.
  static func document(_ text: String) -> JSONValue {
    var order: [String] = []
    var sets: [String: [(String, JSONValue)]] = [:]
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      guard fields.count == 3 else { continue }
      if sets[fields[0]] == nil { order.append(fields[0]) }
      guard fields[2] != "-" else { continue }
      sets[fields[0], default: []].append((fields[1], .string(fields[2])))
    }
    let list = order.map { name in
      JSONValue.object(pairs: [("name", .string(name))] + (sets[name] ?? []))
    }
    return .object(pairs: [("datasets", .array(list))])
  }
}
