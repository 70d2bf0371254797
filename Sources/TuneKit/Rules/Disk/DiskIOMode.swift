/// The default hands each request to a pool of threads; native and io_uring submit it themselves.
struct DiskIOMode: Rule {
  static let about = RuleInfo(
    id: "disk.io-mode",
    title: "A direct disk submits its requests itself",
    severity: Severities(.info, [.db: .warning, .latency: .warning, .throughput: .warning]),
    rationale: "aio=threads costs two context switches a request. native needs a direct cache mode "
      + "(QEMU refuses to start otherwise) and blocks where a write must first allocate space, so "
      + "thin images want io_uring.",
    cost: "native on a sparse file can hold up the thread that submits; io_uring needs kernel 5.1, "
      + "QEMU 5.0 and libvirt 6.3.",
    notWhen: "Buffered disks; network disks; threads on qcow2, sparse files and network file "
      + "systems.",
    sources: [.article("§4.3"), .link("https://libvirt.org/formatdomain.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDisks { domain, disk in
      guard disk.hasSource else { return .notApplicable("no medium") }
      guard !["network", "nvme", "vhostuser", "vhostvdpa"].contains(disk.type) else {
        return .notApplicable("'\(disk.type)' does not go through a file of this host")
      }
      if disk.io == "native", !disk.isDirect { return refused(domain, disk) }
      guard disk.isDirect else {
        return .notApplicable("buffered: what submits is not what waits")
      }
      if ["native", "io_uring"].contains(disk.io) {
        return .satisfied([disk.node.evidence("driver/@io", disk.io)])
      }
      return threads(context, domain, disk)
    }
  }

  private static func refused(_ domain: Domain, _ disk: DomainDisk) -> Verdict {
    .violated(
      Violation(
        "\(disk.subjectName) asks for io=native with cache=\(disk.effectiveCache): the guest will "
          + "not start", severity: .critical,
        evidence: [
          disk.node.evidence("driver/@io", "native"),
          disk.node.evidence("driver/@cache", disk.cache, "none or directsync"),
        ], remedy: .edit(domain, "set cache to none", disk.driverEdits([("cache", "none")])),
        cause: "cache of \(disk.subjectName)"))
  }

  private static func threads(_ context: Context, _ domain: Domain, _ disk: DomainDisk) -> Verdict {
    switch context.facts.backing(of: disk) {
    case .network(let name): return .notApplicable("a volume of '\(name)'")
    case .unknown(let reason): return .unknown(reason)
    default: break
    }
    let uring = ioUring(context.facts, domain.definition)
    let isThin = isThin(context.facts, disk)
    if isThin == true {
      let isDemanding = [.db, .latency, .throughput].contains(context.family(of: domain))
      guard isDemanding, uring == true else {
        return .satisfied([disk.node.evidence("driver/@io", disk.io)])
      }
      return violation(domain, disk, "io_uring", .info)
    }
    // A raw file that may be sparse: io_uring is right for both, where it can be had.
    return violation(domain, disk, isThin == nil && uring == true ? "io_uring" : "native", nil)
  }

  private static func violation(
    _ domain: Domain, _ disk: DomainDisk, _ wanted: String, _ severity: Severity?
  ) -> Verdict {
    .violated(
      Violation(
        "\(disk.subjectName) hands its requests to threads; \(wanted) submits them itself",
        severity: severity, evidence: [disk.node.evidence("driver/@io", disk.io, wanted)],
        remedy: .edit(
          domain, "set io to \(wanted)", risk: about.cost, disk.driverEdits([("io", wanted)]))))
  }

  /// Whether a write may have to allocate first; nil for a raw file nobody looked at.
  private static func isThin(_ facts: Facts, _ disk: DomainDisk) -> Bool? {
    if disk.effectiveFormat != "raw" { return true }
    guard case .file(let path) = facts.backing(of: disk) else { return false }
    if facts.fileSystem(of: path).value?.isNetwork == true { return true }
    return facts.image(of: disk).value?.isSparse
  }

  /// Whether io_uring can be used; nil where nobody can tell.
  private static func ioUring(_ facts: Facts, _ definition: DomainDefinition) -> Bool? {
    guard let kernel = facts.host.kernel.flatMap({ KernelRelease($0) }),
      let machine = facts.machineVersion(of: definition)
    else { return nil }
    guard kernel.isAtLeast(5, 1), machine >= MachineVersion(5, 0) else { return false }
    // 1 admits a group that QEMU's user may or may not be in.
    return facts.snapshot.sysctl("kernel.io_uring_disabled").value ?? 0 == 0
  }

  private static func guest(
    _ driver: String, source: String = "type='block'><source dev='/dev/vg/a'/>",
    host: Snapshot = Snapshot()
  ) -> Snapshot {
    host.with(
      domain: DomainXML.example(
        devices: "<disk device='disk' \(source)\(driver)<target dev='vda'/></disk>"))
  }
  private static let file = "type='file'><source file='/i/a.img'/>"
  private static let sparse =
    #"{"/i/a.img":{"kind":"file","format":"raw","virtualBytes":1000,"allocatedBytes":10}}"#

  static let examples: [Example] = [
    Example("native on a block device", guest("<driver cache='none' io='native'/>"), .satisfied),
    Example(
      "native on a sparse qcow2 image",
      guest("<driver type='qcow2' cache='none' io='native'/>", source: file), .satisfied),
    Example(
      "threads on a sparse raw file",
      guest("<driver type='raw' cache='none'/>", source: file)
        .with(file: "/tuned-vm/images.json", sparse), .satisfied),
    Example("a buffered disk", guest("<driver cache='writeback'/>"), .notApplicable),
    Example(
      "no io attribute means threads", guest("<driver cache='none'/>"), under: .db,
      .violated(.warning)),
    Example(
      "threads on qcow2 where io_uring can be had",
      guest("<driver type='qcow2' cache='none' io='threads'/>", source: file, host: .exampleHost()),
      under: .db, .violated(.info)),
    Example(
      "native on a buffered disk does not start", guest("<driver cache='writeback' io='native'/>"),
      .violated(.critical)),
    Example(
      "native without a cache mode does not start", guest("<driver io='native'/>"),
      .violated(.critical)),
    Example(
      "no medium",
      .example(
        domains: DomainXML.example(
          devices:
            "<disk type='file' device='disk'><driver cache='none'/><target dev='vda'/></disk>")),
      .notApplicable),
    Example(
      "over the network",
      guest("<driver cache='none'/>", source: "type='network'><source protocol='nbd' name='a'/>"),
      .notApplicable),
    Example("io_uring", guest("<driver cache='none' io='io_uring'/>"), .satisfied),
    Example(
      "a volume of a Ceph pool",
      guest(
        "<driver cache='none'/>", source: "type='volume'><source pool='ceph' volume='a'/>",
        host: Snapshot.exampleHost().with(
          "/etc/libvirt/storage/ceph.xml", "<pool type='rbd'><name>ceph</name></pool>")),
      .notApplicable),
    Example(
      "a volume of a pool nobody read",
      guest("<driver cache='none'/>", source: "type='volume'><source pool='p' volume='a'/>"),
      .unknown),
    Example(
      "threads on qcow2 where io_uring is forbidden",
      guest(
        "<driver type='qcow2' cache='none' io='threads'/>", source: file,
        host: Snapshot.exampleHost().with("/proc/sys/kernel/io_uring_disabled", "2\n")), under: .db,
      .satisfied),
    Example(
      "threads on qcow2 and an old kernel",
      guest(
        "<driver type='qcow2' cache='none' io='threads'/>", source: file,
        host: Snapshot.exampleHost().with("/proc/sys/kernel/osrelease", "4.18.0-372.el8\n")),
      under: .db, .satisfied),
    Example(
      "threads on qcow2 on a mixed host",
      guest("<driver type='qcow2' cache='none' io='threads'/>", source: file, host: .exampleHost()),
      .satisfied),
  ]
}

/// The leading numbers of a kernel release.
struct KernelRelease: Equatable {
  let major: Int
  let minor: Int

  /// Nil where the text begins with no version.
  init?(_ text: String) {
    let parts = text.split(separator: ".", maxSplits: 2).prefix(2).map { part in
      Int(part.prefix { $0.isASCII && $0.isNumber })
    }
    guard parts.count == 2, let major = parts[0], let minor = parts[1] else { return nil }
    (self.major, self.minor) = (major, minor)
  }

  func isAtLeast(_ major: Int, _ minor: Int) -> Bool { (self.major, self.minor) >= (major, minor) }
}
