/// A guest that doesn't know of 4 KiB sectors writes smaller pieces, and the disk reads first.
struct DiskBlockSize: Rule {
  static let about = RuleInfo(
    id: "disk.block-size",
    title: "The guest knows the physical block size of its device",
    severity: Severities(.info, [.db: .warning]),
    rationale: "Writes below 4 KiB on a 4 KiB device become read-modify-write; a guest that is "
      + "told aligns its file system and its database pages.",
    cost: "A physical size is safe to add. A logical size of 4096 only suits new disks.",
    notWhen: "Image files; devices of 512 bytes.",
    sources: [.link("https://libvirt.org/formatdomain.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDisks { domain, disk in
      guard case .device(let path) = context.facts.backing(of: disk) else {
        return .notApplicable("no block device of the host behind it")
      }
      if let no = context.hostMissing { return no }
      guard let device = context.facts.blockDevice(at: path) else {
        return .unknown("\(path): not among the block devices that were read")
      }
      return device.physicalBlockSize.orUnknown { size in
        let evidence = [
          Evidence(device.queuePath("physical_block_size"), observed: "\(size)"),
          disk.node.evidence(
            "blockio/@physical_block_size", disk.physicalBlockSize.map { "\($0)" },
            size == 4096 ? "4096" : nil),
        ]
        guard size == 4096, disk.physicalBlockSize != 4096 else { return .satisfied(evidence) }
        return .violated(
          Violation(
            "\(disk.subjectName) hides that \(device.name) has blocks of 4 KiB",
            evidence: evidence,
            remedy: .edit(
              domain, "tell the guest",
              [
                .setAttribute(
                  disk.node.path.child("blockio"), name: "physical_block_size", value: "4096")
              ])))
      }
    }
  }

  private static func guest(_ more: String = "", dev: String = "/dev/sda") -> String {
    DomainXML.example(
      devices: "<disk type='block'><source dev='\(dev)'/>\(more)<target dev='vda'/></disk>")
  }

  static let examples: [Example] = [
    Example(
      "the guest knows",
      Snapshot.exampleHost().with(domain: guest("<blockio physical_block_size='4096'/>")),
      under: .db, .satisfied),
    Example(
      "a device of 512 bytes",
      Snapshot.exampleHost().with("/sys/block/sda/queue/physical_block_size", "512")
        .with(domain: guest()), under: .db, .satisfied),
    Example(
      "an image file",
      Snapshot.exampleHost().with(
        domain: DomainXML.example(
          devices: "<disk type='file'><source file='/a'/><target dev='vda'/></disk>")),
      .notApplicable),
    Example(
      "a device nobody knows", Snapshot.exampleHost().with(domain: guest(dev: "/dev/vg/x")),
      .unknown),
    Example(
      "the guest doesn't know", Snapshot.exampleHost().with(domain: guest()), under: .db,
      .violated(.warning)),
  ]
}
