/// Ballooning and memory that is fixed in place exclude each other.
struct MemBalloonConflict: Rule {
  static let about = RuleInfo(
    id: "mem.balloon-conflict",
    title: "A guest with fixed memory is not ballooned",
    severity: Severities(.warning),
    rationale: "VFIO fixes all guest memory in place, so inflating the balloon frees nothing; of "
      + "huge pages QEMU frees only whole ones and warns of it.",
    cost: "None: the memory is occupied either way.",
    notWhen: "The balloon is only there.",
    sources: [
      .text("QEMU hw/virtio/virtio-balloon.c"), .link("https://libvirt.org/formatdomain.html"),
    ])

  static func evaluate(_ context: Context) -> [Judgement] { context.judgeDomains(judge) }

  private static func judge(_ domain: Domain) -> Verdict {
    let definition = domain.definition
    guard definition.hasVFIO || definition.wantsHugePages else {
      return .notApplicable("neither VFIO nor huge pages fix the guest's memory")
    }
    let balloon = definition.devices.balloon
    if balloon?.model == "none" {
      return .satisfied([definition.evidence("devices/memballoon/@model", "none")])
    }
    let memory = definition.memory
    var evidence: [Evidence] = []
    var edits: [XMLEdit] = []
    if let total = memory.totalKiB, let current = memory.currentKiB, current < total {
      evidence.append(
        definition.evidence("currentMemory", "\(current) KiB", "\(total) KiB"))
      edits += [
        .setAttribute("currentMemory", name: "unit", value: "KiB"),
        .setText("currentMemory", "\(total)"),
      ]
    }
    if balloon?.autodeflate == true {
      evidence.append(definition.evidence("devices/memballoon/@autodeflate", "on", "off"))
      edits.append(.removeAttribute("devices/memballoon", name: "autodeflate"))
    }
    if balloon?.freePageReporting == true {
      evidence.append(definition.evidence("devices/memballoon/@freePageReporting", "on", "off"))
      edits.append(.removeAttribute("devices/memballoon", name: "freePageReporting"))
    }
    guard !evidence.isEmpty else {
      return .satisfied([definition.evidence("devices/memballoon/@model", balloon?.model)])
    }
    let what = definition.hasVFIO ? "VFIO fixes all of its memory" : "its memory is huge pages"
    return .violated(
      Violation(
        "\(domain.key) is ballooned although \(what)", evidence: evidence,
        remedy: .edit(domain, "leave the guest all of its memory", edits)))
  }

  private static let pages = "<memoryBacking><hugepages/></memoryBacking>"

  static let examples: [Example] = [
    Example(
      "huge pages and a balloon at rest",
      .example(domains: DomainXML.example(extra: pages, devices: "<memballoon model='virtio'/>")),
      .satisfied),
    Example(
      "no balloon, whatever the definition says of memory",
      .example(
        domains: DomainXML.example(
          extra: "<currentMemory unit='MiB'>1024</currentMemory>" + pages,
          devices: "<memballoon model='none'/>")), .satisfied),
    Example(
      "ordinary memory may be ballooned",
      .example(
        domains: DomainXML.example(extra: "<currentMemory unit='MiB'>1024</currentMemory>")),
      .notApplicable),
    Example(
      "an inflated balloon over huge pages",
      .example(
        domains: DomainXML.example(
          extra: "<currentMemory unit='MiB'>1024</currentMemory>" + pages)), .violated(.warning)),
    Example(
      "free page reporting with VFIO",
      .example(
        domains: DomainXML.example(
          devices: "<memballoon model='virtio' freePageReporting='on'/>"
            + "<hostdev mode='subsystem' type='pci' managed='yes'><source>"
            + "<address domain='0' bus='0x3b' slot='0' function='0'/></source></hostdev>")),
      .violated(.warning)),
  ]
}
