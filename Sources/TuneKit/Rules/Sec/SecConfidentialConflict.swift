/// What memory encryption can't be combined with.
struct SecConfidentialConflict: Rule {
  static let about = RuleInfo(
    id: "sec.confidential-conflict", title: "Encrypted guests have what encryption needs",
    severity: Severities(.critical),
    rationale: "Without UEFI, pinned memory and virtio behind the IOMMU the guest doesn't start or "
      + "its devices don't work.",
    cost: "Memory is pinned; a balloon and live migration are gone.",
    notWhen: "No <launchSecurity> of the SEV family.",
    sources: [.article("§10.4"), .link("https://libvirt.org/kbase/launch_security_sev.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { verdict($0, context) }
  }

  private static func verdict(_ domain: Domain, _ context: Context) -> Verdict {
    let definition = domain.definition
    guard let node = definition.launchSecurity, node["type"]?.hasPrefix("sev") == true else {
      return .notApplicable("its memory is not encrypted by SEV")
    }
    var conflicts: [Evidence] = []
    let machine = definition.system.machine ?? ""
    if machine.hasPrefix("pc-i440fx") || machine == "pc" || !definition.system.isUEFI {
      conflicts.append(
        Evidence(
          "/domain/os", observed: "\(machine), \(definition.system.isUEFI ? "UEFI" : "BIOS")",
          expected: "q35 and UEFI"))
    }
    if definition.memory.hardLimitKiB == nil {
      conflicts.append(Evidence("/domain/memtune/hard_limit", observed: nil, expected: "a limit"))
    }
    if !definition.memory.isLocked {
      conflicts.append(
        Evidence("/domain/memoryBacking/locked", observed: nil, expected: "locked"))
    }
    if definition.devices.balloon?.model != "none" {
      conflicts.append(
        Evidence(
          "/domain/devices/memballoon/@model",
          observed: definition.devices.balloon?.model ?? "virtio (added by libvirt)",
          expected: "none"))
    }
    conflicts += withoutIOMMU(definition)
    if context.profile(of: domain).family == .migratable {
      conflicts.append(
        Evidence("profile", observed: "migratable", expected: "no live migration"))
    }
    guard !conflicts.isEmpty else {
      return .satisfied([Evidence(node.xpath, observed: node["type"])])
    }
    return .violated(
      Violation(
        "\(domain.key.printable) asks for encryption and lacks what that needs "
          + "(\(conflicts.count) places)",
        evidence: conflicts,
        remedy: Remedy(
          .nextGuestStart,
          "use q35 with UEFI, lock memory with a hard limit, set iommu='on' for virtio devices and "
            + "memballoon none")))
  }

  private static func withoutIOMMU(_ definition: DomainDefinition) -> [Evidence] {
    let disks = definition.devices.disks.filter { $0.bus == "virtio" }.map { ($0.node, $0.driver) }
    let cards = definition.devices.interfaces.filter(\.isVirtio).map { ($0.node, $0.driver) }
    let controllers = definition.devices.controllers.filter(\.isVirtioSCSI)
      .map { ($0.node, $0.node.first("driver")) }
    return (disks + cards + controllers).filter { $0.1?["iommu"] != "on" }.map {
      Evidence($0.0.xpath + "/driver/@iommu", observed: $0.1?["iommu"], expected: "on")
    }
  }

  private static let sev = "<launchSecurity type='sev'/>"
  private static let ready =
    "<memtune><hard_limit unit='GiB'>5</hard_limit></memtune>"
    + "<memoryBacking><locked/></memoryBacking>"
  private static func guest(_ extra: String, _ devices: String) -> Snapshot {
    .example(
      domains: DomainXML.example(extra: sev + extra, devices: devices)
        .replacing("<os>", with: "<os firmware='efi'>"))
  }

  static let examples = [
    Example("no encryption", .example(domains: DomainXML.example()), .notApplicable),
    Example("complete", guest(ready, "<memballoon model='none'/>"), .satisfied),
    Example("a balloon that libvirt adds", guest(ready, ""), .violated(.critical)),
    Example("memory not pinned", guest("", "<memballoon model='none'/>"), .violated(.critical)),
    Example(
      "a disk outside the IOMMU",
      guest(ready, "<memballoon model='none'/>" + SettingTable.directDisk), .violated(.critical)),
    Example(
      "BIOS",
      .example(
        domains: DomainXML.example(extra: sev + ready, devices: "<memballoon model='none'/>")),
      .violated(.critical)),
  ]
}
