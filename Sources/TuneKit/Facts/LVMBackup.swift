// Logical volumes as LVM itself writes them down (`/etc/lvm/backup/VG`, lvm.conf(5) backup).

/// A classic snapshot of a logical volume.
struct LVMSnapshot: Sendable, Equatable {
  /// The device mapper's name of the snapshot's store: `vg0-db1--snap`.
  let mappedName: String
  /// The volume group.
  let group: String
  /// The volume it was taken of.
  let origin: String
  /// Seconds since 1970; nil where LVM didn't write it.
  let createdAt: Int?

  /// The ways a definition names the origin.
  var originPaths: [String] {
    ["/dev/\(group)/\(origin)", "/dev/mapper/" + Self.mapped(group, origin)]
  }

  /// The device mapper doubles hyphens within names.
  static func mapped(_ group: String, _ volume: String) -> String {
    group.doublingDashes + "-" + volume.doublingDashes
  }

  /// All that the files of a snapshot name.
  static func all(_ snapshot: Snapshot) -> [LVMSnapshot] {
    let prefix = "/etc/lvm/backup/"
    return snapshot.files.keys.filter { $0.hasPrefix(prefix) }.sorted().flatMap { path in
      snapshots(snapshot.raw(path).value ?? "")
    }
  }

  /// `GROUP { … logical_volumes { NAME { creation_time = N  segment1 { type = "snapshot"
  /// origin = "…" cow_store = "…" } } } }`.
  static func snapshots(_ text: String) -> [LVMSnapshot] {
    var stack: [String] = []
    var created: [String: Int] = [:]
    var segments: [String: [String: String]] = [:]
    for line in text.lines.prefix(200_000) {
      let body = line.trimmedBlanks
      if body.hasSuffix("{") {
        stack.append(String(body.dropLast()).trimmedBlanks)
        guard stack.count <= 16 else { return [] }
      } else if body == "}" {
        stack = Array(stack.dropLast())
      } else if stack.count >= 3, stack[1] == "logical_volumes", let (key, value) = assignment(body)
      {
        if stack.count == 3, key == "creation_time" { created[stack[2]] = Int(value) }
        if stack.count == 4 { segments[stack[2], default: [:]][key] = value }
        if stack.count == 4 { segments[stack[2], default: [:]]["group"] = stack[0] }
      }
    }
    return segments.sorted { $0.key < $1.key }.compactMap { _, segment in
      guard segment["type"] == "snapshot", let group = segment["group"],
        let origin = segment["origin"], let store = segment["cow_store"]
      else { return nil }
      return LVMSnapshot(
        mappedName: mapped(group, store), group: group, origin: origin,
        createdAt: created[store])
    }
  }

  private static func assignment(_ line: String) -> (key: String, value: String)? {
    let parts = line.split(separator: "=", maxSplits: 1)
    guard parts.count == 2 else { return nil }
    let value = parts[1].split(separator: "#", maxSplits: 1).first.map { $0.trimmedBlanks } ?? ""
    return (parts[0].trimmedBlanks, value.filter { $0 != "\"" })
  }
}
