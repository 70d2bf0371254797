/// The machine around a passed-through GPU.
struct GPUGuestShape: Rule {
  static let about = RuleInfo(
    id: "gpu.guest-shape", title: "Guests with a GPU are q35, UEFI, huge pages, no balloon",
    severity: Severities(.info, [.hpc: .warning]),
    rationale: "A PCIe card wants a PCIe machine and firmware that maps large BARs; all its memory "
      + "is pinned, so a balloon frees nothing and large pages cost nothing more.",
    cost: "A new machine type changes the guest's hardware.",
    notWhen: "No GPU is passed through. Cards with large BARs also want maxphysaddr.",
    sources: [.article("§9"), .link("https://www.qemu.org/docs/master/system/i386/pc.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { domain in
      let assigned = AssignedDevice.all(domain)
      guard !assigned.isEmpty else { return .notApplicable("nothing is passed through") }
      guard context.facts.pciDevices.value != nil else {
        return .unknown(context.facts.pciDevices.unknownReason)
      }
      let devices = assigned.map { $0.device(context.facts) }
      guard let card = devices.compactMap({ $0 }).first(where: \.isGPU) else {
        return devices.contains { $0 == nil }
          ? .unknown("/sys/bus/pci/devices: a passed-through device was not read")
          : .notApplicable("no GPU is passed through")
      }
      return verdict(domain, card)
    }
  }

  private static func verdict(_ domain: Domain, _ card: PCIDevice) -> Verdict {
    let definition = domain.definition
    let balloon = definition.devices.balloon?.model ?? "virtio (added by libvirt)"
    let machine = definition.system.machine ?? ""
    var checks: [(isRight: Bool, evidence: Evidence)] = [
      (
        machine.contains("q35"),
        Evidence("/domain/os/type/@machine", observed: machine, expected: "q35")
      ),
      (
        definition.system.isUEFI,
        Evidence(
          "/domain/os/@firmware", observed: definition.system.isUEFI ? "efi" : "bios",
          expected: "efi")
      ),
      (
        definition.wantsHugePages,
        Evidence(
          "/domain/memoryBacking/hugepages",
          observed: definition.wantsHugePages ? "present" : nil, expected: "present")
      ),
      (
        balloon == "none",
        Evidence("/domain/devices/memballoon/@model", observed: balloon, expected: "none")
      ),
    ]
    if let limit = definition.memory.hardLimitKiB, let memory = definition.memory.totalKiB,
      memory < Int.max - 1_048_576
    {
      checks.append(
        (
          limit >= memory + 1_048_576,
          Evidence(
            "/domain/memtune/hard_limit", observed: "\(limit) KiB",
            expected: "the guest's memory and 1 GiB")
        ))
    }
    let wrong = checks.filter { !$0.isRight }.map(\.evidence)
    guard !wrong.isEmpty else { return .satisfied(checks.map(\.evidence)) }
    return .violated(
      Violation(
        "\(domain.key.printable) has GPU \(card.address) in a machine that doesn't fit it "
          + "(\(wrong.count) places)",
        evidence: wrong,
        remedy: Remedy(
          .nextGuestStart, "use q35 with UEFI, huge pages and memballoon none",
          risk: "another machine type changes the guest's hardware")))
  }

  static let fitting = DomainXML.example(
    name: "gpu1", extra: "<memoryBacking><hugepages/></memoryBacking>",
    devices: GPUVFIOIOMMU.card + "<memballoon model='none'/>"
  ).replacing("<os>", with: "<os firmware='efi'>")

  static let examples = [
    Example("no GPU", .exampleHost().withDomain(DomainXML.example()), .notApplicable),
    Example("fits", GPUVFIOIOMMU.host().withDomain(fitting), under: .hpc, .satisfied),
    Example("BIOS, balloon", GPUVFIOIOMMU.host().withDomain(GPUVFIOIOMMU.guest), .violated(.info)),
    Example(
      "for computing", GPUVFIOIOMMU.host().withDomain(GPUVFIOIOMMU.guest), under: .hpc,
      .violated(.warning)),
    Example("no host to ask", .example(domains: GPUVFIOIOMMU.guest), .unknown),
    Example("the card is not there", .exampleHost().withDomain(GPUVFIOIOMMU.guest), .unknown),
    Example(
      "another kind of device",
      GPUVFIOIOMMU.host().with("/sys/bus/pci/devices/0000:af:00.0/class", "0x020000\n").withDomain(
        GPUVFIOIOMMU.guest), .notApplicable),
    Example(
      "a limit that leaves no room",
      GPUVFIOIOMMU.host().withDomain(
        fitting.replacing(
          "<os ", with: "<memtune><hard_limit unit='MiB'>4100</hard_limit></memtune><os ")),
      .violated(.info)),
  ]
}
