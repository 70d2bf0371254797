/// Two vCPUs that are pinned to one CPU each get half of it.
struct PinOverlap: Rule {
  static let about = RuleInfo(
    id: "cpu.pin-overlap",
    title: "Guests that are pinned one to one don't share a CPU",
    severity: Severities(
      .warning, [.latency: .critical, .hpc: .critical, .db: .warning, .general: .info]),
    rationale: "A pin to one CPU can't give way: both vCPUs wait for each other while other CPUs "
      + "idle.",
    cost: "One of the guests has to move.",
    notWhen: "Pools (several CPUs a pin); one of the guests is shut off; vCPUs that are not "
      + "switched on.",
    sources: [.article("§6.1")])

  static func evaluate(_ context: Context) -> [Judgement] {
    let users = users(context.facts.domains)
    return context.judgeDomains { domain in
      let definition = domain.isRunning ? domain.current : domain.definition
      guard let own = singles(definition) else { return .notApplicable("not pinned one to one") }
      var seen = Set<Int>()
      let twice = Set(own.filter { !seen.insert($0).inserted })
      if !twice.isEmpty, hasOwnOverlap(domain) {
        return violation(
          context, [domain], definition, CPUSet(Array(twice)), "two of its own vCPUs share")
      }
      guard domain.runs != false else { return satisfied(definition) }
      var maybe: Domain?
      let others = Set(own.flatMap { users[$0] ?? [] }).sorted()
      for other in others.map({ context.facts.domains[$0] }) where other.key != domain.key {
        let theirs = singles(other.isRunning ? other.current : other.definition) ?? []
        let shared = CPUSet(own).intersection(CPUSet(theirs))
        guard !shared.isEmpty, !isSettled(domain, other) else { continue }
        guard domain.isRunning, other.isRunning else {
          maybe = other
          continue
        }
        return violation(
          context, [domain, other], definition, shared, "it and \(other.key) share")
      }
      if let maybe { return .unknown("whether it and '\(maybe.key)' run at the same time") }
      return satisfied(definition)
    }
  }

  private static func satisfied(_ definition: DomainDefinition) -> Verdict {
    .satisfied([definition.evidence("cputune/vcpupin", definition.pinText)])
  }

  /// Of each CPU the places of the domains that may run and are pinned one to one there.
  private static func users(_ domains: [Domain]) -> [Int: [Int]] {
    var result: [Int: [Int]] = [:]
    for (place, domain) in domains.enumerated() where domain.runs != false {
      let definition = domain.isRunning ? domain.current : domain.definition
      for cpu in Set(singles(definition) ?? []) { result[cpu, default: []].append(place) }
    }
    return result
  }

  /// The CPUs of the vCPUs that are switched on, where each has one.
  private static func singles(_ definition: DomainDefinition) -> [Int]? {
    let tune = definition.cputune
    let all = definition.vcpuPins
    let pins = all.indices.filter { !tune.offline.contains($0) }
      .prefix(max(1, tune.current)).map { all[$0] }
    let single = pins.compactMap { $0.cpus?.count == 1 ? $0.cpus?.first : nil }
    return single.count == pins.count ? single : nil
  }

  /// Whether the definition for the next start has two vCPUs on one CPU too.
  private static func hasOwnOverlap(_ domain: Domain) -> Bool {
    guard let own = singles(domain.definition) else { return false }
    return Set(own).count < own.count
  }

  /// Whether the definitions for the next start differ from what runs, and share nothing.
  private static func isSettled(_ domain: Domain, _ other: Domain) -> Bool {
    guard let own = singles(domain.definition), let theirs = singles(other.definition) else {
      return true
    }
    return CPUSet(own).isDisjoint(with: CPUSet(theirs))
  }

  private static func violation(
    _ context: Context, _ domains: [Domain], _ definition: DomainDefinition, _ cpus: CPUSet,
    _ who: String
  ) -> Verdict {
    .violated(
      Violation(
        "\(domains[0].key): \(who) CPU \(cpus)",
        evidence: [definition.evidence("cputune/vcpupin", definition.pinText, "CPUs of its own")],
        remedy: context.homeRemedy(domains, risk: about.cost),
        cause: "CPUs \(cpus) are shared"))
  }

  private static let host = Snapshot.exampleHost()

  static let examples: [Example] = [
    Example(
      "CPUs of their own",
      host.with(running: PinnedExample.xml("a", [1, 2])).with(
        running: PinnedExample.xml("b", [3, 4])), .satisfied),
    Example(
      "the other is shut off",
      host.with(running: PinnedExample.xml("a", [1, 2])).with(
        domain: PinnedExample.xml("b", [1, 2])),
      .satisfied),
    Example(
      "a pool is no overlap",
      host.with(running: DomainXML.example(name: "a", vcpuAttributes: "cpuset='1-3'")).with(
        running: DomainXML.example(name: "b", vcpuAttributes: "cpuset='1-3'")), .notApplicable),
    Example(
      "two running guests share a CPU",
      host.with(running: PinnedExample.xml("a", [1, 2])).with(
        running: PinnedExample.xml("b", [2, 3])), under: .latency, .violated(.critical)),
    Example(
      "two vCPUs of one guest", host.with(domain: PinnedExample.xml("a", [1, 1])),
      .violated(.info)),
  ]
}
