/// Cached disks on storage whose caches don't agree.
struct MigCacheSafe: Rule {
  static let about = RuleInfo(
    id: "mig.cache-safe", title: "Disks on shared storage bypass the host's cache",
    severity: Severities(.off, [.migratable: .critical]),
    rationale: "The destination may read old blocks from its own cache while the source still "
      + "holds newer ones; libvirt refuses such a move as unsafe.",
    cost: "The host no longer caches for the guest.",
    notWhen: "Local disks, which are copied; rbd; read-only disks; coherent cluster file systems; "
      + "a QEMU that can drop its cache (4.2 and later: then info).",
    sources: [.article("§7"), .link("https://libvirt.org/migration.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    let mounts = MountTable(context.facts.snapshot)
    return context.facts.domains.flatMap { domain -> [Judgement] in
      guard context.profile(of: domain).family == .migratable else {
        return [Judgement(domain.subject, .notApplicable("the guest isn't meant to move"))]
      }
      let disks = domain.definition.devices.disks.filter { $0.isDisk && $0.hasSource }
      return disks.map { disk in
        Judgement(Subject(.domainDisk, disk.subjectName), verdict(disk, domain, context, mounts))
      }
    }
  }

  private static func verdict(
    _ disk: DomainDisk, _ domain: Domain, _ context: Context, _ mounts: MountTable
  ) -> Verdict {
    let cache = disk.effectiveCache
    let evidence = Evidence(
      disk.node.xpath + "/driver/@cache", observed: disk.cache ?? "absent (writeback)",
      expected: "none")
    if disk.isDirect { return .satisfied([evidence]) }
    if disk.isReadOnly { return .notApplicable("it is read-only") }
    switch StorageReach(disk, context.facts, mounts) {
    case .unknown(let reason): return .unknown(reason)
    case .local: return .notApplicable("a local disk is copied")
    case .shared(_, isCoherent: true): return .notApplicable("its caches agree among hosts")
    case .shared: break
    }
    let severity: Severity
    if cache == "unsafe" {
      severity = .warning
    } else {
      let version = QEMUVersion.read(context.facts.snapshot)
      guard let version = version.value else { return .unknown(version.unknownReason) }
      severity = version >= MachineVersion(4, 2) ? .info : .critical
    }
    return .violated(
      Violation(
        "\(disk.subjectName.printable) is cached (\(cache.printable)) on storage whose caches don't agree",
        severity: severity, evidence: [evidence],
        remedy: .edit(
          "set cache='none'", domain,
          [.setAttribute(disk.node.path.child("driver"), name: "cache", value: "none")]),
        cause: nil))
  }

  private static func guest(_ cache: String, _ path: String = "/srv/nfs/a.raw") -> Snapshot {
    .exampleHost().with("/proc/mounts", MigDevice.mounts)
      .with("/tuned-vm/versions.json", "{\"libvirt\":9000000,\"hypervisor\":4001000}\n")
      .withDomain(
        DomainXML.example(
          devices: "<disk type='file' device='disk'><driver name='qemu' type='raw' \(cache)/>"
            + "<source file='\(path)'/><target dev='vda' bus='virtio'/></disk>"))
  }

  static let examples = [
    Example("none", guest("cache='none'"), under: .migratable, .satisfied),
    Example("a local disk", guest("", "/images/a.raw"), under: .migratable, .notApplicable),
    Example("not meant to move", guest(""), .notApplicable),
    Example(
      "a QEMU that drops its cache",
      guest("").with("/tuned-vm/versions.json", "{\"hypervisor\":7002000}\n"),
      under: .migratable, .violated(.info)),
    Example("an old QEMU", guest("cache='writeback'"), under: .migratable, .violated(.critical)),
    Example("unsafe", guest("cache='unsafe'"), under: .migratable, .violated(.warning)),
    Example(
      "which QEMU?", guest("").without("/tuned-vm/versions.json"), under: .migratable, .unknown),
  ]
}

/// The version of the installed QEMU, from libvirt (`/tuned-vm/versions.json`).
enum QEMUVersion {
  /// Major and minor number.
  static func read(_ snapshot: Snapshot) -> Known<MachineVersion> {
    VirtualFile.json(snapshot, "versions.json").parsed(as: "a list with the hypervisor's version") {
      guard let number = $0["hypervisor"]?.intValue, number > 0 else { return nil }
      return MachineVersion(number / 1_000_000, number / 1000 % 1000)
    }
  }
}

extension Facts {
  /// The version of a guest's machine; an alias, or none, follows the installed QEMU.
  func machineVersion(of definition: DomainDefinition) -> MachineVersion? {
    if let version = definition.machineVersion { return version }
    let aliases = ["q35", "pc", "virt", "s390-ccw-virtio", "pseries", "microvm"]
    guard definition.system.machine.map({ aliases.contains($0) }) ?? true else { return nil }
    return QEMUVersion.read(snapshot).value
  }
}
