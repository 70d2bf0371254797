/// An invariant time stamp counter without a stated frequency.
struct MigInvTSC: Rule {
  static let about = RuleInfo(
    id: "mig.invtsc", title: "A guest that needs an invariant TSC names its frequency",
    severity: Severities(.off, [.migratable: .critical]),
    rationale: "QEMU refuses to move a guest with invtsc unless the frequency is fixed.",
    cost: "Destinations need TSC scaling or the same clock.",
    notWhen: "The feature isn't asked for; the guest isn't meant to move.",
    sources: [.article("§7"), .link("https://libvirt.org/formatdomain.html#time-keeping")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { domain in
      guard context.profile(of: domain).family == .migratable else {
        return .notApplicable("the guest isn't meant to move")
      }
      let feature = domain.definition.cpu?.features.first {
        $0.name == "invtsc" && ["require", "force"].contains($0.policy)
      }
      guard let feature else { return .notApplicable("invtsc is not asked for") }
      let frequency = domain.definition.features.timer("tsc")?.frequency
      let evidence = [
        Evidence(feature.node.xpath, observed: feature.policy),
        Evidence(
          "/domain/clock/timer[@name='tsc']/@frequency", observed: frequency.map { "\($0)" },
          expected: "a frequency in Hz"),
      ]
      guard frequency == nil else { return .satisfied(evidence) }
      return .violated(
        Violation(
          "\(domain.key.printable) asks for invtsc without a TSC frequency and cannot move",
          evidence: evidence,
          remedy: .advice("remove the feature, or state <timer name='tsc' frequency='…'/>"),
          cause: "migration-cpu"))
    }
  }

  private static let cpu = "<cpu mode='host-model'><feature policy='require' name='invtsc'/></cpu>"

  static let examples = [
    Example(
      "not asked for", .example(domains: DomainXML.example()), under: .migratable,
      .notApplicable),
    Example(
      "with a frequency",
      .example(
        domains: DomainXML.example(
          extra: cpu + "<clock offset='utc'><timer name='tsc' frequency='2500000000'/></clock>")),
      under: .migratable, .satisfied),
    Example(
      "without", .example(domains: DomainXML.example(extra: cpu)), under: .migratable,
      .violated(.critical)),
    Example("not meant to move", .example(domains: DomainXML.example(extra: cpu)), .notApplicable),
  ]
}
