/// The kernel's own moving of pages between nodes.
struct CPUNumaBalancing: Rule {
  static let about = RuleInfo(
    id: "cpu.numa-balancing", title: "Pages are moved only for guests that are not pinned",
    severity: Severities(
      .info, [.latency: .warning, .db: .info, .network: .warning, .hpc: .warning]),
    rationale: "For pinned guests the scanner only causes faults; for floating ones it brings "
      + "memory to where they run.",
    cost: "Faults while it is on; remote memory while it is off.",
    notWhen: "One node; value 2 (memory tiers); no such sysctl; no guest runs.",
    sources: [
      .link("https://docs.kernel.org/admin-guide/sysctl/kernel.html#numa-balancing"),
      .text("TuneD network-latency"),
    ])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context) }
  }

  private static func verdict(_ context: Context) -> Verdict {
    let facts = context.facts
    let running = facts.runningDomains
    guard !running.isEmpty else { return .notApplicable("no guest is known to run") }
    guard facts.topology.nodes.contains(where: { !$0.cpus.isEmpty }) else {
      return .unknown("/sys/devices/system/node: no node was read")
    }
    guard facts.topology.fullNodes.count > 1 else { return .notApplicable("one node") }
    let knob = facts.snapshot.sysctl("kernel.numa_balancing")
    if facts.snapshot.isAbsent(knob.source) {
      return .notApplicable("this kernel does not balance memory")
    }
    guard let value = knob.value else { return .missing(knob) }
    guard value != 2 else { return .notApplicable("value 2 manages memory tiers") }
    if let own = context.wanted("kernel.numa_balancing"), !own.isShipped,
      let wanted = Int(own.value.text)
    {
      return value == wanted
        ? .satisfied([.fact(knob, expected: "\(wanted)")])
        : wrong(knob, wanted, "the profile wants \(wanted)", nil)
    }
    let fixed = running.allSatisfy { domain in
      let definition = domain.current
      return definition.isPinned
        && (definition.memory.binding?.nodes != nil || !definition.memory.memNodes.isEmpty)
    }
    let floating = running.contains { !$0.current.isPinned }
    if fixed, value != 0 {
      return wrong(knob, 0, "all guests are pinned with their memory; scanning only disturbs", nil)
    }
    if floating, value == 0, context.isFamily(.general, .throughput, .desktop) {
      return wrong(knob, 1, "guests float, and nothing brings their memory after them", .warning)
    }
    return .satisfied([.fact(knob)])
  }

  private static func wrong(
    _ knob: Known<Int>, _ wanted: Int, _ because: String, _ severity: Severity?
  ) -> Verdict {
    let item = KnobItem.sysctl("kernel.numa_balancing", .equal("\(wanted)"))
    return .violated(
      Violation(
        "kernel.numa_balancing is \(knob.value ?? 0); \(because)", severity: severity,
        evidence: [.fact(knob, expected: "\(wanted)")],
        remedy: Remedy(
          .live, "write \(wanted) to \(knob.source)", persistence: "sysctl.d",
          changes: item.changes())))
  }

  private static let pinned = DomainXML.example(
    vcpus: 2, vcpuAttributes: "cpuset='0-3'",
    extra: "<numatune><memory mode='strict' nodeset='0'/></numatune>")
  private static let knob = "/proc/sys/kernel/numa_balancing"

  static let examples = [
    Example(
      "guests float and it is on", .exampleHost().with(running: DomainXML.example()), .satisfied),
    Example("no guest runs", .exampleHost(), .notApplicable),
    Example(
      "one node", .exampleHost(nodes: 1).with(running: DomainXML.example()), .notApplicable),
    Example(
      "memory tiers", .exampleHost().with(knob, "2\n").with(running: pinned), .notApplicable),
    Example(
      "all pinned, and it scans", .exampleHost().with(running: pinned), under: .latency,
      .violated(.warning)),
    Example(
      "guests float and it is off",
      .exampleHost().with(knob, "0\n").with(running: DomainXML.example()), .violated(.warning)),
    Example(
      "unreadable", .exampleHost().withUnreadable(knob).with(running: pinned), .unknown),
    Example(
      "no node was read", .exampleHost().without("/sys/devices/system/node").with(running: pinned),
      .unknown),
    Example(
      "a kernel without it", .exampleHost().without(knob).with(running: pinned), .notApplicable),
    Example(
      "pinned, but not its memory",
      .exampleHost().with(running: DomainXML.example(vcpus: 2, vcpuAttributes: "cpuset='0-3'")),
      under: .latency, .satisfied),
    Example(
      "memory bound, CPUs floating",
      .exampleHost().with(
        running: DomainXML.example(
          extra: "<numatune><memory mode='strict' nodeset='0'/></numatune>")), under: .latency,
      .satisfied),
    Example(
      "off, and all are pinned", .exampleHost().with(knob, "0\n").with(running: pinned), .satisfied),
    Example(
      "off under latency is asked for",
      .exampleHost().with(knob, "0\n").with(running: DomainXML.example()), under: .latency,
      .satisfied),
  ]
}
