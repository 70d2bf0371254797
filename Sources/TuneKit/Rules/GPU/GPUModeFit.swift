/// Whole GPU, slice or time share: what the guest's work wants.
struct GPUModeFit: Rule {
  static let about = RuleInfo(
    id: "gpu.mode-fit", title: "The way a GPU is shared fits the work",
    severity: Severities(.info),
    rationale: "Training and computing want the whole card; many small inferences fit slices; "
      + "desktops share; sharing by time isolates weakly.",
    cost: "Licences for mediated devices; a whole card for one guest.",
    notWhen: "No GPU. (A whole card in a guest that moves is mig.device's.)",
    sources: [.article("§9")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { domain in
      let mediated = domain.definition.devices.hostDevices.first { $0.type == "mdev" }
      let whole = AssignedDevice.all(domain)
      guard mediated != nil || !whole.isEmpty else {
        return .notApplicable("no GPU is given to it")
      }
      let family = context.profile(of: domain).family
      if let mediated {
        let evidence = Evidence(mediated.node.xpath, observed: "mediated device")
        switch family {
        case .hpc:
          return advice(
            "\(domain.key.printable) computes on a share of a GPU", evidence,
            "pass the whole card through")
        case .secure:
          return advice(
            "\(domain.key.printable) shares a GPU by time with others, which isolates weakly",
            evidence, "use a whole card or MIG slices")
        default: return .satisfied([evidence])
        }
      }
      guard context.facts.pciDevices.value != nil else {
        return .unknown(context.facts.pciDevices.unknownReason)
      }
      guard let card = whole.compactMap({ $0.device(context.facts) }).first(where: \.isGPU) else {
        return .notApplicable("no GPU is given to it")
      }
      let evidence = Evidence("/sys/bus/pci/devices/\(card.address)", observed: "whole card")
      return family == .desktop
        ? advice(
          "\(domain.key.printable) holds a whole GPU for one desktop", evidence,
          "share it among desktops by mediated devices (vGPU)") : .satisfied([evidence])
    }
  }

  private static func advice(_ message: String, _ evidence: Evidence, _ summary: String) -> Verdict
  {
    .violated(Violation(message, evidence: [evidence], remedy: .advice(summary)))
  }

  private static let mediated = Snapshot.exampleHost().withDomain(
    DomainXML.example(
      devices: "<hostdev mode='subsystem' type='mdev' model='vfio-pci'><source>"
        + "<address uuid='c2177883-f1bb-47f0-914d-32a22e3a8804'/></source></hostdev>"))

  static let examples = [
    Example("no GPU", .exampleHost().withDomain(DomainXML.example()), .notApplicable),
    Example(
      "a whole card for computing", GPUVFIOIOMMU.host().withDomain(GPUVFIOIOMMU.guest),
      under: .hpc, .satisfied),
    Example("a share for a desktop", mediated, under: .desktop, .satisfied),
    Example("a share for computing", mediated, under: .hpc, .violated(.info)),
    Example(
      "a whole card for a desktop", GPUVFIOIOMMU.host().withDomain(GPUVFIOIOMMU.guest),
      under: .desktop, .violated(.info)),
    Example("tenants on one card", mediated, under: .secure, .violated(.info)),
    Example("no host to ask", .example(domains: GPUVFIOIOMMU.guest), .unknown),
    Example(
      "another kind of device",
      GPUVFIOIOMMU.host().with("/sys/bus/pci/devices/0000:af:00.0/class", "0x020000\n").withDomain(
        GPUVFIOIOMMU.guest), .notApplicable),
  ]
}
