/// A buffered disk keeps guest data twice and loses what the host had not written.
struct DiskCacheMode: Rule {
  static let about = RuleInfo(
    id: "disk.cache-mode",
    title: "A disk bypasses the host's page cache",
    severity: Severities(.warning, [.db: .critical]),
    rationale: "With writeback or writethrough each block lies in the guest's and in the host's "
      + "cache, writes come in bursts, and live migration gets harder. 'unsafe' ignores flushes: "
      + "a host crash corrupts the guest.",
    cost: "A guest with little memory of its own loses the host's cache. The storage must accept "
      + "O_DIRECT.",
    notWhen: "Desktops; rbd (its cache is librbd's and safe); file systems without O_DIRECT; "
      + "read-only and transient disks; guests tagged ephemeral. directsync is safe and only "
      + "worth knowing. An absent attribute counts as writeback.",
    sources: [.article("§4.3"), .article("§6.4"), .link("https://libvirt.org/formatdomain.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDisks { domain, disk in
      let mode = disk.effectiveCache
      if let reason = exemption(context, domain, disk) { return .notApplicable(reason) }
      let evidence = [disk.node.evidence("driver/@cache", disk.cache, "none")]
      switch mode {
      case "none": return .satisfied(evidence)
      case "unsafe":
        return violation(
          domain, disk, evidence, .critical,
          "\(disk.subjectName) ignores the guest's flushes (cache=unsafe): a host crash corrupts it"
        )
      case "directsync":
        return violation(
          domain, disk, evidence, .info,
          "\(disk.subjectName) flushes after every write (directsync); none leaves that to the guest"
        )
      default:
        guard context.family(of: domain) != .desktop else {
          return .satisfied([disk.node.evidence("driver/@cache", disk.cache)])
        }
        return violation(
          // The drivers of network protocols use no page cache of this host.
          domain, disk, evidence, disk.networkProtocol == nil ? nil : .info,
          "\(disk.subjectName) goes through the host's page cache (\(mode))")
      }
    }
  }

  private static func exemption(
    _ context: Context, _ domain: Domain, _ disk: DomainDisk
  ) -> String? {
    if !disk.hasSource { return "no medium" }
    if ["nvme", "vhostuser", "vhostvdpa"].contains(disk.type) {
      return "\(disk.type) goes past the host's page cache by itself"
    }
    if case .network("rbd") = context.facts.backing(of: disk) {
      return "rbd: the mode steers librbd's own, safe cache"
    }
    if disk.isReadOnly { return "read-only" }
    if disk.isTransient { return "transient: what is written is dropped" }
    if context.role(of: domain) == "ephemeral" { return "the guest is tagged ephemeral" }
    if case .file(let path) = context.facts.backing(of: disk),
      let system = context.facts.fileSystem(of: path).value,
      ["tmpfs", "ramfs", "9p"].contains(system.type) || system.type.hasPrefix("fuse")
    {
      return "\(system.type) may not accept O_DIRECT"
    }
    return nil
  }

  private static func violation(
    _ domain: Domain, _ disk: DomainDisk, _ evidence: [Evidence], _ severity: Severity?,
    _ message: String
  ) -> Verdict {
    .violated(
      Violation(
        message, severity: severity, evidence: evidence,
        remedy: .edit(domain, "set cache to none", disk.driverEdits([("cache", "none")])),
        cause: "cache of \(disk.subjectName)"))
  }

  private static func guest(_ driver: String, _ more: String = "", role: String? = nil) -> Snapshot
  {
    .example(
      domains: DomainXML.example(
        tags: role.map { ["role": $0] } ?? [:],
        devices: "<disk type='file'>\(driver)<source file='/i/a.img'/><target dev='vda'/>\(more)"
          + "</disk>"))
  }

  static let examples: [Example] = [
    Example("none", guest("<driver name='qemu' cache='none'/>"), .satisfied),
    Example("a shareable disk means none", guest("", "<shareable/>"), .satisfied),
    Example("a desktop may buffer", guest(""), under: .desktop, .satisfied),
    Example("a read-only disk", guest("", "<readonly/>"), .notApplicable),
    Example("a transient disk", guest("", "<transient/>"), .notApplicable),
    Example(
      "unsafe in a guest tagged ephemeral", guest("<driver cache='unsafe'/>", role: "ephemeral"),
      .notApplicable),
    Example(
      "tmpfs has no O_DIRECT",
      guest("").with(file: "/tuned-vm/filesystems.json", #"{"/i":{"type":"tmpfs"}}"#),
      .notApplicable),
    Example(
      "a volume of a Ceph pool",
      Snapshot.exampleHost().with(
        "/etc/libvirt/storage/ceph.xml", "<pool type='rbd'><name>ceph</name></pool>"
      ).with(
        domain: DomainXML.example(
          devices: "<disk type='volume'><source pool='ceph' volume='a'/><target dev='vda'/></disk>")
      ), .notApplicable),
    Example(
      "an NVMe device of its own",
      .example(
        domains: DomainXML.example(
          devices: "<disk type='nvme'><source type='pci' managed='yes' namespace='1'>"
            + "<address domain='0x0000' bus='0x5e' slot='0x00' function='0x0'/></source>"
            + "<target dev='vda'/></disk>")), .notApplicable),
    Example(
      "NBD uses no page cache",
      .example(
        domains: DomainXML.example(
          devices:
            "<disk type='network'><source protocol='nbd' name='a'/><target dev='vda'/></disk>")),
      under: .db, .violated(.info)),
    Example("absent means writeback", guest(""), .violated(.warning)),
    Example(
      "writethrough under a database", guest("<driver cache='writethrough'/>"), under: .db,
      .violated(.critical)),
    Example("unsafe", guest("<driver name='qemu' cache='unsafe'/>"), .violated(.critical)),
    Example("directsync is safe", guest("<driver cache='directsync'/>"), .violated(.info)),
  ]
}

extension DomainDisk {
  /// Edits that set attributes of `<driver>`, which is created as libvirt writes it.
  func driverEdits(_ attributes: [(String, String)]) -> [XMLEdit] {
    let path = node.path.child("driver")
    var edits: [XMLEdit] = []
    if driver == nil {
      edits.append(.setAttribute(path, name: "name", value: "qemu"))
      edits.append(.setAttribute(path, name: "type", value: effectiveFormat))
    }
    return edits + attributes.map { .setAttribute(path, name: $0.0, value: $0.1) }
  }
}
