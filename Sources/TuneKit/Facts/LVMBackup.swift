// Logical volumes as LVM itself writes them down (`/etc/lvm/backup/VG`, lvm.conf(5) backup).

/// What LVM wrote down of one volume group: `GROUP { … logical_volumes { NAME { creation_time = N
/// segment1 { type = "…" … } } } }`.
struct LVMBackup: Sendable, Equatable {
  /// One logical volume.
  struct Volume: Sendable, Equatable {
    /// Seconds since 1970; nil where LVM didn't write it.
    var createdAt: Int?
    /// What its segments say; snapshots, thin volumes and pools have one.
    var segment: [String: String] = [:]
  }

  /// The volume group's name as the file says it.
  let group: String
  /// Its logical volumes by name.
  let volumes: [String: Volume]

  init(_ text: String) {
    var stack: [String] = []
    var group = ""
    var found: [String: Volume] = [:]
    for line in text.lines.prefix(200_000) {
      let body = line.trimmedBlanks
      if body.hasSuffix("{") {
        stack.append(String(body.dropLast()).trimmedBlanks)
        guard stack.count <= 16 else { break }
      } else if body == "}" {
        stack = Array(stack.dropLast())
      } else if stack.count >= 3, stack[1] == "logical_volumes", let (key, value) = assignment(body)
      {
        group = stack[0]
        if stack.count == 3 {
          if key == "creation_time" { found[stack[2], default: Volume()].createdAt = Int(value) }
        } else if stack.count == 4 {
          found[stack[2], default: Volume()].segment[key] = value
        }
      }
    }
    // Deeper than LVM ever goes: none of its files.
    volumes = stack.count > 16 ? [:] : found
    self.group = group
  }

  /// The file of a volume group.
  static func path(of group: String) -> String { "/etc/lvm/backup/" + group }

  /// The texts of all such files of a snapshot, in the order of their names.
  static func all(_ snapshot: Snapshot) -> [LVMBackup] {
    snapshot.files.keys.filter { $0.hasPrefix(path(of: "")) }.sorted().map { path in
      LVMBackup(snapshot.raw(path).value ?? "")
    }
  }
}

private func assignment(_ line: String) -> (key: String, value: String)? {
  let parts = line.split(separator: "=", maxSplits: 1)
  guard parts.count == 2 else { return nil }
  let value = parts[1].split(separator: "#", maxSplits: 1).first.map { $0.trimmedBlanks } ?? ""
  return (parts[0].trimmedBlanks, value.filter { $0 != "\"" })
}

/// A logical volume by the device mapper's name for it: `vg0-db1`, `vg0-pool-tpool`.
struct LVMName: Sendable, Equatable {
  /// The volume group.
  let group: String
  /// The logical volume.
  let volume: String
  /// A device below the volume itself, for instance `tpool`; nil for the volume.
  let layer: String?

  /// Nil for a name that LVM would not make. The device mapper doubles hyphens within names.
  init?(mapped name: String) {
    var parts = [""]
    var isPending = false
    for character in name {
      if character == "-" {
        if isPending { parts[parts.count - 1].append("-") }
        isPending.toggle()
        continue
      }
      if isPending { parts.append("") }
      isPending = false
      parts[parts.count - 1].append(character)
    }
    guard !isPending, parts.count == 2 || parts.count == 3, !parts.contains("") else { return nil }
    (group, volume) = (parts[0], parts[1])
    layer = parts.count == 3 ? parts[2] : nil
  }

  /// The device mapper's name of a volume.
  static func mapped(_ group: String, _ volume: String) -> String {
    group.doublingDashes + "-" + volume.doublingDashes
  }
}

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
    ["/dev/\(group)/\(origin)", "/dev/mapper/" + LVMName.mapped(group, origin)]
  }

  /// All that the files of a snapshot name.
  static func all(_ snapshot: Snapshot) -> [LVMSnapshot] {
    LVMBackup.all(snapshot).flatMap { backup in
      backup.volumes.sorted { $0.key < $1.key }.compactMap { _, volume in
        guard volume.segment["type"] == "snapshot", let origin = volume.segment["origin"],
          let store = volume.segment["cow_store"]
        else { return nil }
        return LVMSnapshot(
          mappedName: LVMName.mapped(backup.group, store), group: backup.group, origin: origin,
          createdAt: backup.volumes[store]?.createdAt)
      }
    }
  }
}
