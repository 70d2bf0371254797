/// An emulated network card costs a trap for every packet; virtio costs one for a batch.
struct NetModel: Rule {
  static let about = RuleInfo(
    id: "net.model",
    title: "A network interface is a virtio device",
    severity: Severities(
      .warning, [.db: .critical, .throughput: .critical, .latency: .critical, .network: .critical]),
    rationale: "An emulated e1000 or rtl8139 reaches about 1 Gb/s, virtio-net close to 10.",
    cost: "The guest must have the virtio driver; the interface's name in it may change.",
    notWhen: "Passed-through cards and vDPA; Windows without a virtio interface already (add a "
      + "second one, install the driver, then switch); no model on arm64 and s390x, where virtio "
      + "is the default.",
    sources: [.article("§3.2"), .article("§6.3"), .article("§6.4")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeInterfaces { judge($0, $1, context) }
  }

  private static func judge(
    _ domain: Domain, _ nic: DomainInterface, _ context: Context
  ) -> Verdict {
    guard nic.type != "hostdev", nic.type != "vdpa" else {
      return .notApplicable("the guest drives the card itself")
    }
    let passedThrough = context.facts.isPassedThrough(nic)
    if nic.model == nil, passedThrough == true {
      return .notApplicable("its network gives the guest a function of a card")
    }
    let evidence = [nic.node.evidence("model/@type", nic.model, "virtio")]
    if nic.isVirtio { return .satisfied(evidence) }
    if nic.model == nil {
      let arch = domain.definition.system.arch ?? context.facts.processor.architecture?.rawValue
      guard let arch else {
        return .unknown("os/type/@arch: the default model depends on the architecture")
      }
      let virtioByDefault = ["aarch64", "arm", "s390", "riscv", "loongarch"]
      if virtioByDefault.contains(where: { arch.hasPrefix($0) }) {
        return .satisfied([nic.node.evidence("model/@type", nil)])
      }
    }
    let hasDriver = domain.definition.devices.interfaces.contains { $0.isVirtio }
    if domain.definition.isWindows == true, !hasDriver {
      return .notApplicable(
        "Windows without a virtio interface: add one, install the driver, then switch this one")
    }
    let what = nic.model.map { "an emulated \(Safe.text($0))" } ?? "the emulated default card"
    return .violated(
      Violation(
        "\(nic.subjectName) is \(what); virtio carries several times as much",
        // A network that nobody knows may be one of virtual functions, which have no model.
        severity: nic.model == nil && passedThrough == nil ? .info : nil, evidence: evidence,
        remedy: remedy(domain, nic)))
  }

  private static func remedy(_ domain: Domain, _ nic: DomainInterface) -> Remedy {
    guard domain.definition.isLinux == true else {
      return .advice(
        "give the guest the virtio driver (add a second interface, let the guest install the "
          + "driver), then switch the model to virtio")
    }
    return .edit(
      domain, "switch the model to virtio", risk: about.cost,
      [
        .setAttribute(nic.node.path.child("model"), name: "type", value: "virtio"),
        .remove(nic.node.path.child("address")),
      ])
  }

  private static func guest(
    _ inner: String, system: String? = DomainXML.linux, arch: String = "x86_64",
    type: String = "bridge"
  ) -> Snapshot {
    .example(
      domains: DomainXML.example(
        arch: arch, system: system,
        devices: "<interface type='\(type)'><mac address='52:54:00:00:00:01'/>"
          + "<source bridge='br0'/>\(inner)</interface>"))
  }

  static let examples: [Example] = [
    Example("virtio", guest("<model type='virtio'/>"), .satisfied),
    Example(
      "virtio for guests without the old interface", guest("<model type='virtio-transitional'/>"),
      .satisfied),
    Example(
      "a network of virtual functions",
      Snapshot.exampleHost().with(
        "/etc/libvirt/qemu/networks/vf.xml",
        "<network><name>vf</name><forward mode='hostdev' managed='yes'><pf dev='eno1'/></forward>"
          + "</network>"
      ).with(
        domain: DomainXML.example(
          devices: "<interface type='network'><source network='vf'/></interface>")), .notApplicable),
    Example(
      "a network nobody knows, and no model",
      .example(
        domains: DomainXML.example(
          devices: "<interface type='network'><source network='vf'/></interface>")),
      .violated(.info)),
    Example("a passed-through card", guest("", type: "hostdev"), .notApplicable),
    Example("no model on arm64 means virtio", guest("", arch: "aarch64"), .satisfied),
    Example(
      "Windows without a virtio driver would lose its network",
      guest("<model type='e1000e'/>", system: DomainXML.windows), .notApplicable),
    Example(
      "an emulated card in a Linux guest", guest("<model type='e1000'/>"), under: .network,
      .violated(.critical)),
    Example("no model on x86 means an emulated card", guest(""), .violated(.warning)),
    Example(
      "an emulated card in an unknown guest", guest("<model type='rtl8139'/>", system: nil),
      .violated(.warning)),
    Example(
      "no model and no architecture",
      .example(
        domains: DomainXML.example(
          devices: "<interface type='bridge'><source bridge='br0'/></interface>"
        ).replacing(" arch='x86_64'", with: "")), .unknown),
  ]
}
