/// Devices that stay behind.
struct MigDevice: Rule {
  static let about = RuleInfo(
    id: "mig.device", title: "No device ties the guest to this host",
    severity: Severities(.info, [.migratable: .critical]),
    rationale: "A passed-through device, a shared directory or this host's CD image can't go with "
      + "the guest: migration is refused.",
    cost: "The device's speed; or a teaming pair that falls back to virtio while moving.",
    notWhen: "A transient half of a teaming pair; media on shared storage.",
    sources: [
      .article("§7"),
      .link("https://libvirt.org/formatdomain.html#teaming-a-virtio-hostdev-nic-pair"),
    ])

  private struct Tie {
    let subject: Subject
    let path: String
    let text: String
    var advice = "detach it before moving, or use a paravirtual device"
  }

  static func evaluate(_ context: Context) -> [Judgement] {
    let mounts = MountTable(context.facts.snapshot)
    return context.facts.domains.flatMap { judge($0, context, mounts) }
  }

  private static func judge(_ domain: Domain, _ context: Context, _ mounts: MountTable)
    -> [Judgement]
  {
    let (media, unknown) = media(domain, context, mounts)
    let ties = devices(domain) + elements(domain) + media
    let found = ties.map { tie in
      Judgement(
        tie.subject,
        .violated(
          Violation(
            "\(domain.key.printable) has \(tie.text) and cannot move with it",
            evidence: [Evidence(tie.path, observed: tie.text)], remedy: .advice(tie.advice))))
    }
    if found.isEmpty, unknown.isEmpty {
      return [
        Judgement(
          domain.subject,
          .satisfied([Evidence("/domain/devices", observed: "nothing is tied to this host")]))
      ]
    }
    return found + unknown
  }

  private static func devices(_ domain: Domain) -> [Tie] {
    let devices = domain.definition.devices
    let hasPartner = devices.interfaces.contains { $0.teaming == "persistent" && $0.isVirtio }
    let assigned = devices.hostDevices
      .filter { ["pci", "usb", "mdev"].contains($0.type) }
      .filter { !($0.teaming == "transient" && hasPartner) }
      .map {
        Tie(
          subject: Subject(.domainDevice, $0.subjectName), path: $0.node.xpath,
          text: "a passed-through \($0.type) device")
      }
    let functions = devices.interfaces
      .filter { $0.type == "hostdev" && !($0.teaming == "transient" && hasPartner) }
      .map {
        Tie(
          subject: Subject(.domainInterface, $0.subjectName), path: $0.node.xpath,
          text: "a virtual function as its card",
          advice: "pair it with a virtio card by <teaming>, so that it can be taken away meanwhile")
      }
    return assigned + functions
  }

  private static func elements(_ domain: Domain) -> [Tie] {
    let devices = domain.definition.devices
    func ties(_ name: String, _ text: String, where isTied: (XMLNode) -> Bool = { _ in true })
      -> [Tie]
    {
      devices.all(name).enumerated().filter { isTied($0.element) }.map { place, node in
        Tie(
          subject: Subject(.domainDevice, "\(domain.key)/\(name)\(place + 1)"), path: node.xpath,
          text: text)
      }
    }
    var found = ties("filesystem", "a directory of this host") + ties("shmem", "shared memory")
    found += ties("tpm", "a TPM whose state stays here") { node in
      let backend = node.first("backend")
      let isKept = backend?.first("source")?["path"] != nil
      return !isKept && backend?["type"] != "external"
    }
    if let node = domain.definition.launchSecurity {
      found.append(
        Tie(subject: domain.subject, path: node.xpath, text: "encrypted memory (launchSecurity)"))
    }
    return found
  }

  /// CD and floppy images that only this host has.
  private static func media(
    _ domain: Domain, _ context: Context, _ mounts: MountTable
  ) -> (ties: [Tie], unknown: [Judgement]) {
    var ties: [Tie] = []
    var unknown: [Judgement] = []
    for disk in domain.definition.devices.disks
    where ["cdrom", "floppy"].contains(disk.device) && (disk.path ?? "") != "" {
      let subject = Subject(.domainDisk, disk.subjectName)
      switch StorageReach(disk, context.facts, mounts) {
      case .shared: continue
      case .unknown(let reason): unknown.append(Judgement(subject, .unknown(reason)))
      case .local:
        ties.append(
          Tie(
            subject: subject, path: disk.node.xpath, text: "a medium of this host in its drive",
            advice:
              "eject it: virsh change-media \(domain.key.printable) \(disk.target ?? "") --eject"))
      }
    }
    return (ties, unknown)
  }

  static let mounts = "/dev/sda1 / ext4 rw 0 0\nnas:/vm /srv/nfs nfs4 rw 0 0\n"
  private static func guest(_ devices: String) -> Snapshot {
    .exampleHost().with("/proc/mounts", mounts).withDomain(DomainXML.example(devices: devices))
  }
  private static let function =
    "<hostdev mode='subsystem' type='pci' managed='yes'><source>"
    + "<address domain='0x0000' bus='0x3b' slot='0x02' function='0x0'/></source>"

  static let examples = [
    Example("paravirtual", guest(SettingTable.directDisk), under: .migratable, .satisfied),
    Example(
      "an empty drive", guest("<disk type='file' device='cdrom'><target dev='sda'/></disk>"),
      under: .migratable, .satisfied),
    Example(
      "a medium on shared storage",
      guest(
        "<disk type='file' device='cdrom'><source file='/srv/nfs/a.iso'/><target dev='sda'/></disk>"
      ),
      under: .migratable, .satisfied),
    Example(
      "a teaming pair",
      guest(
        "<interface type='bridge'><source bridge='br0'/><model type='virtio'/>"
          + "<teaming type='persistent'/><alias name='ua-a'/></interface>" + function
          + "<teaming type='transient' persistent='ua-a'/></hostdev>"), under: .migratable,
      .satisfied),
    Example(
      "passed through", guest(function + "</hostdev>"), under: .migratable,
      .violated(.critical)),
    Example("passed through, elsewhere", guest(function + "</hostdev>"), .violated(.info)),
    Example(
      "a medium of this host",
      guest(
        "<disk type='file' device='cdrom'><source file='/iso/a.iso'/><target dev='sda'/></disk>"),
      under: .migratable, .violated(.critical)),
    Example(
      "nobody knows where it lies",
      .example(
        domains: DomainXML.example(
          devices:
            "<disk type='file' device='cdrom'><source file='/a.iso'/><target dev='sda'/></disk>")),
      under: .migratable, .unknown),
  ]
}
