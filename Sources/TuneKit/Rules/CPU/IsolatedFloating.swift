/// Isolated CPUs are not balanced: all vCPUs of a wide pin pile up on the first.
struct IsolatedFloating: Rule {
  static let about = RuleInfo(
    id: "cpu.isolated-floating",
    title: "vCPUs on isolated CPUs are pinned one to one",
    severity: Severities(.critical),
    rationale: "The scheduler doesn't move threads inside of isolated CPUs: every vCPU stays on "
      + "the first CPU of its set, and they share it.",
    cost: "None: the isolated CPUs were of no use to this guest.",
    notWhen: "One CPU a pin; pins outside of the isolated set; cpuset partitions of type root.",
    sources: [.link("https://docs.kernel.org/admin-guide/kernel-parameters.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { domain in
      let definition = domain.definition
      let wide = definition.vcpuPins.compactMap(\.cpus).filter { $0.count > 1 }
      guard !wide.isEmpty else { return .notApplicable("no pin of several CPUs") }
      if let no = context.cpusMissing { return no }
      let isolated = context.facts.topology.isolated
      let hit = wide.reduce(CPUSet()) { $0.union($1.intersection(isolated)) }
      let evidence = [
        definition.evidence("cputune/vcpupin", definition.pinText, "without \(isolated)"),
        Evidence("/sys/devices/system/cpu/isolated", observed: isolated.description),
      ]
      guard !hit.isEmpty else { return .satisfied(evidence) }
      return .violated(
        Violation(
          "\(domain.key) floats over the isolated CPUs \(hit): its vCPUs pile up on one of them",
          evidence: evidence, remedy: context.home(domain, or: leave(domain, isolated))))
    }
  }

  private static func leave(_ domain: Domain, _ isolated: CPUSet) -> Remedy {
    let tune = domain.definition.cputune
    var edits: [XMLEdit] = []
    for pin in tune.vcpuPins where pin.cpus.count > 1 && !pin.cpus.isDisjoint(with: isolated) {
      let rest = pin.cpus.subtracting(isolated)
      guard !rest.isEmpty else { return .advice("pin each vCPU to one CPU: 'tuned-vm place'") }
      edits.append(
        .setAttribute(
          DomainDefinition.pinPath(pin.id), name: "cpuset", value: rest.description))
    }
    if let set = tune.cpuset, set.count > 1, !set.isDisjoint(with: isolated) {
      let rest = set.subtracting(isolated)
      guard !rest.isEmpty else { return .advice("pin each vCPU to one CPU: 'tuned-vm place'") }
      edits.append(.setAttribute("vcpu", name: "cpuset", value: rest.description))
    }
    return .edit(domain, "leave the isolated CPUs", edits)
  }

  private static let host = Snapshot.exampleHost()
    .with("/sys/devices/system/cpu/isolated", "2-3\n")

  static let examples: [Example] = [
    Example(
      "one CPU each", host.with(domain: PinnedExample.xml([2, 3])), .notApplicable),
    Example(
      "outside", host.with(domain: DomainXML.example(vcpuAttributes: "cpuset='4-7'")),
      .satisfied),
    Example(
      "a pool over isolated CPUs",
      host.with(domain: DomainXML.example(vcpuAttributes: "cpuset='0-3'")), .violated(.critical)),
  ]
}
