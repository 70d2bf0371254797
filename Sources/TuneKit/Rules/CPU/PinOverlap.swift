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

  /// A domain with the CPUs it is pinned to one to one, in what counts now and from its next start.
  private struct Pinned {
    let domain: Domain
    let now: Singles?
    let next: Singles?

    init(_ domain: Domain) {
      self.domain = domain
      next = Singles(domain.definition)
      now = domain.isRunning ? Singles(domain.current) : next
    }

    /// The definition that counts now.
    var definition: DomainDefinition { domain.isRunning ? domain.current : domain.definition }
  }

  /// The CPUs of the vCPUs that are switched on, where each has one.
  private struct Singles {
    let list: [Int]
    let set: CPUSet

    init?(_ definition: DomainDefinition) {
      let tune = definition.cputune
      var list: [Int] = []
      var count = 0
      for (vcpu, pin) in definition.vcpuPins.enumerated() where !tune.offline.contains(vcpu) {
        guard count < max(1, tune.current) else { break }
        count += 1
        guard let cpus = pin.cpus, cpus.count == 1, let cpu = cpus.first else { return nil }
        list.append(cpu)
      }
      self.list = list
      set = CPUSet(list)
    }

    /// Whether two vCPUs have one CPU.
    var overlaps: Bool { self.set.count < list.count }
  }

  static func evaluate(_ context: Context) -> [Judgement] {
    let all = context.facts.domains.map { Pinned($0) }
    let users = users(all)
    return all.map { Judgement($0.domain.subject, judge($0, all, users, context)) }
  }

  private static func judge(
    _ pinned: Pinned, _ all: [Pinned], _ users: [Int: [Int]], _ context: Context
  ) -> Verdict {
    let (domain, definition) = (pinned.domain, pinned.definition)
    guard let own = pinned.now else { return .notApplicable("not pinned one to one") }
    if own.overlaps, pinned.next?.overlaps == true {
      var seen = CPUSet()
      var twice = CPUSet()
      for cpu in own.list {
        if seen.contains(cpu) { twice.insert(cpu) }
        seen.insert(cpu)
      }
      return violation(context, [domain], definition, twice, "two of its own vCPUs share")
    }
    guard domain.runs != false else { return satisfied(definition) }
    var maybe: Domain?
    let others = Set(own.list.flatMap { users[$0] ?? [] }).sorted()
    for other in others.map({ all[$0] }) where other.domain.key != domain.key {
      let shared = own.set.intersection(other.now?.set ?? CPUSet())
      guard !shared.isEmpty, !isSettled(pinned, other) else { continue }
      guard domain.isRunning, other.domain.isRunning else {
        maybe = other.domain
        continue
      }
      return violation(
        context, [domain, other.domain], definition, shared,
        "it and \(other.domain.key) share")
    }
    if let maybe { return .unknown("whether it and '\(maybe.key)' run at the same time") }
    return satisfied(definition)
  }

  private static func satisfied(_ definition: DomainDefinition) -> Verdict {
    .satisfied([definition.evidence("cputune/vcpupin", definition.pinText)])
  }

  /// Of each CPU the places of the domains that may run and are pinned one to one there.
  private static func users(_ all: [Pinned]) -> [Int: [Int]] {
    var result: [Int: [Int]] = [:]
    for (place, pinned) in all.enumerated() where pinned.domain.runs != false {
      for cpu in pinned.now?.set ?? CPUSet() { result[cpu, default: []].append(place) }
    }
    return result
  }

  /// Whether the definitions for the next start differ from what runs, and share nothing.
  private static func isSettled(_ one: Pinned, _ other: Pinned) -> Bool {
    guard let own = one.next, let theirs = other.next else { return true }
    return own.set.isDisjoint(with: theirs.set)
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
    Example(
      "nobody knows whether the other runs",
      host.with(running: PinnedExample.xml("a", [1, 2])).with(
        domain: DomainSource(
          origin: "/b.xml", persistent: Known(PinnedExample.xml("b", [2, 3]), from: "/b.xml"))),
      .unknown),
    Example(
      "moved apart at the next start",
      host.with(running: PinnedExample.xml("a", [1, 2])).with(
        running: PinnedExample.xml("b", [3, 4]), live: PinnedExample.xml("b", [2, 3])), .satisfied),
  ]
}
