/// Where the table of a qcow2 image doesn't fit its cache, each request reads a table first.
struct DiskQcow2L2: Rule {
  static let about = RuleInfo(
    id: "disk.qcow2-l2",
    title: "The table of a qcow2 image fits its cache",
    severity: Severities(.info, [.db: .warning]),
    rationale: "QEMU keeps at most 32 MiB of L2 tables, which covers 256 GiB with 64 KiB clusters. "
      + "Random access beyond that reads a table from the disk for every request.",
    cost: "The cache takes host memory: 1 MiB for each 8 GiB with 64 KiB clusters.",
    notWhen: "Other formats; images that the cache covers.",
    sources: [.link("https://gitlab.com/qemu-project/qemu/-/blob/master/docs/qcow2-cache.txt")])

  static let defaultKiB = 32 << 10

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDisks { domain, disk in
      guard disk.effectiveFormat == "qcow2" else { return .notApplicable("no qcow2 image") }
      let image = context.facts.image(of: disk)
      return image.orUnknown { judge(domain, disk, $0) }
    }
  }

  private static func judge(_ domain: Domain, _ disk: DomainDisk, _ image: ImageFile) -> Verdict {
    guard let size = image.virtualBytes, let cluster = image.clusterBytes, cluster >= 512 else {
      return .unknown("\(image.path): its size or its clusters are not known")
    }
    // At most 2^54 clusters: no table overflows.
    let bytes = size / cluster * (image.hasExtendedL2 ? 16 : 8)
    let neededMiB = (bytes + (1 << 20) - 1) >> 20
    let haveKiB = disk.metadataCacheKiB ?? defaultKiB
    let evidence = [
      disk.node.evidence(
        "driver/metadata_cache/max_size", disk.metadataCacheKiB.map { "\($0) KiB" },
        "\(neededMiB) MiB")
    ]
    guard neededMiB << 10 > haveKiB else { return .satisfied(evidence) }
    let path = disk.node.path.child("driver").child("metadata_cache").child("max_size")
    return .violated(
      Violation(
        "\(disk.subjectName) has \(neededMiB) MiB of tables and a cache of \(haveKiB >> 10) MiB",
        evidence: evidence,
        remedy: .edit(
          domain, "let the cache grow to \(neededMiB) MiB",
          [.setText(path, "\(neededMiB << 20)"), .setAttribute(path, name: "unit", value: "bytes")])
      ))
  }

  private static func guest(gib: Int, _ driver: String = "") -> Snapshot {
    .example(
      domains: DomainXML.example(
        devices: "<disk type='file'><driver name='qemu' type='qcow2'>\(driver)</driver>"
          + "<source file='/i/a'/><target dev='vda'/></disk>")
    ).with(
      file: "/tuned-vm/images.json",
      #"{"/i/a":{"format":"qcow2","virtualBytes":\#(gib << 30),"clusterBytes":65536}}"#)
  }

  static let examples: [Example] = [
    Example("256 GiB are covered", guest(gib: 256), under: .db, .satisfied),
    Example(
      "a larger cache was given",
      guest(
        gib: 512, "<metadata_cache><max_size unit='MiB'>64</max_size></metadata_cache>"),
      under: .db, .satisfied),
    Example(
      "raw has no tables",
      .example(
        domains: DomainXML.example(
          devices: "<disk type='file'><source file='/a'/><target dev='vda'/></disk>")),
      .notApplicable),
    Example(
      "nobody looked at the image", guest(gib: 512).without("/tuned-vm/images.json"), .unknown),
    Example("512 GiB are not covered", guest(gib: 512), under: .db, .violated(.warning)),
    Example(
      "clusters of unknown size",
      guest(gib: 512).with(
        file: "/tuned-vm/images.json", #"{"/i/a":{"format":"qcow2","virtualBytes":1000000}}"#),
      under: .db, .unknown),
    Example(
      "extended tables are twice as large",
      guest(gib: 256).with(
        file: "/tuned-vm/images.json",
        #"{"/i/a":{"format":"qcow2","virtualBytes":274877906944,"clusterBytes":65536,"extendedL2":true}}"#
      ), under: .db, .violated(.warning)),
  ]
}
