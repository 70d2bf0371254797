/// Devices that QEMU emulates in code nobody needs here.
struct SecEmulatedDevices: Rule {
  static let about = RuleInfo(
    id: "sec.emulated-devices", title: "Guests have no emulated device they don't need",
    severity: Severities(.info, [.secure: .warning]),
    rationale: "Every emulated device is code a guest can attack; the floppy controller's (Venom) "
      + "let guests out.",
    cost: "The device is gone: check that the guest doesn't use it.",
    notWhen: "Displays, sound and USB are features of a desktop.",
    sources: [.article("§10.1"), .text("CVE-2015-3456 (Venom)")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.facts.domains.flatMap { judge($0, context) }
  }

  private struct Device {
    let subject: Subject
    let path: String
    let text: String
    var severity: Severity?
  }

  private static func judge(_ domain: Domain, _ context: Context) -> [Judgement] {
    let isDesktop = context.profile(of: domain).family == .desktop
    let found = plain(domain) + (isDesktop ? [] : features(domain))
    guard !found.isEmpty else {
      return [
        Judgement(
          domain.subject,
          .satisfied([Evidence("/domain/devices", observed: "no device of doubtful need")]))
      ]
    }
    return found.map { device in
      Judgement(
        device.subject,
        .violated(
          Violation(
            "\(domain.key.printable) has \(device.text), code that a guest can attack",
            severity: device.severity,
            evidence: [Evidence(device.path, observed: "present", expected: "absent")],
            remedy: Remedy(.nextGuestStart, "remove it where the guest doesn't use it"))))
    }
  }

  /// What no guest needs.
  private static func plain(_ domain: Domain) -> [Device] {
    let devices = domain.definition.devices
    var found = devices.disks.filter { $0.device == "floppy" }.map {
      Device(
        subject: Subject(.domainDisk, $0.subjectName), path: $0.node.xpath, text: "a floppy drive")
    }
    found += devices.controllers.filter { $0.type == "fdc" }.map {
      Device(
        subject: Subject(.domainDevice, $0.subjectName), path: $0.node.xpath,
        text: "a floppy controller")
    }
    found += named("parallel", domain, "a parallel port")
    let old = ["ne2k_pci", "ne2k_isa", "ne2k", "pcnet", "rtl8139"]
    found += devices.interfaces.filter { old.contains($0.model ?? "") }.map {
      Device(
        subject: Subject(.domainInterface, $0.subjectName), path: $0.node.xpath,
        text: "an emulated \($0.model ?? "") card")
    }
    return found
  }

  /// What a server doesn't need.
  private static func features(_ domain: Domain) -> [Device] {
    var found = named("sound", domain, "a sound card")
    let video = domain.definition.devices.all("video").filter {
      $0.first("model")?["type"] != "none"
    }
    if video.count > 1 {
      found += video.enumerated().dropFirst().map { place, node in
        Device(
          subject: Subject(.domainDevice, "\(domain.key)/video\(place + 1)"), path: node.xpath,
          text: "a further display adapter")
      }
    }
    guard !usesUSB(domain) else { return found }
    // libvirt adds a USB controller by itself: worth a note, not more.
    found += domain.definition.devices.controllers
      .filter { $0.type == "usb" && $0.model != "none" }
      .map {
        Device(
          subject: Subject(.domainDevice, $0.subjectName), path: $0.node.xpath,
          text: "a USB controller without devices", severity: .info)
      }
    return found
  }

  private static func named(_ element: String, _ domain: Domain, _ text: String) -> [Device] {
    domain.definition.devices.all(element).enumerated().map { place, node in
      Device(
        subject: Subject(.domainDevice, "\(domain.key)/\(element)\(place + 1)"), path: node.xpath,
        text: text)
    }
  }

  private static func usesUSB(_ domain: Domain) -> Bool {
    let devices = domain.definition.devices
    return devices.hostDevices.contains { $0.type == "usb" }
      || devices.disks.contains { $0.bus == "usb" }
      || devices.all("input").contains { $0["bus"] == "usb" }
      || !devices.all("redirdev").isEmpty || !devices.all("hub").isEmpty
      || devices.all("smartcard").count > 0
      || devices.all("sound").contains { $0["model"] == "usb" }
  }

  private static func guest(_ devices: String) -> Snapshot {
    .example(domains: DomainXML.example(devices: devices))
  }
  private static let floppy =
    "<disk type='file' device='floppy'><target dev='fda' bus='fdc'/></disk>"

  static let examples = [
    Example("paravirtual only", guest(SettingTable.directDisk), .satisfied),
    Example("a TPM is fine", guest("<tpm model='tpm-crb'/>"), .satisfied),
    Example("sound on a desktop", guest("<sound model='ich9'/>"), under: .desktop, .satisfied),
    Example(
      "a USB controller with a tablet",
      guest("<controller type='usb' model='qemu-xhci'/><input type='tablet' bus='usb'/>"),
      .satisfied),
    Example("a floppy drive", guest(floppy), .violated(.info)),
    Example("a tenant's floppy drive", guest(floppy), under: .secure, .violated(.warning)),
    Example("two displays", guest("<video/><video/>"), under: .secure, .violated(.warning)),
    Example(
      "an old card",
      guest("<interface type='bridge'><source bridge='br0'/><model type='rtl8139'/></interface>"),
      .violated(.info)),
  ]
}
