/// Guests whose memory must be encrypted, on a host that can.
struct SecConfidential: Rule {
  static let about = RuleInfo(
    id: "sec.confidential", title: "Confidential guests use the host's memory encryption",
    severity: Severities(.off, [.secure: .info]),
    rationale: "SEV and TDX keep the guest's memory from the host and from cold-boot readers.",
    cost: "No live migration, no ballooning, memory pinned; a few per cent.",
    notWhen: "The host can't; the guest isn't tagged confidential.",
    sources: [.article("§10.4"), .link("https://libvirt.org/kbase/launch_security_sev.html")])

  private static let parameters = [
    ("kvm_amd", "sev"), ("kvm_amd", "sev_es"), ("kvm_amd", "sev_snp"), ("kvm_intel", "tdx"),
  ]

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { verdict($0, context) }
  }

  private static func verdict(_ domain: Domain, _ context: Context) -> Verdict {
    guard context.tags(of: domain).confidential == true else {
      return .notApplicable("it is not tagged confidential")
    }
    if let node = domain.definition.launchSecurity {
      return .satisfied([Evidence(node.xpath, observed: node["type"])])
    }
    let readings = parameters.map { ($0, context.facts.modules.flag($0.0, $0.1)) }
    let able = readings.filter { $0.1.value == true }
    guard !able.isEmpty else {
      let unread = readings.first {
        context.facts.snapshot.files[$0.1.source] != nil && $0.1.value == nil
      }
      if let unread { return .unknown(unread.1.unknownReason) }
      if context.facts.modules.isPresent("kvm") == nil {
        return .unknown("/sys/module: was not read")
      }
      return .notApplicable("the host offers no memory encryption")
    }
    return .violated(
      Violation(
        "\(domain.key.printable) is tagged confidential and its memory is not encrypted",
        evidence: [
          Evidence("/domain/launchSecurity", observed: nil, expected: "sev, sev-snp or tdx")
        ]
          + able.map { Evidence($0.1.source, observed: "Y") },
        remedy: .advice("add <launchSecurity>; the guest needs UEFI, virtio with iommu, no balloon")
      ))
  }

  private static let host = Snapshot.exampleHost().with(
    "/sys/module/kvm_amd/parameters/sev", "Y\n")

  static let examples = [
    Example("not tagged", host.withDomain(DomainXML.example()), under: .secure, .notApplicable),
    Example(
      "the host can't",
      .exampleHost().withDomain(DomainXML.example(tags: ["confidential": "true"])),
      under: .secure, .notApplicable),
    Example(
      "encrypted",
      host.withDomain(
        DomainXML.example(
          tags: ["confidential": "true"], extra: "<launchSecurity type='sev'/>")),
      under: .secure, .satisfied),
    Example(
      "not encrypted", host.withDomain(DomainXML.example(tags: ["confidential": "true"])),
      under: .secure, .violated(.info)),
  ]
}
