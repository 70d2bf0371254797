/// Copy-on-write over copy-on-write multiplies writes.
struct DiskCowOnCow: Rule {
  static let about = RuleInfo(
    id: "disk.cow-on-cow",
    title: "A copy-on-write image doesn't lie on copy-on-write storage",
    severity: Severities(.warning),
    rationale: "qcow2 on ZFS or btrfs writes new clusters into new blocks: every small write "
      + "becomes several, and both layers fragment. A thin logical volume does so with each block "
      + "that it shares with another: after every snapshot the first write to a block copies it, on "
      + "both sides, for a thin snapshot and what it was taken of don't differ.",
    cost: "Moving to raw on a zvol or a logical volume means copying the disk.",
    notWhen: "Profiles other than db, latency and throughput; btrfs with nodatacow; thin volumes "
      + "that share nothing, classic LVM snapshots (lvm.snapshot-cow).",
    sources: [
      .article("§4.2"), .article("§4.3"), .text("lvmthin(7)"),
      .link(
        "https://docs.kernel.org/admin-guide/device-mapper/thin-provisioning.html"),
    ])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDisks { domain, disk in
      guard [.db, .latency, .throughput].contains(context.family(of: domain)) else {
        return .notApplicable("only for db, latency and throughput")
      }
      guard disk.effectiveFormat == "qcow2" else { return .notApplicable("no qcow2 image") }
      switch context.facts.backing(of: disk) {
      case .file(let path): return file(path, disk, context.facts)
      case .device(let path): return device(path, disk, context.facts)
      case .network, .none: return .notApplicable("no qcow2 image of this host")
      case .unknown(let why):
        return disk.volume == nil ? .notApplicable("no qcow2 image of this host") : .unknown(why)
      }
    }
  }

  private static func file(_ path: String, _ disk: DomainDisk, _ facts: Facts) -> Verdict {
    facts.fileSystem(of: path).orUnknown { system in
      let evidence = Evidence(path, observed: "qcow2 on \(system.type.printable)", expected: "raw")
      let copies =
        system.type == "zfs"
        || (system.type == "btrfs" && !system.options.contains("nodatacow"))
      guard !copies else { return violated(disk, on: system.type, [evidence]) }
      // What is no path of a device: `server:/export`, `tmpfs`. The kernel's own name of the disk it
      // was started from leads nowhere, and is never a logical volume: those take an initramfs.
      guard let source = system.source, source.hasPrefix("/dev/"), source != "/dev/root" else {
        return .satisfied([evidence])
      }
      guard let device = facts.blockDevice(at: source) else {
        return .unknown("/sys/block: holds no '\(source.printable)', which '\(path)' lies on")
      }
      return volume(device, disk, evidence, facts)
    }
  }

  private static func device(_ path: String, _ disk: DomainDisk, _ facts: Facts) -> Verdict {
    guard let device = facts.blockDevice(at: path) else {
      return .unknown("/sys/block: holds no '\(path.printable)'")
    }
    let isZvol = device.name.hasPrefix("zd")
    let evidence = Evidence(
      path, observed: isZvol ? "qcow2 on a zvol" : "qcow2", expected: "raw")
    guard !isZvol else { return violated(disk, on: "a zvol", [evidence]) }
    return volume(device, disk, evidence, facts)
  }

  private static func volume(
    _ device: BlockDevice, _ disk: DomainDisk, _ evidence: Evidence, _ facts: Facts
  ) -> Verdict {
    facts.thinSharing(of: device).orUnknown { sharing in
      guard let sharing else { return .satisfied([evidence]) }
      let others = sharing.others.prefix(4).joined(separator: ", ")
      let more = sharing.others.count > 4 ? " and \(sharing.others.count - 4) more" : ""
      return violated(
        disk, on: "the thin volume \(sharing.volume), which shares blocks with \(others)\(more)",
        [
          evidence,
          Evidence(
            sharing.source, observed: "shares blocks with \(others)\(more)", expected: "shares none"
          ),
        ], "remove the snapshot, or use a raw image or volume")
    }
  }

  private static func violated(
    _ disk: DomainDisk, on place: String, _ evidence: [Evidence],
    _ advice: String = "use a raw zvol or logical volume"
  ) -> Verdict {
    .violated(
      Violation(
        "\(disk.subjectName) is qcow2 on \(place): both copy on write", evidence: evidence,
        remedy: .advice(advice, risk: about.cost)))
  }

  // MARK: - Examples

  private static func guest(_ type: String, options: String = "rw") -> Snapshot {
    .example(domains: image).with(
      file: "/tuned-vm/filesystems.json",
      #"{"/tank":{"type":"\#(type)","options":"\#(options)"}}"#)
  }

  private static let image = DomainXML.example(
    devices: "<disk type='file'><driver type='qcow2'/><source file='/tank/a'/>"
      + "<target dev='vda'/></disk>")

  private static let volume = DomainXML.example(
    devices: "<disk type='block'><driver type='qcow2'/><source dev='/dev/vg0/vms'/>"
      + "<target dev='vda'/></disk>")

  /// A host whose /tank is ext4 on the thin volume vg0/vms, by way of dm-crypt.
  ///
  /// - Parameter record: LVM's segments of its thin volumes.
  private static func thinHost(
    _ record: [(volume: String, segment: String)], pool: Int = 7, domain: String? = nil
  ) -> Snapshot {
    let volumes = record.map { item in
      "\(item.volume) {\nid = \"x\"\ncreation_time = 1764547200\t# 2025\nsegment1 {\n"
        + "type = \"thin\"\nthin_pool = \"pool\"\n\(item.segment)\n}\n}\n"
    }
    return thinDevices(domain: domain).with(
      LVMBackup.path(of: "vg0"),
      "# Generated by LVM2\nvg0 {\nphysical_volumes {\npv0 {\ndevice = \"/dev/sda\"\n}\n}\n"
        + "logical_volumes {\npool {\nsegment1 {\ntype = \"thin-pool\"\ntransaction_id = \(pool)\n"
        + "}\n}\n\(volumes.joined())}\n}\n")
  }

  private static func thinDevices(domain: String? = nil) -> Snapshot {
    var host = Snapshot.exampleHost()
    let devices = [
      ("dm-0", "vg0-pool_tdata", "LVM-a-tdata", ["sda"]),
      ("dm-1", "vg0-pool-tpool", "LVM-b-tpool", ["dm-0"]), ("dm-2", "vg0-vms", "LVM-c", ["dm-1"]),
      ("dm-3", "tank", "CRYPT-LUKS2-d-tank", ["dm-2"]), ("dm-4", "vg0-thick", "LVM-e", ["sda"]),
    ]
    for (device, name, uuid, slaves) in devices {
      host = host.with("/sys/block/\(device)/dm/name", name + "\n")
        .with("/sys/block/\(device)/dm/uuid", uuid + "\n")
        .withDirectory("/sys/block/\(device)/slaves", slaves)
    }
    return host.with(
      "/tuned-vm/lvm.json",
      #"{"thinPools":[{"name":"vg0-pool-tpool","dataPercent":40,"metadataPercent":9,"#
        + #""status":"7 251/2048 6676/8192 - rw"}],"snapshots":[]}"#
    ).with(
      "/tuned-vm/filesystems.json",
      #"{"/tank":{"type":"ext4","source":"/dev/mapper/tank","options":"rw"},"#
        + #""/thick":{"type":"ext4","source":"/dev/mapper/vg0-thick","options":"rw"}}"#
    ).with(domain: domain ?? image)
  }

  private static let snapshotted = [("vms", ""), ("vms-daily", "origin = \"vms\"")]

  static let examples: [Example] = [
    Example("qcow2 on ext4", guest("ext4"), under: .db, .satisfied),
    Example(
      "btrfs without copying", guest("btrfs", options: "rw,nodatacow"), under: .db,
      .satisfied),
    Example("a mixed host", guest("zfs"), .notApplicable),
    Example(
      "nobody knows the file system", guest("zfs").without("/tuned-vm/filesystems.json"),
      under: .db, .unknown),
    Example(
      "a thin volume that shares nothing",
      thinHost([("vms", ""), ("other", ""), ("other-snap", "origin = \"other\"")]), under: .db,
      .satisfied),
    Example(
      "a thick volume beside snapshots",
      thinHost(
        snapshotted,
        domain: DomainXML.example(
          devices: "<disk type='file'><driver type='qcow2'/><source file='/thick/a'/>"
            + "<target dev='vda'/></disk>")), under: .db, .satisfied),
    Example(
      "raw on a thin snapshot",
      thinHost(
        snapshotted,
        domain: DomainXML.example(
          devices: "<disk type='block'><driver type='raw'/><source dev='/dev/vg0/vms'/>"
            + "<target dev='vda'/></disk>")), under: .db, .notApplicable),
    Example("LVM's record is not there", thinDevices(), under: .db, .unknown),
    Example("the record knows no such volume", thinHost([("other", "")]), under: .db, .unknown),
    Example(
      "the pool has changed since the record", thinHost([("vms", "")], pool: 6), under: .db,
      .unknown),
    Example("qcow2 on ZFS", guest("zfs"), under: .db, .violated(.warning)),
    Example(
      "on what a thin snapshot was taken of", thinHost(snapshotted), under: .db,
      .violated(.warning)),
    Example(
      "on a thin snapshot", thinHost([("base", ""), ("vms", "origin = \"base\"")]),
      under: .latency, .violated(.warning)),
    Example(
      "on a copy of a volume outside the pool", thinHost([("vms", "external_origin = \"image\"")]),
      under: .throughput, .violated(.warning)),
    Example(
      "qcow2 in the thin volume itself", thinHost(snapshotted, domain: volume), under: .db,
      .violated(.warning)),
    Example(
      "raw", guest("zfs").exchanging("type='qcow2'", with: "type='raw'"), under: .db, .notApplicable
    ),
    Example("qcow2 on btrfs", guest("btrfs"), under: .latency, .violated(.warning)),
  ]
}
