// Thin logical volumes that share blocks: the first write to each shared block copies it, whether
// the volume is the snapshot or what it was taken of (the kernel's thin-provisioning.rst: a
// snapshot and its origin don't differ).

/// What a thin volume shares its blocks with.
struct LVMSharing: Sendable, Equatable {
  /// The volume: `vg0/vms`.
  let volume: String
  /// The volumes that have blocks in common with it, by name.
  let others: [String]
  /// The file that says so, and the volume's name there.
  let source: String
}

extension Facts {
  /// What a device, or a thin volume that it is made of, shares blocks with: nil where with none.
  /// Missing where it lies on a thin volume of which nobody knows.
  func thinSharing(of device: BlockDevice) -> Known<LVMSharing?> {
    var unknown: Known<LVMSharing?>?
    for part in parts(of: device) where isThin(part) {
      let found = sharing(ofThin: part)
      if case .some(.some) = found.value { return found }
      if found.value == nil { unknown = unknown ?? found }
    }
    return unknown ?? Known(nil, from: "/sys/block/\(device.name)/slaves")
  }

  /// Whether a device lies on a thin pool: LVM names what its thin volumes are mapped to
  /// `GROUP-POOL-tpool`, and gives it a UUID that ends so.
  private func isThin(_ device: BlockDevice) -> Bool {
    device.kind == .deviceMapper
      && device.slaves.contains { name in
        guard let below = blockDevicesByPath["/dev/" + name],
          below.mappedName.flatMap({ LVMName(mapped: $0) })?.layer == "tpool"
        else { return false }
        return below.mappedUUID.map { $0.hasPrefix("LVM-") && $0.hasSuffix("-tpool") } ?? true
      }
  }

  private func sharing(ofThin device: BlockDevice) -> Known<LVMSharing?> {
    let place = "/sys/block/\(device.name)/dm/name"
    guard device.mappedUUID?.hasPrefix("LVM-") ?? true,
      let name = device.mappedName.flatMap({ LVMName(mapped: $0) })
    else { return Known(missing: "a thin volume that LVM didn't make", from: place) }
    let path = LVMBackup.path(of: name.group)
    guard let text = snapshot.raw(path).value else {
      return Known(
        missing: "\(snapshot.raw(path).missingReason ?? "")"
          + "; LVM writes there which thin volumes share blocks, and only root reads it",
        from: path)
    }
    let backup = LVMBackup(text)
    // A file that LVM did not keep up (lvm.conf: backup = 0) knows nothing of newer snapshots.
    guard let own = backup.volumes[name.volume], own.segment["type"] == "thin" else {
      return Known(
        missing: "knows no thin volume '\(name.volume.printable)'; renew it with vgcfgbackup",
        from: path)
    }
    if isOlder(backup, than: own.segment["thin_pool"], in: name.group) {
      return Known(missing: "is older than the thin pool; renew it with vgcfgbackup", from: path)
    }
    var others = Set(
      backup.volumes.filter { $0.value.segment["type"] == "thin" }
        .filter { $0.value.segment["origin"] == name.volume }.map(\.key))
    for key in ["origin", "external_origin"] {
      if let origin = own.segment[key] { others.insert(origin) }
    }
    guard !others.isEmpty else { return Known(nil, from: path) }
    return Known(
      LVMSharing(
        volume: "\(name.group)/\(name.volume)".printable,
        others: others.sorted().map(\.printable), source: "\(path) \(name.volume.printable)"),
      from: path)
  }

  /// Whether the pool has had more transactions than the file knows of: LVM counts one with each
  /// volume it makes or removes, and the kernel's status begins with the number.
  private func isOlder(_ backup: LVMBackup, than pool: String?, in group: String) -> Bool {
    guard let pool,
      let written = backup.volumes[pool]?.segment["transaction_id"].flatMap({ Int($0) })
    else { return false }
    let mapped = LVMName.mapped(group, pool) + "-tpool"
    let pools = VirtualFile.json(snapshot, "lvm.json").value?["thinPools"]?.arrayValue ?? []
    let status = pools.first { $0["name"]?.stringValue == mapped }?["status"]?.stringValue
    guard let count = status?.split(separator: " ").first.flatMap({ Int($0) }) else { return false }
    return count > written
  }
}
