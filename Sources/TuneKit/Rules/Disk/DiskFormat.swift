/// qcow2 looks up a table for every cluster; formats of other hypervisors are barely maintained.
struct DiskFormat: Rule {
  static let about = RuleInfo(
    id: "disk.format",
    title: "A disk has the format its purpose asks for",
    severity: Severities(.info, [.db: .warning, .latency: .warning]),
    rationale: "qcow2 adds a table look-up and, while it grows, a metadata write to the path of "
      + "each request; raw adds nothing. Drivers for vmdk, vdi and vpc are made for conversion.",
    cost: "Conversion needs the space of the whole disk and a stopped guest; snapshots inside of "
      + "the image are lost.",
    notWhen: "Other profiles than db and latency accept qcow2; network storage such as rbd is raw "
      + "by nature; fully preallocated qcow2 without a backing file is only worth knowing, and so is "
      + "one whose snapshots or backing files are in use.",
    sources: [.article("§4.3"), .article("§6.4")])

  private static let foreign: Set<String> = [
    "vmdk", "vdi", "vpc", "vhdx", "parallels", "ploop", "qed", "cow", "qcow", "dmg", "cloop",
    "bochs",
  ]

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDisks { domain, disk in
      guard disk.hasSource else { return .notApplicable("no medium") }
      if disk.networkProtocol == "rbd" { return .notApplicable("rbd is raw by nature") }
      let format = disk.effectiveFormat
      let evidence = [disk.node.evidence("driver/@type", disk.format, "raw")]
      if foreign.contains(format) {
        return violation(disk, format, evidence, .warning)
      }
      guard format == "qcow2" else { return .satisfied(evidence) }
      guard [.db, .latency].contains(context.family(of: domain)) else {
        return .satisfied([disk.node.evidence("driver/@type", disk.format)])
      }
      let image = context.facts.image(of: disk).value
      let isFlat = image?.isSparse == false && image?.backingFile == nil
      // Snapshots and overlays need the format.
      let isInUse = (disk.backingDepth ?? 0) > 0 || domain.source.hasSnapshots == true
      return violation(disk, format, evidence, isFlat || isInUse ? .info : nil)
    }
  }

  private static func violation(
    _ disk: DomainDisk, _ format: String, _ evidence: [Evidence], _ severity: Severity?
  ) -> Verdict {
    .violated(
      Violation(
        "\(disk.subjectName) is a \(format) image; raw has no tables in the way of a request",
        severity: severity, evidence: evidence,
        remedy: .advice(
          "with the guest stopped: qemu-img convert -O raw, then set driver/@type to raw",
          risk: about.cost)))
  }

  private static func disk(_ type: String) -> String {
    "<disk type='file'><driver name='qemu' type='\(type)'/><source file='/i/a.img'/>"
      + "<target dev='vda' bus='virtio'/></disk>"
  }

  static let examples: [Example] = [
    Example(
      "raw", .example(domains: DomainXML.example(devices: disk("raw"))), under: .db, .satisfied),
    Example(
      "qcow2 on a mixed host", .example(domains: DomainXML.example(devices: disk("qcow2"))),
      .satisfied),
    Example(
      "no driver element means raw: libvirt does not probe",
      .example(
        domains: DomainXML.example(
          devices: "<disk type='file'><source file='/a'/><target dev='vda'/></disk>")),
      under: .db, .satisfied),
    Example(
      "rbd",
      .example(
        domains: DomainXML.example(
          devices:
            "<disk type='network'><source protocol='rbd' name='a'/><target dev='vda'/></disk>")),
      under: .db, .notApplicable),
    Example(
      "qcow2 for a database", .example(domains: DomainXML.example(devices: disk("qcow2"))),
      under: .db, .violated(.warning)),
    Example(
      "fully preallocated qcow2",
      .example(domains: DomainXML.example(devices: disk("qcow2"))).with(
        file: "/tuned-vm/images.json",
        #"{"/i/a.img":{"kind":"file","format":"qcow2","virtualBytes":100,"allocatedBytes":100}}"#),
      under: .db, .violated(.info)),
    Example(
      "an overlay of a backup",
      .example(
        domains: DomainXML.example(
          devices: "<disk type='file'><driver name='qemu' type='qcow2'/><source file='/i/b'/>"
            + "<backingStore type='file'><format type='raw'/><source file='/i/a'/></backingStore>"
            + "<target dev='vda' bus='virtio'/></disk>")), under: .db, .violated(.info)),
    Example(
      "a VMware image", .example(domains: DomainXML.example(devices: disk("vmdk"))),
      .violated(.warning)),
    Example(
      "a drive without a medium",
      .example(
        domains: DomainXML.example(
          devices:
            "<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><target dev='vda' bus='virtio'/></disk>"
        )), under: .db, .notApplicable),
  ]
}
