/// One queue makes all vCPUs wait for the one that owns its interrupt.
struct DiskQueues: Rule {
  static let about = RuleInfo(
    id: "disk.queues",
    title: "A virtio disk has a queue per vCPU",
    severity: Severities(.info, [.db: .warning, .throughput: .warning]),
    rationale: "With one queue, completions of all vCPUs are handled by one of them. QEMU gives a "
      + "queue per vCPU by itself from machine version 5.2 on.",
    cost: "Some memory a queue, and a vector each.",
    notWhen: "One vCPU; no attribute and machine version 5.2 or later.",
    sources: [
      .link("https://gitlab.com/qemu-project/qemu/-/blob/master/hw/core/machine.c"),
      .link("https://libvirt.org/formatdomain.html"),
    ])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.facts.domains.flatMap { domain in
      let devices = domain.definition.devices
      let version = context.facts.machineVersion(of: domain.definition)
      let disks = devices.disks.filter { $0.isDisk && $0.bus == "virtio" }.map { disk in
        Judgement(
          Subject(.domainDisk, disk.subjectName),
          judge(domain, disk.node, disk.subjectName, disk.queues, version) {
            disk.driverEdits([("queues", $0)])
          })
      }
      let serving = devices.controllers.filter { controller in
        controller.isVirtioSCSI
          && devices.disks.contains {
            $0.isDisk && $0.bus == "scsi" && ($0.controllerIndex ?? 0) == (controller.index ?? 0)
          }
      }
      let controllers = serving.map { controller in
        Judgement(
          Subject(.domainDevice, controller.subjectName),
          judge(domain, controller.node, controller.subjectName, controller.queues, version) {
            [.setAttribute(controller.node.path.child("driver"), name: "queues", value: $0)]
          })
      }
      return disks + controllers
    }
  }

  private static func judge(
    _ domain: Domain, _ node: XMLNode, _ name: String, _ queues: Int?,
    _ machine: MachineVersion?, _ edits: (String) -> [XMLEdit]
  ) -> Verdict {
    let vcpus = domain.definition.vcpus
    let wanted = min(vcpus, 256)
    let evidence = [node.evidence("driver/@queues", queues.map { "\($0)" }, "\(wanted)")]
    if let queues, queues > vcpus {
      return .violated(
        Violation(
          "\(name) has \(queues) queues for \(vcpus) vCPUs", severity: .warning,
          evidence: evidence,
          remedy: .edit(domain, "set queues to \(wanted)", edits("\(wanted)"))))
    }
    guard vcpus > 1 else { return .notApplicable("one vCPU needs one queue") }
    if let queues, queues != 1 { return .satisfied([node.evidence("driver/@queues", "\(queues)")]) }
    if queues == nil {
      guard let version = machine else {
        return .unknown("os/type/@machine: its version decides how many queues QEMU gives")
      }
      guard version < MachineVersion(5, 2) else {
        return .satisfied([node.evidence("driver/@queues", nil)])
      }
    }
    return .violated(
      Violation(
        "\(name) serves \(vcpus) vCPUs with one queue", evidence: evidence,
        remedy: .edit(domain, "set queues to \(wanted)", edits("\(wanted)"))))
  }

  private static func guest(
    _ attributes: String, vcpus: Int = 4, machine: String = "pc-q35-4.2"
  ) -> Snapshot {
    .example(
      domains: DomainXML.example(
        vcpus: vcpus, machine: machine,
        devices: "<disk type='file'><driver name='qemu'\(attributes)/><source file='/a'/>"
          + "<target dev='vda' bus='virtio'/></disk>"))
  }

  static let examples: [Example] = [
    Example("a queue per vCPU", guest(" queues='4'"), .satisfied),
    Example(
      "from machine 5.2 on QEMU does it by itself", guest("", machine: "pc-q35-5.2"), .satisfied),
    Example("one vCPU", guest("", vcpus: 1), .notApplicable),
    Example(
      "a controller for a CD-ROM drive alone",
      .example(
        domains: DomainXML.example(
          machine: "pc-q35-4.2",
          devices: "<controller type='scsi' index='0' model='virtio-scsi'/>"
            + "<disk type='file' device='cdrom'><target dev='sda' bus='scsi'/></disk>")),
      under: .db, .silent),
    Example(
      "an alias follows the installed QEMU",
      guest("", machine: "q35").with(file: "/tuned-vm/versions.json", "{\"hypervisor\":7002000}"),
      .satisfied),
    Example(
      "Ubuntu's name of an old machine", guest("", machine: "pc-q35-focal"), .violated(.info)),
    Example("an alias hides the version", guest("", machine: "q35"), .unknown),
    Example("an old machine gives one queue", guest(""), under: .db, .violated(.warning)),
    Example("one queue asked for", guest(" queues='1'", machine: "pc-q35-7.2"), .violated(.info)),
    Example("more queues than vCPUs", guest(" queues='8'"), .violated(.warning)),
  ]
}
