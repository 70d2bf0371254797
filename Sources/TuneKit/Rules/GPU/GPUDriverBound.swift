/// A GPU that the host's driver still holds when the guest starts.
struct GPUDriverBound: Rule {
  static let about = RuleInfo(
    id: "gpu.driver-bound", title: "Assigned GPUs are free when their guest starts by itself",
    severity: Severities(.warning),
    rationale: "Without managed='yes' nobody takes the card from the host's driver, and the guest "
      + "doesn't start with the host.",
    cost: "The host can't use the card.",
    notWhen: "managed='yes'; the guest doesn't start with the host; no GPU.",
    sources: [.article("§9"), .link("https://libvirt.org/formatdomain.html#usb-pci-scsi-devices")])

  static func evaluate(_ context: Context) -> [Judgement] {
    let assigned = AssignedDevice.addresses(context.facts)
    let found = context.facts.domains.flatMap { domain in
      AssignedDevice.all(domain).compactMap { device -> Judgement? in
        verdict(device, domain, context, assigned).map { Judgement(device.subject, $0) }
      }
    }
    return found.isEmpty
      ? context.onHost { .notApplicable("no GPU is passed through") } : found
  }

  private static func verdict(
    _ assigned: AssignedDevice, _ domain: Domain, _ context: Context, _ given: Set<String>
  ) -> Verdict? {
    if let reason = context.noHost { return .unknown(reason) }
    guard context.facts.pciDevices.value != nil else {
      return .unknown(context.facts.pciDevices.unknownReason)
    }
    guard let card = assigned.device(context.facts) else {
      return .unknown("/sys/bus/pci/devices/\(assigned.address): no such device was read")
    }
    let source = "/sys/bus/pci/devices/\(card.address)"
    guard card.classCode != nil else { return .unknown("\(source)/class: was not read") }
    guard card.isGPU else { return nil }
    if card.isBootVGA {
      return .violated(
        Violation(
          "\(domain.key.printable) gets \(card.address), the display the host boots on",
          severity: .critical,
          evidence: [Evidence(source + "/boot_vga", observed: "1", expected: "0")],
          remedy: .advice("boot the host on another adapter, or by the firmware's serial console")))
    }
    if let twin = twin(of: card, context.facts, given) {
      return .violated(
        Violation(
          "vfio-pci ids= also takes \(twin.address), a card of the same kind that the host uses",
          severity: .critical,
          evidence: [
            Evidence("vfio-pci ids=", observed: "\(card.vendor ?? ""):\(card.device ?? "")"),
            Evidence("/sys/bus/pci/devices/\(twin.address)/driver", observed: twin.driver),
          ],
          remedy: .advice("bind by address with driver_override instead of ids=")))
    }
    return binding(assigned, card, domain, source)
  }

  private static func binding(
    _ assigned: AssignedDevice, _ card: PCIDevice, _ domain: Domain, _ source: String
  ) -> Verdict {
    let evidence = Evidence(
      source + "/driver", observed: card.driver ?? "none", expected: "vfio-pci")
    if assigned.isManaged { return .notApplicable("libvirt binds it (managed='yes')") }
    if let driver = card.driver, AssignedDevice.passthroughDrivers.contains(driver) {
      return .satisfied([evidence])
    }
    guard let starts = domain.source.autostart else {
      return .unknown("whether \(domain.key.printable) starts with the host is not known")
    }
    guard starts else { return .notApplicable("the guest doesn't start with the host") }
    return .violated(
      Violation(
        "\(domain.key.printable) starts with the host while \(card.driver ?? "no driver") holds its GPU",
        evidence: [evidence, Evidence(assigned.xpath + "/@managed", observed: "no")],
        remedy: .advice("set managed='yes', or bind the card to vfio-pci at boot")))
  }

  /// A card of the same kind that `ids=` would take from the host.
  private static func twin(
    of card: PCIDevice, _ facts: Facts, _ given: Set<String>
  ) -> PCIDevice? {
    guard let vendor = card.vendor, let device = card.device else { return nil }
    let ids = facts.nextBoot.value(of: "/sys/module/vfio_pci/parameters/ids")?.value
    let more = facts.commandLine.value?.last("vfio-pci.ids")
    let listed = [ids, more].compactMap { $0 }.flatMap { $0.lowercased().split(separator: ",") }
    guard listed.contains(where: { $0.hasPrefix("\(vendor):\(device)") }) else { return nil }
    return facts.pciDevices.value?.first {
      $0.vendor == vendor && $0.device == device && $0.address != card.address
        && !given.contains($0.address)
        && $0.driver.map { !AssignedDevice.passthroughDrivers.contains($0) } ?? false
    }
  }

  private static let second = "/sys/bus/pci/devices/0000:d8:00.0"

  static let examples = [
    Example("none", .exampleHost(), .notApplicable),
    Example(
      "bound to vfio-pci", GPUVFIOIOMMU.host().withDomain(GPUVFIOIOMMU.guest, autostart: true),
      .satisfied),
    Example(
      "libvirt binds it",
      GPUVFIOIOMMU.host(driver: "nvidia").withDomain(
        GPUVFIOIOMMU.guest.replacing("managed='no'", with: "managed='yes'"), autostart: true),
      .notApplicable),
    Example(
      "the host's driver holds it",
      GPUVFIOIOMMU.host(driver: "nvidia").withDomain(GPUVFIOIOMMU.guest, autostart: true),
      .violated(.warning)),
    Example(
      "the boot display", GPUVFIOIOMMU.host(bootVGA: true).withDomain(GPUVFIOIOMMU.guest),
      .violated(.critical)),
    Example(
      "ids= takes the host's card too",
      GPUVFIOIOMMU.host().withDomain(GPUVFIOIOMMU.guest)
        .with(second + "/class", "0x030200\n").with(second + "/vendor", "0x10de\n")
        .with(second + "/device", "0x1eb8\n")
        .withLink(second + "/driver", "/sys/bus/pci/drivers/nvidia")
        .with("/proc/cmdline", "vfio-pci.ids=10de:1eb8\n"), .violated(.critical)),
    Example("no host to ask", .example(domains: GPUVFIOIOMMU.guest), .unknown),
    Example(
      "devices were not read",
      GPUVFIOIOMMU.host().without("/sys/bus/pci/devices").without("/sys/bus/pci").withDomain(
        GPUVFIOIOMMU.guest), .unknown),
    Example("the card is not there", .exampleHost().withDomain(GPUVFIOIOMMU.guest), .unknown),
    Example(
      "the guest is started by hand",
      GPUVFIOIOMMU.host(driver: "nvidia").withDomain(GPUVFIOIOMMU.guest), .notApplicable),
    Example(
      "nobody knows whether it starts by itself",
      GPUVFIOIOMMU.host(driver: "nvidia").with(domain: GPUVFIOIOMMU.guest), .unknown),
    Example(
      "its twin is a guest's too",
      GPUVFIOIOMMU.host().withDomain(GPUVFIOIOMMU.guest, autostart: true).with(
        second + "/class", "0x030200\n"
      ).with(second + "/vendor", "0x10de\n").with(second + "/device", "0x1eb8\n").withLink(
        second + "/driver", "/sys/bus/pci/drivers/vfio-pci"
      ).with("/proc/cmdline", "vfio-pci.ids=10de:1eb8\n"), .satisfied),
  ]
}
