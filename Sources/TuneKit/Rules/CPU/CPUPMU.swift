/// A virtual PMU costs exits on every context switch that counts.
struct CPUPMU: Rule {
  static let about = RuleInfo(
    id: "cpu.pmu",
    title: "A latency guest has no performance counters",
    severity: Severities(.off, [.latency: .info]),
    rationale: "Each access to a counter leaves the guest, and watchdogs use them.",
    cost: "No profiling inside of the guest.",
    notWhen: "Other profiles; guests that profile themselves (waive it).",
    sources: [.text("libvirt: kvm-realtime")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { domain in
      guard context.family(of: domain) == .latency else {
        return .notApplicable("only for latency")
      }
      let pmu = domain.definition.features.pmu
      let evidence = [
        domain.definition.evidence(
          "features/pmu/@state", pmu.map { $0 ? "on" : "off" }, "off")
      ]
      guard pmu != false else { return .satisfied(evidence) }
      return .violated(
        Violation(
          "\(domain.key) has performance counters", evidence: evidence,
          remedy: .edit(
            domain, "switch them off",
            [.setAttribute("features/pmu", name: "state", value: "off")])))
    }
  }

  static let examples: [Example] = [
    Example(
      "off",
      .example(domains: DomainXML.example(extra: "<features><pmu state='off'/></features>")),
      under: .latency, .satisfied),
    Example("a mixed host", .example(domains: DomainXML.example()), .notApplicable),
    Example(
      "on by default", .example(domains: DomainXML.example()), under: .latency,
      .violated(.info)),
  ]
}
