/// A thin disk only shrinks if the guest's discards reach it.
struct DiskDiscard: Rule {
  static let about = RuleInfo(
    id: "disk.discard",
    title: "Discards reach thin storage",
    severity: Severities(.info),
    rationale: "Without discard=unmap, space that the guest has freed stays allocated, and thin "
      + "storage fills up over time.",
    cost: "Discarding can fragment the image.",
    notWhen: "Thick storage; read-only disks; buses and machine versions that can't (IDE before "
      + "2.0, virtio-blk before 4.0).",
    sources: [.article("§12"), .link("https://libvirt.org/formatdomain.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDisks { domain, disk in
      guard disk.hasSource, !disk.isReadOnly else {
        return .notApplicable("read-only or without a medium")
      }
      if disk.discard == "unmap" {
        return .satisfied([disk.node.evidence("driver/@discard", "unmap")])
      }
      if let reason = incapable(disk, context.facts.machineVersion(of: domain.definition)) {
        return .notApplicable(reason)
      }
      switch isThin(context.facts, disk) {
      case nil: return .unknown(reason(context.facts, disk))
      case false?: return .notApplicable("the storage is not thin")
      case true?:
        return .violated(
          Violation(
            "\(disk.subjectName) lies on thin storage and drops the guest's discards",
            evidence: [disk.node.evidence("driver/@discard", disk.discard, "unmap")],
            remedy: .edit(
              domain, "set discard to unmap", disk.driverEdits([("discard", "unmap")]))))
      }
    }
  }

  private static func incapable(_ disk: DomainDisk, _ version: MachineVersion?) -> String? {
    switch disk.bus {
    case "fdc", "sd": "bus '\(disk.bus ?? "")' has no discard"
    case "ide" where version.map { $0 < MachineVersion(2, 0) } ?? false:
      "IDE of this machine version has no discard"
    case "virtio" where version.map { $0 < MachineVersion(4, 0) } ?? false:
      "virtio-blk of this machine version has no discard"
    default: nil
    }
  }

  private static func reason(_ facts: Facts, _ disk: DomainDisk) -> String {
    switch facts.backing(of: disk) {
    case .device(let path): "\(path): what it is made of was not read"
    case .unknown(let reason): reason
    default: facts.image(of: disk).unknownReason
    }
  }

  private static func isThin(_ facts: Facts, _ disk: DomainDisk) -> Bool? {
    if disk.effectiveFormat == "qcow2" { return true }
    switch facts.backing(of: disk) {
    case .network(let name): return name == "rbd"
    case .device(let path): return isThin(facts, device: path)
    case .file: return facts.image(of: disk).value?.isSparse
    case .none: return false
    case .unknown:
      return ["nvme", "vhostuser", "vhostvdpa"].contains(disk.type) ? false : nil
    }
  }

  /// A logical volume of a thin pool stands on the pool's own device, `GROUP-POOL-tpool`. Whether a
  /// zvol is sparse, only the zfs command tells.
  private static func isThin(_ facts: Facts, device path: String) -> Bool? {
    guard let device = facts.blockDevice(at: path) else { return nil }
    if device.name.hasPrefix("rbd") { return true }
    if device.name.hasPrefix("zd") { return nil }
    guard device.kind == .deviceMapper else { return false }
    let parts = facts.parts(of: device)
    if parts.contains(where: { $0.mappedName?.hasSuffix("-tpool") == true }) { return true }
    return parts.count > 1 ? false : nil
  }

  private static func guest(_ driver: String, machine: String = "pc-q35-7.2") -> Snapshot {
    .example(
      domains: DomainXML.example(
        machine: machine,
        devices: "<disk type='file'><driver name='qemu' \(driver)/><source file='/i/a.img'/>"
          + "<target dev='vda' bus='virtio'/></disk>"))
  }

  private static func volume(_ slave: String) -> Snapshot {
    Snapshot.exampleHost().with("/sys/block/dm-0/dm/name", "vg0-db1\n")
      .withDirectory("/sys/block/dm-0/slaves", [slave])
      .with("/sys/block/dm-1/dm/name", "vg0-pool-tpool\n")
      .withDirectory("/sys/block/dm-1/slaves", ["sda2"])
      .with(
        domain: DomainXML.example(
          devices: "<disk type='block'><driver name='qemu' type='raw'/>"
            + "<source dev='/dev/vg0/db1'/><target dev='vda' bus='virtio'/></disk>"))
  }

  static let examples: [Example] = [
    Example("unmap", guest("type='qcow2' discard='unmap'"), .satisfied),
    Example(
      "a preallocated raw file is thick",
      guest("type='raw'").with(
        file: "/tuned-vm/images.json",
        #"{"/i/a.img":{"format":"raw","virtualBytes":10,"allocatedBytes":10}}"#), .notApplicable),
    Example(
      "an old machine can't", guest("type='qcow2'", machine: "pc-q35-3.1"), .notApplicable),
    Example("a raw file nobody looked at", guest("type='raw'"), .unknown),
    Example("a thick logical volume", volume("sda2"), .notApplicable),
    Example("a volume of a thin pool", volume("dm-1"), .violated(.info)),
    Example("qcow2 grows for ever", guest("type='qcow2'"), .violated(.info)),
    Example(
      "read-only", guest("type='qcow2'").exchanging("<target", with: "<readonly/><target"),
      .notApplicable),
    Example(
      "an old machine can't over IDE",
      guest("type='qcow2'", machine: "pc-i440fx-1.5").exchanging("bus='virtio'", with: "bus='ide'"),
      .notApplicable),
    Example(
      "a floppy disk can't", guest("type='qcow2'").exchanging("bus='virtio'", with: "bus='fdc'"),
      .notApplicable),
    Example("a device nobody read", volume("sda2").without("/sys/block/dm-0"), .unknown),
    Example(
      "a sparse raw file",
      guest("type='raw'").with(
        file: "/tuned-vm/images.json",
        #"{"/i/a.img":{"format":"raw","virtualBytes":1000000,"allocatedBytes":10}}"#),
      .violated(.info)),
    Example(
      "a volume of a Ceph pool",
      .example(
        domains: DomainXML.example(
          devices:
            "<disk type='network'><driver name='qemu' type='raw'/><source protocol='rbd' name='a'/><target dev='vda' bus='virtio'/></disk>"
        )), .violated(.info)),
    Example(
      "a volume of iSCSI",
      .example(
        domains: DomainXML.example(
          devices:
            "<disk type='network'><driver name='qemu' type='raw'/><source protocol='iscsi' name='a'/><target dev='vda' bus='virtio'/></disk>"
        )), .notApplicable),
  ]
}
