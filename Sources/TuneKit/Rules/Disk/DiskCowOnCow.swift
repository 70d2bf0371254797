/// Copy-on-write over copy-on-write multiplies writes.
struct DiskCowOnCow: Rule {
  static let about = RuleInfo(
    id: "disk.cow-on-cow",
    title: "A copy-on-write image doesn't lie on a copy-on-write file system",
    severity: Severities(.warning),
    rationale: "qcow2 on ZFS or btrfs writes new clusters into new blocks: every small write "
      + "becomes several, and both layers fragment.",
    cost: "Moving to raw on a zvol or a logical volume means copying the disk.",
    notWhen: "Profiles other than db, latency and throughput; btrfs with nodatacow.",
    sources: [.article("§4.2"), .article("§4.3")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDisks { domain, disk in
      guard [.db, .latency, .throughput].contains(context.family(of: domain)) else {
        return .notApplicable("only for db, latency and throughput")
      }
      guard disk.effectiveFormat == "qcow2", let path = disk.file else {
        return .notApplicable("no qcow2 file")
      }
      return context.facts.fileSystem(of: path).orUnknown { system in
        let evidence = [Evidence(path, observed: "qcow2 on \(system.type)", expected: "raw")]
        let copies =
          system.type == "zfs"
          || (system.type == "btrfs" && !system.options.contains("nodatacow"))
        guard copies else { return .satisfied(evidence) }
        return .violated(
          Violation(
            "\(disk.subjectName) is qcow2 on \(system.type): both copy on write",
            evidence: evidence,
            remedy: .advice("use a raw zvol or logical volume", risk: about.cost)))
      }
    }
  }

  private static func guest(_ type: String, options: String = "rw") -> Snapshot {
    .example(
      domains: DomainXML.example(
        devices: "<disk type='file'><driver type='qcow2'/><source file='/tank/a'/>"
          + "<target dev='vda'/></disk>")
    ).with(
      file: "/tuned-vm/filesystems.json",
      #"{"/tank":{"type":"\#(type)","options":"\#(options)"}}"#)
  }

  static let examples: [Example] = [
    Example("qcow2 on ext4", guest("ext4"), under: .db, .satisfied),
    Example(
      "btrfs without copying", guest("btrfs", options: "rw,nodatacow"), under: .db,
      .satisfied),
    Example("a mixed host", guest("zfs"), .notApplicable),
    Example(
      "nobody knows the file system", guest("zfs").without("/tuned-vm/filesystems.json"),
      under: .db, .unknown),
    Example("qcow2 on ZFS", guest("zfs"), under: .db, .violated(.warning)),
  ]
}
