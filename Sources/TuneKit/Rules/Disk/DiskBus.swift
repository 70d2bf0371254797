/// An emulated disk controller costs a trap for every register; virtio costs one for a batch.
struct DiskBus: Rule {
  static let about = RuleInfo(
    id: "disk.bus",
    title: "A disk hangs on a paravirtual bus",
    severity: Severities(.warning, [.db: .critical, .latency: .critical, .throughput: .critical]),
    rationale: "Emulated IDE, SATA and old SCSI controllers leave the guest several times for "
      + "each request; virtio reaches three to four times their IOPS.",
    cost: "The guest must have the virtio driver in its initramfs. Names change (sda becomes vda): "
      + "check that fstab and the boot loader use UUIDs.",
    notWhen: "SCSI on virtio-scsi; NVMe emulation; Windows without a virtio disk already "
      + "(attach a second virtio disk, install the driver, then switch); CD-ROMs and floppies.",
    sources: [.article("§3.2"), .article("§6.3"), .article("§6.4")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDisks { judge($0, $1, context) }
  }

  private static func judge(
    _ domain: Domain, _ disk: DomainDisk, _ context: Context
  ) -> Verdict {
    let definition = domain.definition
    guard let bus = disk.bus else {
      return .unknown("\(disk.node.xpath)/target/@bus: neither the bus nor the target says it")
    }
    let evidence = [disk.node.evidence("target/@bus", bus, "virtio")]
    switch bus {
    case "virtio": return .satisfied(evidence)
    case "ide", "sata", "usb", "fdc": break
    case "scsi":
      guard let model = scsiModel(disk, definition) else {
        return defaultSCSI(domain, disk, context, evidence)
      }
      if !isEmulated(model) { return .satisfied(evidence) }
    default: return .notApplicable("bus '\(bus)' has no paravirtual counterpart to compare with")
    }
    let hasDriver = definition.devices.disks.contains { $0.bus == "virtio" }
    if definition.isWindows == true, !hasDriver {
      return .notApplicable(
        "Windows without a virtio disk: attach one, install the driver, then switch this disk")
    }
    return .violated(
      Violation(
        "\(disk.subjectName) hangs on an emulated \(bus) controller; virtio is three to four times "
          + "as fast", evidence: evidence, remedy: remedy(domain, disk)))
  }

  private static func scsiModel(_ disk: DomainDisk, _ definition: DomainDefinition) -> String? {
    let index = disk.controllerIndex ?? 0
    let controllers = definition.devices.controllers.filter { $0.type == "scsi" }
    let own = controllers.enumerated().first { ($0.element.index ?? $0.offset) == index }?.element
    // libvirt places disks without an address itself, on the controllers that are there.
    return (own ?? (disk.controllerIndex == nil ? controllers.first : nil))?.model
  }

  /// No model is written: libvirt takes lsilogic on x86 where QEMU has it, virtio-scsi elsewhere
  /// (qemuDomainGetSCSIControllerModel).
  private static func defaultSCSI(
    _ domain: Domain, _ disk: DomainDisk, _ context: Context, _ evidence: [Evidence]
  ) -> Verdict {
    let hostIsX86 = context.facts.processor.architecture.map { $0 == .x86 }
    guard let isX86 = domain.definition.isX86 ?? hostIsX86 else {
      return .unknown("\(disk.node.xpath): the SCSI controller's model is not stated")
    }
    guard isX86 else { return .satisfied(evidence) }
    if domain.definition.isWindows == true {
      return .unknown("\(disk.node.xpath): the SCSI controller's model is not stated")
    }
    return .violated(
      Violation(
        "\(disk.subjectName) hangs on a SCSI controller without a model; libvirt takes the emulated "
          + "lsilogic where QEMU has it", severity: .info, evidence: evidence,
        remedy: remedy(domain, disk)))
  }

  private static func isEmulated(_ model: String) -> Bool {
    ["lsilogic", "buslogic", "am53c974", "dc390", "dc-390", "ncr53c90", "auto"].contains(model)
      || model.hasPrefix("lsisas")
  }

  private static func remedy(_ domain: Domain, _ disk: DomainDisk) -> Remedy {
    guard domain.definition.isLinux == true, let name = freeName(domain.definition) else {
      return .advice(
        "give the guest the virtio driver (attach a second virtio disk, let the guest install the "
          + "driver), then switch the bus to virtio")
    }
    let path = disk.node.path
    let target = path.child("target")
    return .edit(
      domain, "switch the bus to virtio", risk: about.cost,
      [
        .setAttribute(target, name: "dev", value: name),
        .setAttribute(target, name: "bus", value: "virtio"),
        .removeAttribute(target, name: "tray"), .removeAttribute(target, name: "removable"),
        .removeAttribute(target, name: "rotation_rate"), .remove(path.child("wwn")),
        .remove(path.child("vendor")), .remove(path.child("product")),
        .remove(path.child("address")),
      ])
  }

  private static func freeName(_ definition: DomainDefinition) -> String? {
    let used = Set(definition.devices.disks.compactMap(\.target))
    return "abcdefghijklmnopqrstuvwxyz".lazy.map { "vd\($0)" }.first { !used.contains($0) }
  }

  private static func disk(_ bus: String, _ more: String = "") -> String {
    "<disk type='file' device='disk'><source file='/a.img'/><target dev='sda' bus='\(bus)'/></disk>"
      + more
  }

  static let examples: [Example] = [
    Example("virtio", .example(domains: DomainXML.example(devices: disk("virtio"))), .satisfied),
    Example(
      "SCSI on a virtio-scsi controller",
      .example(
        domains: DomainXML.example(
          devices: disk("scsi", "<controller type='scsi' index='0' model='virtio-scsi'/>"))),
      .satisfied),
    Example(
      "Windows without a virtio driver would not boot",
      .example(domains: DomainXML.example(system: DomainXML.windows, devices: disk("sata"))),
      .notApplicable),
    Example(
      "a CD-ROM drive is no disk",
      .example(
        domains: DomainXML.example(
          devices: "<disk type='file' device='cdrom'><target dev='sda' bus='sata'/></disk>")),
      .silent),
    Example(
      "NVMe emulation", .example(domains: DomainXML.example(devices: disk("nvme"))),
      .notApplicable),
    Example(
      "SCSI on s390x",
      .example(domains: DomainXML.example(arch: "s390x", devices: disk("scsi"))), .satisfied),
    Example(
      "SCSI on a controller without a model",
      .example(domains: DomainXML.example(devices: disk("scsi"))), under: .db, .violated(.info)),
    Example(
      "SATA in a Linux guest",
      .example(domains: DomainXML.example(system: DomainXML.linux, devices: disk("sata"))),
      under: .db, .violated(.critical)),
    Example(
      "SCSI on an emulated controller",
      .example(
        domains: DomainXML.example(
          devices: disk("scsi", "<controller type='scsi' index='0' model='lsilogic'/>"))),
      .violated(.warning)),
    Example(
      "neither bus nor target",
      .example(
        domains: DomainXML.example(
          devices: "<disk type='file'><source file='/a.img'/><target dev='x'/></disk>")), .unknown),
    Example(
      "SCSI without a model in Windows",
      .example(
        domains: DomainXML.example(
          system: DomainXML.windows,
          devices: disk("scsi") + disk("virtio").replacing("sda", with: "vda"))), .unknown),
    Example(
      "SCSI without a model or an architecture",
      .example(
        domains: DomainXML.example(devices: disk("scsi")).replacing(" arch='x86_64'", with: "")),
      .unknown),
    Example(
      "Windows with the driver",
      .example(
        domains: DomainXML.example(
          system: DomainXML.windows,
          devices: disk("sata") + disk("virtio").replacing("sda", with: "vda"))),
      .violated(.warning)),
    Example(
      "a floppy disk's bus", .example(domains: DomainXML.example(devices: disk("fdc"))),
      .violated(.warning)),
    Example("USB", .example(domains: DomainXML.example(devices: disk("usb"))), .violated(.warning)),
    Example("IDE", .example(domains: DomainXML.example(devices: disk("ide"))), .violated(.warning)),
    Example(
      "an emulated LSI SAS",
      .example(
        domains: DomainXML.example(
          devices: disk("scsi", "<controller type='scsi' index='0' model='lsisas1068'/>"))),
      .violated(.warning)),
    Example(
      "its own controller is the second",
      .example(
        domains: DomainXML.example(
          devices:
            "<controller type='scsi' index='0' model='lsilogic'/><controller type='scsi' index='1' model='virtio-scsi'/>"
            + disk("scsi").replacing(
              "</disk>",
              with: "<address type='drive' controller='1' bus='0' target='0' unit='0'/></disk>"))),
      .satisfied),
  ]
}
