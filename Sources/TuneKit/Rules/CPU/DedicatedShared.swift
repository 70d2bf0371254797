/// CPUs of one's own are none if a floating guest may use them.
struct DedicatedShared: Rule {
  static let about = RuleInfo(
    id: "cpu.dedicated-shared",
    title: "CPUs of a pinned guest are closed to floating guests",
    severity: Severities(
      .warning,
      [.latency: .critical, .hpc: .critical, .network: .critical, .general: .info]),
    rationale: "The scheduler puts floating vCPUs on any CPU that looks idle, also on those that "
      + "another guest counts on.",
    cost: "Floating guests get fewer CPUs.",
    notWhen: "Isolated CPUs; the other guest is shut off. CPUs that the configuration reserves for "
      + "the host are nobody's.",
    sources: [.article("§6.1")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { domain in
      let definition = domain.current
      guard definition.isDedicated else { return .notApplicable("no CPUs of its own") }
      if let reserved = reserved(context, domain) { return reserved }
      guard let runs = domain.runs else { return .unknown("whether it runs") }
      guard runs else { return .notApplicable("not running") }
      let pins = definition.pinnedCPUs
      let others = context.guests(on: pins, beside: domain).filter { other in
        !other.current.isDedicated && context.mayUse(other.definition, pins)
      }
      let evidence = [definition.evidence("cputune/vcpupin", definition.pinText)]
      guard let first = others.first else { return .satisfied(evidence) }
      return .violated(
        Violation(
          "\(domain.key): its CPUs \(pins) are open to \(first.key)"
            + (others.count > 1 ? " and \(others.count - 1) more" : ""),
          evidence: evidence + [
            first.current.evidence("vcpu/@cpuset", first.current.pinText, "without \(pins)")
          ], remedy: context.homeRemedy(others, risk: about.cost),
          cause: "floating guests may use pinned CPUs"))
    }
  }

  /// CPUs that the configuration keeps for the host: what runs there is no guest's.
  private static func reserved(_ context: Context, _ domain: Domain) -> Verdict? {
    let pins = domain.definition.pinnedCPUs
    guard domain.definition.isDedicated, let kept = context.configuration.reservedCPUs,
      !pins.isDisjoint(with: kept)
    else { return nil }
    let shared = pins.intersection(kept)
    return .violated(
      Violation(
        "\(domain.key): its CPUs \(shared) are reserved for the host",
        evidence: [
          domain.definition.evidence("cputune/vcpupin", domain.definition.pinText),
          Evidence("reservedCpus", observed: kept.description, expected: "without \(shared)"),
        ], remedy: .advice("find another place with 'tuned-vm place', or reserve other CPUs")))
  }

  private static let host = Snapshot.exampleHost().with(running: PinnedExample.xml("a", [1, 2]))
  private static func pool(_ cpus: String) -> String {
    DomainXML.example(name: "b", vcpuAttributes: "cpuset='\(cpus)'")
  }

  static let examples: [Example] = [
    Example("the pool is elsewhere", host.with(running: pool("3-7")), .satisfied),
    Example("the other guest is shut off", host.with(domain: pool("0-7")), .satisfied),
    Example(
      "isolated CPUs",
      host.with("/sys/devices/system/cpu/isolated", "1-2\n").with(
        running: DomainXML.example(name: "b")), .satisfied),
    Example(
      "a floating guest", host.with(running: DomainXML.example(name: "b")),
      under: .latency, .violated(.critical)),
    Example("a pool", host.with(running: pool("0-7")), .violated(.info)),
    Example("not running", host.with(domain: PinnedExample.xml("b", [3])), .satisfied),
  ]
}
