/// Virtual functions that aren't there or aren't alone.
struct NetSRIOVVF: Rule {
  static let about = RuleInfo(
    id: "net.sriov-vf", title: "Every assigned virtual function exists and serves one guest",
    severity: Severities(.critical),
    rationale:
      "A function beyond sriov_numvfs isn't there after a boot; two guests can't hold one; "
      + "a trusted function lets a tenant take other addresses.",
    cost: "Changing sriov_numvfs drops all functions of the card.",
    notWhen: "No interface is a virtual function.",
    sources: [.article("§5.4"), .link("https://docs.kernel.org/PCI/pci-iov-howto.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    let found = context.facts.domains.flatMap { domain in
      domain.definition.devices.interfaces.filter { $0.type == "hostdev" && $0.pciAddress != nil }
        .map { interface in
          Judgement(
            Subject(.domainInterface, interface.subjectName),
            verdict(interface.node, interface.pciAddress ?? "", domain, context))
        }
        + domain.definition.devices.hostDevices.filter { isFunction($0.pciAddress, context.facts) }
        .map { device in
          Judgement(
            Subject(.domainDevice, device.subjectName),
            verdict(device.node, device.pciAddress ?? "", domain, context))
        }
    }
    return found.isEmpty
      ? context.onHost { .notApplicable("no interface is a virtual function") } : found
  }

  /// Whether a passed-through device is a virtual function: one that is there, or one that isn't
  /// beside a card that could have it.
  private static func isFunction(_ address: String?, _ facts: Facts) -> Bool {
    guard let address, let devices = facts.pciDevices.value else { return false }
    if let device = devices.first(where: { $0.address == address }) {
      return device.physicalFunction != nil
    }
    let bus = address.prefix(8)
    return devices.contains { $0.address.hasPrefix(bus) && ($0.totalVFs ?? 0) > 0 }
  }

  private static func verdict(
    _ node: XMLNode, _ address: String, _ domain: Domain, _ context: Context
  ) -> Verdict {
    let source = node.xpath + "/source/address"
    if let other = sharer(of: address, domain, context) {
      return violated(
        "\(address.printable) is given to \(domain.key.printable) and to running \(other.printable)",
        Evidence(source, observed: address, expected: "a function of its own"),
        "give each guest a function of its own")
    }
    if context.profile(of: domain).family == .secure, node["trustGuestRxFilters"] == "yes" {
      return violated(
        "\(domain.key.printable) may set its function's filters and take other addresses",
        Evidence(node.xpath + "/@trustGuestRxFilters", observed: "yes", expected: "no"),
        "remove trustGuestRxFilters, and keep spoof checking on")
    }
    if let reason = context.noHost { return .unknown(reason) }
    guard let devices = context.facts.pciDevices.value else {
      return .unknown(context.facts.pciDevices.unknownReason)
    }
    guard devices.contains(where: { $0.address == address }) else {
      return violated(
        "\(address.printable) of \(domain.key.printable) doesn't exist on this host",
        Evidence("/sys/bus/pci/devices", observed: "no \(address)", expected: address),
        "raise sriov_numvfs on the card and keep it by a udev rule")
    }
    let assigned = AssignedDevice.all(domain).first { $0.address == address }
    if let assigned, let holder = assigned.holders(domain, context.facts).first {
      return .violated(
        Violation(
          "\(address.printable) shares its IOMMU group with \(holder.address), which the host drives",
          evidence: [
            Evidence(
              "/sys/bus/pci/devices/\(holder.address)/driver", observed: holder.driver,
              expected: "vfio-pci")
          ],
          remedy: .advice("use a slot whose ports isolate their devices"),
          cause: "iommu-group-\(holder.iommuGroup ?? -1)"))
    }
    return .satisfied([Evidence(source, observed: address)])
  }

  private static func sharer(of address: String, _ domain: Domain, _ context: Context) -> String? {
    guard domain.isRunning else { return nil }
    return context.facts.runningDomains.first { other in
      other.key != domain.key
        && AssignedDevice.all(other).contains { $0.address == address }
    }?.key
  }

  private static func violated(_ message: String, _ evidence: Evidence, _ advice: String) -> Verdict
  {
    .violated(Violation(message, evidence: [evidence], remedy: .advice(advice)))
  }

  private static func guest(_ name: String, trust: String = "no") -> String {
    DomainXML.example(
      name: name,
      devices: "<interface type='hostdev' managed='yes' trustGuestRxFilters='\(trust)'>"
        + "<mac address='52:54:00:00:00:01'/><source>"
        + "<address type='pci' domain='0x0000' bus='0x3b' slot='0x02' function='0x0'/>"
        + "</source></interface>")
  }
  private static let host = Snapshot.exampleHost()
    .with("/sys/bus/pci/devices/0000:3b:02.0/class", "0x020000\n")

  private static let function = host.withLink(
    "/sys/bus/pci/devices/0000:3b:02.0/physfn", "/sys/bus/pci/devices/0000:3b:00.0")
  private static func device(_ name: String, bus: String = "0x3b") -> String {
    DomainXML.example(
      name: name,
      devices: "<hostdev mode='subsystem' type='pci' managed='yes'><source>"
        + "<address domain='0x0000' bus='\(bus)' slot='0x02' function='0x0'/></source></hostdev>")
  }

  static let examples = [
    Example("none", .exampleHost(), .notApplicable),
    Example("one function, one guest", host.withDomain(guest("a"), running: true), .satisfied),
    Example(
      "shared with a guest that is off",
      host.withDomain(guest("a"), running: true).withDomain(guest("b")), .satisfied),
    Example("not there", .exampleHost().withDomain(guest("a")), .violated(.critical)),
    Example(
      "two running guests",
      host.withDomain(guest("a"), running: true).withDomain(guest("b"), running: true),
      .violated(.critical)),
    Example(
      "a tenant sets its filters", host.withDomain(guest("a", trust: "yes")), under: .secure,
      .violated(.critical)),
    Example(
      "two running guests hold one function as a device",
      function.withDomain(device("a"), running: true).withDomain(device("b"), running: true),
      .violated(.critical)),
    Example("a function as a device", function.withDomain(device("a")), .satisfied),
    Example("another device", .exampleHost().withDomain(device("a", bus: "0x77")), .notApplicable),
    Example("no host to ask", .example(domains: guest("a")), .unknown),
  ]
}
