/// Old machine types keep old bugs and old limits alive.
struct DomMachineType: Rule {
  static let about = RuleInfo(
    id: "dom.machine-type",
    title: "The machine type is not outdated",
    severity: Severities(.info, [.migratable: .warning]),
    rationale: "QEMU deprecates and removes versioned machine types six years after their release; "
      + "i440fx has no PCI Express for passed-through cards.",
    cost: "The guest sees other hardware: Windows may ask to be activated again, devices change "
      + "their places.",
    notWhen: "Aliases (q35, pc), which follow QEMU; other architectures.",
    sources: [.link("https://www.qemu.org/docs/master/about/deprecated.html")])

  /// Releases whose machine types are deprecated or gone: older than six years.
  private static let oldest = MachineVersion(5, 1)

  static func evaluate(_ context: Context) -> [Judgement] {
    let deprecated = deprecated(context.facts.snapshot)
    return context.judgeDomains { judge($0, deprecated) }
  }

  /// Machine types that the installed QEMU calls deprecated, `ARCH MACHINE`.
  private static func deprecated(_ snapshot: Snapshot) -> Set<String> {
    guard let text = snapshot.raw(SecSVirt.capabilities).value,
      let document = try? XMLDocument(text)
    else { return [] }
    var result: Set<String> = []
    for arch in document.root.all("guest").compactMap({ $0.first("arch") }) {
      for machine in arch.all("machine") where machine["deprecated"] == "yes" {
        result.insert("\(arch["name"] ?? "") \(machine.text.trimmedBlanks)")
      }
    }
    return result
  }

  private static func judge(_ domain: Domain, _ deprecated: Set<String>) -> Verdict {
    let definition = domain.definition
    guard let machine = definition.system.machine else {
      return .notApplicable("no machine type is written, libvirt takes the newest")
    }
    if deprecated.contains("\(definition.system.arch ?? "x86_64") \(machine)") {
      return .violated(
        Violation(
          "\(domain.key) runs on machine type \(machine), which the installed QEMU calls deprecated",
          evidence: [definition.evidence("os/type/@machine", machine, "a newer one")],
          remedy: .advice(
            "change the machine type when the guest is down for maintenance; never by itself")))
    }
    let isPC = machine.hasPrefix("pc-i440fx") || machine == "pc"
    guard isPC || machine.hasPrefix("pc-q35") || machine == "q35" else {
      return .notApplicable("machine types of this kind are not dated here")
    }
    let evidence = [definition.evidence("os/type/@machine", machine)]
    if isPC, definition.hasVFIO {
      return .violated(
        Violation(
          "\(domain.key) has passed-through devices on a machine without PCI Express",
          evidence: [definition.evidence("os/type/@machine", machine, "q35")],
          remedy: .advice("build the guest anew on q35; its hardware changes")))
    }
    guard let version = definition.machineVersion else { return .satisfied(evidence) }
    guard version < oldest else { return .satisfied(evidence) }
    return .violated(
      Violation(
        "\(domain.key) runs on the machine of QEMU \(version), which is deprecated or gone",
        evidence: [
          definition.evidence("os/type/@machine", machine, "\(oldest) or newer")
        ],
        remedy: .advice(
          "change the machine type when the guest is down for maintenance; never by itself")))
  }

  static let examples: [Example] = [
    Example("a present machine", .example(domains: DomainXML.example()), .satisfied),
    Example("an alias", .example(domains: DomainXML.example(machine: "q35")), .satisfied),
    Example(
      "another architecture",
      .example(domains: DomainXML.example(arch: "aarch64", machine: "virt-4.0")), .notApplicable),
    Example(
      "deprecated by the installed QEMU",
      .example(domains: DomainXML.example(machine: "pc-q35-6.2")).with(
        file: SecSVirt.capabilities,
        "<capabilities><guest><arch name='x86_64'>"
          + "<machine deprecated='yes'>pc-q35-6.2</machine></arch></guest></capabilities>"),
      .violated(.info)),
    Example(
      "an old machine", .example(domains: DomainXML.example(machine: "pc-i440fx-2.11")),
      under: .migratable, .violated(.warning)),
    Example(
      "a card on i440fx",
      .example(
        domains: DomainXML.example(
          machine: "pc-i440fx-7.2",
          devices: "<hostdev mode='subsystem' type='pci'><source>"
            + "<address domain='0' bus='0x3b' slot='0' function='0'/></source></hostdev>")),
      .violated(.info)),
    Example(
      "none is written",
      .example(domains: DomainXML.example().replacing(" machine='pc-q35-7.2'", with: "")),
      .notApplicable),
  ]
}
