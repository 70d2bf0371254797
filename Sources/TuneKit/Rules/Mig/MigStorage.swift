/// Disks that only this host has.
struct MigStorage: Rule {
  static let about = RuleInfo(
    id: "mig.storage", title: "Writable disks lie on storage that every destination sees",
    severity: Severities(.info, [.migratable: .critical]),
    rationale: "A local disk must be copied while the guest runs: hours instead of seconds, and "
      + "nothing helps when the host is gone.",
    cost: "Shared storage; or --copy-storage-all, which sends the whole disk.",
    notWhen: "Read-only disks; network storage, a SAN, cluster and network file systems.",
    sources: [.article("§7"), .link("https://libvirt.org/migration.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    let mounts = MountTable(context.facts.snapshot)
    return context.facts.domains.flatMap { domain -> [Judgement] in
      let disks = domain.definition.devices.disks.filter {
        $0.isDisk && !$0.isReadOnly && !$0.isTransient && $0.hasSource
      }
      guard !disks.isEmpty else {
        return [Judgement(domain.subject, .notApplicable("it has no writable disk"))]
      }
      return disks.map { disk in
        Judgement(Subject(.domainDisk, disk.subjectName), verdict(disk, context, mounts))
      }
    }
  }

  private static func verdict(
    _ disk: DomainDisk, _ context: Context, _ mounts: MountTable
  ) -> Verdict {
    let place = disk.path ?? disk.volume.map { "\($0.pool)/\($0.name)" } ?? disk.type
    switch StorageReach(disk, context.facts, mounts) {
    case .unknown(let reason): return .unknown(reason)
    case .shared(let kind, _):
      return .satisfied([Evidence(disk.node.xpath + "/source", observed: "\(place) on \(kind)")])
    case .local(let kind):
      return .violated(
        Violation(
          "\(disk.subjectName.printable) lies on this host only (\(place.printable), \(kind))",
          evidence: [
            Evidence(
              disk.node.xpath + "/source", observed: "\(place) on \(kind)",
              expected: "shared storage")
          ],
          remedy: .advice("move it to shared storage, or migrate with --copy-storage-all")))
    }
  }

  private static func guest(_ disk: String) -> Snapshot {
    .exampleHost().with("/proc/mounts", MigDevice.mounts)
      .withDomain(DomainXML.example(devices: disk))
  }
  private static func file(_ path: String, _ more: String = "") -> String {
    "<disk type='file' device='disk'><source file='\(path)'/><target dev='vda' bus='virtio'/>"
      + "\(more)</disk>"
  }

  static let examples = [
    Example("on NFS", guest(file("/srv/nfs/a.raw")), under: .migratable, .satisfied),
    Example(
      "Ceph",
      guest(
        "<disk type='network'><source protocol='rbd' name='p/a'/><target dev='vda'/></disk>"),
      under: .migratable, .satisfied),
    Example(
      "read-only", guest(file("/images/a.raw", "<readonly/>")), under: .migratable,
      .notApplicable),
    Example("local", guest(file("/images/a.raw")), under: .migratable, .violated(.critical)),
    Example("local, where nobody moves", guest(file("/images/a.raw")), .violated(.info)),
    Example(
      "no host to ask", .example(domains: DomainXML.example(devices: file("/a.raw"))),
      under: .migratable, .unknown),
  ]
}
