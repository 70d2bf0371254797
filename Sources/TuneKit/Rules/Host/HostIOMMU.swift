/// Devices can be handed to guests only behind an IOMMU.
struct HostIOMMU: Rule {
  static let about = RuleInfo(
    id: "host.iommu-enabled", title: "An IOMMU is in use where devices go to guests",
    severity: Severities(.info, [.latency: .warning, .hpc: .warning, .network: .warning]),
    rationale: "Passing a device through needs the IOMMU to keep its memory access inside the "
      + "guest.",
    cost: "A boot. `iommu=pt` spares the host's own devices the translation, and their isolation.",
    notWhen: "No guest has a device and the profile plans none. The groups count, not kernel "
      + "arguments: AMD's is on by default, Intel's may be.",
    sources: [.article("§5.4"), .article("§9"), .text("virt-host-validate")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context) }
  }

  private static func verdict(_ context: Context) -> Verdict {
    let facts = context.facts
    let users = facts.domains.filter { $0.definition.hasVFIO || $0.current.hasVFIO }
    guard !users.isEmpty || context.isFamily(.latency, .hpc, .network) else {
      return .notApplicable("no guest has a host device")
    }
    guard let groups = facts.iommu.groups.value else { return .missing(facts.iommu.groups) }
    let evidence = Evidence(
      facts.iommu.groups.source, observed: "\(groups.count) groups", expected: "at least 1")
    guard groups.isEmpty else { return .satisfied([evidence]) }
    if facts.hostIsGuest, users.isEmpty {
      return .notApplicable("the host is itself a guest and has no IOMMU of its own")
    }
    let configured = facts.nextBoot.arguments
    if configured.last("intel_iommu")?.hasPrefix("on") == true,
      facts.commandLine.value?.has("intel_iommu") == false
    {
      return .satisfied([evidence, Evidence(DropIn.grub.path, observed: "intel_iommu=on")])
    }
    let names = users.map(\.key.printable).joined(separator: ", ")
    return .violated(
      Violation(
        users.isEmpty
          ? "there is no IOMMU group; no device can be handed to a guest"
          : "\(names) has host devices, but there is no IOMMU group",
        severity: users.isEmpty ? nil : .critical, evidence: [evidence],
        remedy: remedy(context)))
  }

  private static func remedy(_ context: Context) -> Remedy {
    guard context.facts.processor.isIntel, context.facts.commandLine.value != nil,
      context.facts.commandLine.value?.has("intel_iommu") == false
    else {
      return Remedy(.firmware, "switch on VT-d or the AMD IOMMU in the firmware's setup")
    }
    var arguments: [Change] = [.persist(.kernelArgument(key: "intel_iommu", value: "on"))]
    // Pass-through mode takes the host's own devices out of the isolation.
    if !context.isFamily(.secure) {
      arguments.append(.persist(.kernelArgument(key: "iommu", value: "pt")))
    }
    return Remedy(
      .nextHostBoot, "switch on VT-d in the firmware's setup and boot with intel_iommu=on",
      persistence: "kernel argument", changes: arguments)
  }

  private static let none = Snapshot.exampleHost().without("/sys/kernel/iommu_groups")
    .withDirectory("/sys/kernel/iommu_groups").with("/proc/cmdline", "root=/dev/sda1\n")
  private static let guest = DomainXML.example(
    devices: "<hostdev mode='subsystem' type='pci' managed='yes'><source>"
      + "<address domain='0x0000' bus='0x3b' slot='0x02' function='0x0'/></source></hostdev>")

  static let examples = [
    Example("groups are there", .exampleHost(), under: .latency, .satisfied),
    Example("nobody needs it", none, .notApplicable),
    Example(
      "the directory was not read", .exampleHost().without("/sys/kernel/iommu_groups"),
      under: .latency, .unknown),
    Example("none, low latency wanted", none, under: .latency, .violated(.warning)),
    Example("none, and a guest has a device", none.with(domain: guest), .violated(.critical)),
    Example("itself a guest", none.insideOfAGuest, under: .latency, .notApplicable),
    Example(
      "on from the next boot",
      none.with(
        DropIn.grub.path,
        "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX intel_iommu=on\"\n"),
      under: .latency, .satisfied),
  ]
}
