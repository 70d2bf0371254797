/// Without vhost every packet takes the way through the QEMU process.
struct NetVhost: Rule {
  static let about = RuleInfo(
    id: "net.vhost",
    title: "A virtio interface is served by vhost in the kernel",
    severity: Severities(.warning, [.desktop: .info]),
    rationale: "With vhost-net the kernel moves packets between tap and guest; without it each one "
      + "makes a round trip through user space.",
    cost: "A kernel thread for each queue.",
    notWhen:
      "Back ends without vhost-net (user, vhostuser, hostdev, udp, mcast); guests under TCG; "
      + "the module isn't loaded but the device is there (it loads when it is opened).",
    sources: [.article("§6.3"), .link("https://libvirt.org/formatdomain.html")])

  private static let device = "/dev/vhost-net"

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeInterfaces { judge($0, $1, context) }
  }

  private static func judge(
    _ domain: Domain, _ nic: DomainInterface, _ context: Context
  ) -> Verdict {
    guard domain.definition.type == "kvm" else { return .notApplicable("the guest is emulated") }
    guard nic.isVirtio else { return .notApplicable("no virtio interface") }
    guard ["bridge", "network", "direct", "ethernet"].contains(nic.type) else {
      return .notApplicable("the back end '\(Safe.text(nic.type))' has no vhost-net")
    }
    if context.facts.isPassedThrough(nic) == true {
      return .notApplicable("its network gives the guest a function of a card")
    }
    let driver = nic.node.evidence("driver/@name", nic.driverName, "vhost")
    if nic.driverName == "qemu" {
      return .violated(
        Violation(
          "\(nic.subjectName) asks for packets to go through QEMU", evidence: [driver],
          remedy: .edit(
            domain, "let libvirt choose vhost",
            [.removeAttribute(nic.node.path.child("driver"), name: "name")])))
    }
    if let reason = context.facts.noHostReason { return .unknown("\(device): \(reason)") }
    switch context.facts.snapshot.hasDevice("vhost-net") {
    case nil:
      return .unknown("\(device): the capture doesn't say whether it is there")
    case true?: return .satisfied([Evidence(device, observed: "present")])
    case false? where loadsAtBoot(context.facts.snapshot):
      return .satisfied([Evidence("/etc/modules-load.d", observed: "vhost_net")])
    case false?: return missing(nic)
    }
  }

  private static func loadsAtBoot(_ snapshot: Snapshot) -> Bool {
    ["/etc", "/usr/lib"].map { $0 + "/modules-load.d" }.contains { directory in
      (snapshot.names(directory) ?? []).contains { name in
        let text = snapshot.raw("\(directory)/\(name)").value ?? ""
        return text.split(separator: "\n").contains { line in
          let module = line.trimmedBlanks
          return module == "vhost_net" || module == "vhost-net"
        }
      }
    }
  }

  private static func missing(_ nic: DomainInterface) -> Verdict {
    .violated(
      Violation(
        "\(nic.subjectName) can't use vhost: \(device) is missing",
        evidence: [Evidence(device, observed: nil, expected: "present")],
        remedy: Remedy(
          .nextHostBoot, "load vhost_net at each boot; `modprobe vhost_net` does it now",
          persistence: "modules-load.d",
          changes: [.persist(.modulesLoad(module: "vhost_net"))]),
        cause: "host has no vhost-net"))
  }

  private static func guest(
    _ inner: String = "", type: String = "bridge", virt: String = "kvm"
  ) -> Snapshot {
    Snapshot.exampleHost().with(
      domain: DomainXML.example(
        type: virt,
        devices: "<interface type='\(type)'><mac address='52:54:00:00:00:01'/>"
          + "<source bridge='br0'/><model type='virtio'/>\(inner)</interface>"))
  }

  static let examples: [Example] = [
    Example("libvirt chooses vhost where it is there", guest(), .satisfied),
    Example("vhost-user has its own", guest(type: "vhostuser"), .notApplicable),
    Example("user-mode networking", guest(type: "user"), .notApplicable),
    Example("an emulated guest", guest(virt: "qemu"), .notApplicable),
    Example("a capture without dev", guest().without("/dev").without("/proc/misc"), .unknown),
    Example("QEMU asked for", guest("<driver name='qemu'/>"), .violated(.warning)),
    Example(
      "no device", guest().withDirectory("/dev", ["kvm"]).without("/proc/misc"), under: .desktop,
      .violated(.info)),
    Example(
      "an emulated card",
      .exampleHost().with(
        domain: DomainXML.example(
          devices:
            "<interface type='bridge'><source bridge='br0'/><model type='e1000e'/></interface>")),
      .notApplicable),
  ]
}
