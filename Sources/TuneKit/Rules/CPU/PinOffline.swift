/// A pin to a CPU that isn't there keeps the guest from starting.
struct PinOffline: Rule {
  static let about = RuleInfo(
    id: "cpu.pin-offline",
    title: "Pins name only CPUs that are online",
    severity: Severities(.critical),
    rationale: "libvirt refuses to start the guest, or the vCPU loses its affinity after a CPU "
      + "went offline or SMT was switched off.",
    cost: "The guest needs another place.",
    notWhen: "No pins; the host is not known.",
    sources: [.link("https://libvirt.org/formatdomain.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { domain in
      let tune = domain.definition.cputune
      var pins: [(String, CPUSet)] = (tune.vcpuPins + tune.iothreadPins).map {
        ($0.node.xpath + "/@cpuset", $0.cpus)
      }
      if let pin = tune.emulatorPin { pins.append((pin.node.xpath + "/@cpuset", pin.cpus)) }
      if let set = tune.cpuset { pins.append(("vcpu/@cpuset", set)) }
      guard !pins.isEmpty else { return .notApplicable("no pins") }
      if let no = context.cpusMissing { return no }
      let online = context.facts.topology.online.value ?? []
      let wrong = pins.filter { !$0.1.isSubset(of: online) }
      guard let first = wrong.first else {
        return .satisfied([Evidence(pins[0].0, observed: pins[0].1.description)])
      }
      let gone = wrong.reduce(CPUSet()) { $0.union($1.1.subtracting(online)) }
      return .violated(
        Violation(
          "\(domain.key) is pinned to CPU \(gone), which is not online",
          evidence: [
            Evidence(first.0, observed: first.1.description, expected: "within \(online)"),
            Evidence("/sys/devices/system/cpu/online", observed: online.description),
          ], remedy: context.homeRemedy(domain, risk: about.cost)))
    }
  }

  static let examples: [Example] = [
    Example(
      "all online", Snapshot.exampleHost().with(domain: PinnedExample.xml([1, 2])), .satisfied),
    Example("no pins", Snapshot.exampleHost().with(domain: DomainXML.example()), .notApplicable),
    Example("nobody knows the host", .example(domains: PinnedExample.xml([1, 2])), .unknown),
    Example(
      "CPU 99 isn't there", Snapshot.exampleHost().with(domain: PinnedExample.xml([1, 99])),
      .violated(.critical)),
    Example(
      "nor for the emulator",
      Snapshot.exampleHost().with(
        domain: PinnedExample.xml([1], more: "<emulatorpin cpuset='64'/>")), .violated(.critical)),
  ]
}
