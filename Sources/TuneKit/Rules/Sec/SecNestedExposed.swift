/// Virtualization extensions in the hands of tenants.
struct SecNestedExposed: Rule {
  static let about = RuleInfo(
    id: "sec.nested-exposed", title: "Untrusted guests don't see vmx or svm",
    severity: Severities(.info, [.secure: .warning]),
    rationale: "Nested virtualization is a large part of KVM's code, and its bugs let guests out.",
    cost: "The guest can't run guests of its own.",
    notWhen: "The guest is tagged as a hypervisor; outside of secure, all guests bear one trust "
      + "tag.",
    sources: [.article("§8"), .article("§10.2")])

  static func evaluate(_ context: Context) -> [Judgement] {
    let isOneTier = context.isOneTaggedTier
    return context.judgeDomains { verdict($0, context, isOneTier: isOneTier) }
  }

  private static func verdict(
    _ domain: Domain, _ context: Context, isOneTier: Bool
  ) -> Verdict {
    let tags = context.tags(of: domain)
    if tags.role == "hypervisor" { return .notApplicable("it is tagged as a hypervisor") }
    switch NestedExposure(domain.definition, context.facts) {
    case .hidden: return .satisfied([Evidence("/domain/cpu", observed: "vmx and svm are hidden")])
    case .unknown(let reason): return .unknown(reason)
    case .exposed(let reason):
      let isSecure = context.profile(of: domain).family == .secure
      if isOneTier, !isSecure { return .notApplicable("all guests bear the same trust tag") }
      if tags.trust == nil, !isSecure {
        return .unknown("/domain/metadata: no tuned-vm:trust tag says whether it is trusted")
      }
      return violated(domain, reason, context)
    }
  }

  private static func violated(_ domain: Domain, _ reason: String, _ context: Context) -> Verdict {
    let present = domain.definition.cpu?.features.first { NestedExposure.names.contains($0.name) }
    let name = present?.name ?? NestedExposure.feature(context.facts)
    let path = XMLPath("cpu").child("feature", [XMLPath.Attribute("name", name)])
    return .violated(
      Violation(
        "\(domain.key.printable) can run guests of its own (\(reason))",
        evidence: [
          Evidence("/domain/cpu/feature[@name='\(name)']", observed: reason, expected: "disable")
        ],
        remedy: .edit(
          "hide \(name) from the guest", domain,
          [.setAttribute(path, name: "policy", value: "disable")])))
  }

  private static let passthrough = "<cpu mode='host-passthrough'/>"
  private static let nesting = Snapshot.exampleHost().with(
    "/sys/module/kvm_intel/parameters/nested", "Y\n")

  static let examples = [
    Example(
      "the host offers none",
      .exampleHost().withDomain(DomainXML.example(extra: passthrough)), under: .secure,
      .satisfied),
    Example(
      "hidden",
      nesting.withDomain(
        DomainXML.example(
          extra: "<cpu mode='host-passthrough'><feature policy='disable' name='vmx'/></cpu>")),
      under: .secure, .satisfied),
    Example(
      "meant to",
      nesting.withDomain(DomainXML.example(tags: ["role": "hypervisor"], extra: passthrough)),
      under: .secure, .notApplicable),
    Example(
      "nobody says whether it is trusted",
      nesting.withDomain(DomainXML.example(extra: passthrough)), .unknown),
    Example(
      "a tenant", nesting.withDomain(DomainXML.example(extra: passthrough)), under: .secure,
      .violated(.warning)),
  ]
}
