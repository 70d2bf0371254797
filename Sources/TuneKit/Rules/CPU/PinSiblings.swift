/// A guest that believes in full cores schedules badly on halves.
struct PinSiblings: Rule {
  static let about = RuleInfo(
    id: "cpu.pin-siblings",
    title: "A pinned guest's threads are the host's threads",
    severity: Severities(.warning, [.general: .info, .secure: .warning]),
    rationale: "Two vCPUs on one core share its units: a guest that isn't told puts two busy tasks "
      + "there. A sibling that belongs to another guest slows both and leaks between them.",
    cost: "Pins have to be rearranged.",
    notWhen: "SMT is off; guests without CPUs of their own.",
    sources: [.article("§6.1"), .text("Nova: hw:cpu_thread_policy")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { domain in
      let definition = domain.definition
      guard definition.isDedicated else { return .notApplicable("no CPUs of its own") }
      if let no = context.cpusMissing ?? context.coresUnplaceable { return no }
      let topology = context.facts.topology
      guard definition.pinnedCPUs.isSubset(of: topology.online.value ?? []) else {
        return .notApplicable("a CPU of its pins is not online: cpu.pin-offline speaks")
      }
      guard !topology.cores.isEmpty else {
        return .unknown("/sys/devices/system/cpu/cpu0/topology/thread_siblings_list: not read")
      }
      guard topology.cores.contains(where: { $0.cpus.count > 1 }) else {
        return .notApplicable("one thread a core")
      }
      let cpus = definition.vcpuPins.compactMap { $0.cpus?.first }
      let evidence = [definition.evidence("cputune/vcpupin", definition.pinText)]
      guard let message = problem(context, domain, cpus) else { return .satisfied(evidence) }
      return .violated(
        Violation(
          "\(domain.key): \(message)", evidence: evidence,
          remedy: context.homeRemedy(domain, risk: about.cost)))
    }
  }

  private static func problem(_ context: Context, _ domain: Domain, _ cpus: [Int]) -> String? {
    let topology = context.facts.topology
    let threads = domain.definition.cpu?.topology?.threads ?? 1
    if threads == 1 {
      for (vcpu, cpu) in cpus.enumerated() {
        let siblings = topology.siblings(of: cpu)
        if let other = cpus.indices.first(where: { $0 > vcpu && siblings.contains(cpus[$0]) }) {
          return "vCPUs \(vcpu) and \(other) sit on one core (CPUs \(siblings)), "
            + "but the guest sees full cores"
        }
      }
    } else if threads == 2 {
      for vcpu in stride(from: 0, to: cpus.count - 1, by: 2)
      where !topology.siblings(of: cpus[vcpu]).contains(cpus[vcpu + 1]) {
        return "vCPUs \(vcpu) and \(vcpu + 1) are threads of one guest core but sit on two"
      }
    }
    let own = CPUSet(cpus)
    let beside = cpus.reduce(CPUSet()) { $0.union(topology.siblings(of: $1)) }.subtracting(own)
    let other = context.facts.domains.first {
      $0.key != domain.key && $0.isRunning && domain.runs != false && $0.current.isDedicated
        && !$0.current.pinnedCPUs.isDisjoint(with: beside)
    }
    return other.map { "\($0.key) owns the other threads of its cores" }
  }

  private static let host = Snapshot.exampleHost()

  static let examples: [Example] = [
    Example("a core each", host.with(domain: PinnedExample.xml([1, 2])), .satisfied),
    Example(
      "threads that are threads",
      host.with(
        domain: PinnedExample.xml(
          [1, 9], extra: "<cpu><topology sockets='1' cores='1' threads='2'/></cpu>")), .satisfied),
    Example("a floating guest", host.with(domain: DomainXML.example()), .notApplicable),
    Example(
      "no SMT", Snapshot.exampleHost(threads: 1).with(domain: PinnedExample.xml([1, 2])),
      .notApplicable),
    Example(
      "two vCPUs on one core", host.with(domain: PinnedExample.xml([1, 9])), .violated(.info)),
    Example(
      "another guest on the sibling",
      host.with(running: PinnedExample.xml("a", [1])).with(running: PinnedExample.xml("b", [9])),
      under: .secure, .violated(.warning)),
    Example(
      "pinned to a CPU that is off",
      host.with("/sys/devices/system/cpu/online", "0-8\n").with(domain: PinnedExample.xml([1, 9])),
      .notApplicable),
    Example("nobody knows the host", .example(domains: PinnedExample.xml([1, 9])), .unknown),
    Example(
      "threads of a guest core on two",
      host.with(
        domain: PinnedExample.xml(
          [1, 2], extra: "<cpu><topology sockets='1' cores='1' threads='2'/></cpu>")),
      .violated(.info)),
    Example(
      "the guest on the sibling is off",
      host.with(running: PinnedExample.xml("a", [1])).with(domain: PinnedExample.xml("b", [9])),
      under: .secure, .satisfied),
  ]
}
