/// Passed-through devices that the IOMMU doesn't keep apart.
struct GPUVFIOIOMMU: Rule {
  static let about = RuleInfo(
    id: "gpu.vfio-iommu", title: "Passed-through devices have an IOMMU group of their own",
    severity: Severities(.critical),
    rationale: "The guest gets whole groups; without an IOMMU it doesn't start, and a device the "
      + "host still drives in the same group stops it too.",
    cost: "Move the card to another slot, or give the whole group away.",
    notWhen: "Nothing is passed through; only bridges share the group; the others are bound to "
      + "vfio-pci or go to the same guest.",
    sources: [.article("§9"), .link("https://docs.kernel.org/driver-api/vfio.html")])

  private static let unsafe = "/sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts"

  static func evaluate(_ context: Context) -> [Judgement] {
    let found = context.facts.domains.flatMap { domain in
      AssignedDevice.all(domain).map { Judgement($0.subject, verdict($0, domain, context)) }
    }
    guard !found.isEmpty else {
      return context.onHost { .notApplicable("no PCI device is passed through") }
    }
    return context.onHost { interrupts(context) } + found
  }

  private static func verdict(
    _ assigned: AssignedDevice, _ domain: Domain, _ context: Context
  ) -> Verdict {
    if let reason = context.noHost { return .unknown(reason) }
    let iommu = context.facts.iommu.groups
    guard let groups = iommu.value else { return .unknown(iommu.unknownReason) }
    guard !groups.isEmpty else {
      return .violated(
        Violation(
          "\(domain.key.printable) gets \(assigned.address.printable), but no IOMMU is in use: it can't start",
          evidence: [Evidence(iommu.source, observed: "no groups", expected: "groups")],
          remedy: Remedy(
            .firmware,
            "enable VT-d or AMD-Vi in the firmware and boot with intel_iommu=on where needed"),
          cause: "iommu"))
    }
    guard context.facts.pciDevices.value != nil else {
      return .unknown(context.facts.pciDevices.unknownReason)
    }
    guard let device = assigned.device(context.facts) else {
      return .unknown("/sys/bus/pci/devices/\(assigned.address): no such device was read")
    }
    guard let group = device.iommuGroup else {
      return .unknown("/sys/bus/pci/devices/\(assigned.address)/iommu_group: is not there")
    }
    let holders = assigned.holders(domain, context.facts)
    let evidence = Evidence(
      "/sys/kernel/iommu_groups/\(group)/devices",
      observed: holders.isEmpty
        ? assigned.address
        : holders.map { "\($0.address) (\($0.driver ?? ""))" }.joined(separator: ", "),
      expected: "only devices bound to vfio-pci")
    guard !holders.isEmpty else { return .satisfied([evidence]) }
    return .violated(
      Violation(
        "\(assigned.address.printable) shares IOMMU group \(group) with devices the host drives",
        evidence: [evidence],
        remedy: .advice(
          "bind them to vfio-pci too, pass them to the same guest, or use another slot"),
        cause: "iommu-group-\(group)"))
  }

  private static func interrupts(_ context: Context) -> Verdict {
    let reading = context.facts.snapshot.text(unsafe)
    guard let text = reading.value else {
      return context.facts.snapshot.isAbsent(unsafe)
        ? .notApplicable("vfio_iommu_type1 is not loaded") : .unknown(reading.unknownReason)
    }
    let evidence = Evidence(unsafe, observed: text, expected: "N")
    guard KernelText.flag(text) == true else { return .satisfied([evidence]) }
    return .violated(
      Violation(
        "guests with devices may forge interrupts (allow_unsafe_interrupts)",
        severity: context.profile.family == .secure ? .critical : .warning, evidence: [evidence],
        remedy: .advice("enable interrupt remapping in the firmware and remove the option")))
  }

  static let card =
    "<hostdev mode='subsystem' type='pci' managed='no'><source>"
    + "<address domain='0x0000' bus='0xaf' slot='0x00' function='0x0'/></source></hostdev>"

  /// A host with a GPU in a group of its own and its audio function beside it.
  static func host(driver: String = "vfio-pci", audio: String? = nil, bootVGA: Bool = false)
    -> Snapshot
  {
    let base = "/sys/bus/pci/devices/0000:af:00."
    var host = Snapshot.exampleHost().with(base + "0/class", "0x030200\n")
      .with(base + "0/vendor", "0x10de\n").with(base + "0/device", "0x1eb8\n")
      .with(base + "0/boot_vga", bootVGA ? "1\n" : "0\n")
      .withLink(base + "0/driver", "/sys/bus/pci/drivers/" + driver)
      .withLink(base + "0/iommu_group", "/sys/kernel/iommu_groups/40")
      .withDirectory("/sys/kernel/iommu_groups/40/devices", ["0000:af:00.0"])
    if let audio {
      host = host.with(base + "1/class", "0x040300\n").with(base + "1/vendor", "0x10de\n")
        .withLink(base + "1/driver", "/sys/bus/pci/drivers/" + audio)
        .withLink(base + "1/iommu_group", "/sys/kernel/iommu_groups/40")
    }
    return host
  }

  static let guest = DomainXML.example(name: "gpu1", devices: card)

  static let examples = [
    Example("nothing passed through", .exampleHost(), .notApplicable),
    Example("alone in its group", host().withDomain(guest), .satisfied),
    Example(
      "its audio function is given up too", host(audio: "vfio-pci").withDomain(guest),
      .satisfied),
    Example(
      "the host drives a device of the group", host(audio: "snd_hda_intel").withDomain(guest),
      .violated(.critical)),
    Example(
      "no IOMMU",
      .exampleHost().without("/sys/kernel/iommu_groups").withDirectory("/sys/kernel/iommu_groups")
        .withDomain(guest), .violated(.critical)),
    Example(
      "unsafe interrupts",
      host().withDomain(guest).with(unsafe, "Y\n"), .violated(.warning)),
    Example(
      "unsafe interrupts beside tenants", host().withDomain(guest).with(unsafe, "Y\n"),
      under: .secure, .violated(.critical)),
    Example("no host to ask", .example(domains: guest), .unknown),
    Example("the card is not there", .exampleHost().withDomain(guest), .unknown),
    Example(
      "vfio is not loaded", host().without("/sys/module/vfio_iommu_type1").withDomain(guest),
      .satisfied),
    Example(
      "whether interrupts are safe is unreadable", host().withDomain(guest).withUnreadable(unsafe),
      .unknown),
  ]
}
