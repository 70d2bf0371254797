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
      if let reason = incapable(disk, domain.definition.machineVersion) {
        return .notApplicable(reason)
      }
      switch isThin(context.facts, disk) {
      case nil: return .unknown(context.facts.image(of: disk).unknownReason)
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

  private static func isThin(_ facts: Facts, _ disk: DomainDisk) -> Bool? {
    if disk.effectiveFormat == "qcow2" || disk.networkProtocol == "rbd" { return true }
    guard disk.file != nil else { return false }
    return facts.image(of: disk).value?.isSparse
  }

  private static func guest(_ driver: String, machine: String = "pc-q35-7.2") -> Snapshot {
    .example(
      domains: DomainXML.example(
        machine: machine,
        devices: "<disk type='file'><driver name='qemu' \(driver)/><source file='/i/a.img'/>"
          + "<target dev='vda' bus='virtio'/></disk>"))
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
    Example("qcow2 grows for ever", guest("type='qcow2'"), .violated(.info)),
  ]
}
