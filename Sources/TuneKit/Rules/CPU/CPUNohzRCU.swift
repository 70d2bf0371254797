/// The timer tick on isolated CPUs.
struct CPUNohzRCU: Rule {
  static let about = RuleInfo(
    id: "cpu.nohz-rcu", title: "Isolated CPUs have no timer tick and no RCU callbacks",
    severity: Severities(.off, [.latency: .info, .network: .info]),
    rationale: "The tick interrupts even a CPU with a single thread, 250 to 1000 times a second.",
    cost: "Every entry to the kernel, and so every exit of a guest, gets slower: time is accounted "
      + "at each of them.",
    notWhen: "No CPU is isolated. rcu_nocbs may be missing: nohz_full implies it.",
    sources: [
      .link("https://docs.kernel.org/timers/no_hz.html"),
      .text("TuneD cpu-partitioning (nohz=on nohz_full= rcu_nocbs=)"),
    ])

  private static let path = "/sys/devices/system/cpu/nohz_full"

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context) }
  }

  private static func verdict(_ context: Context) -> Verdict {
    let topology = context.facts.topology
    let snapshot = context.facts.snapshot
    guard !topology.isolated.isEmpty else {
      return CPUIsolation.unread(snapshot).map { .unknown($0) }
        ?? .notApplicable("no CPU is isolated")
    }
    if let reason = snapshot.failure(of: path) { return .unknown(reason) }
    let evidence = Evidence(
      path, observed: topology.nohzFull.isEmpty ? "none" : "\(topology.nohzFull)",
      expected: "\(topology.isolated)")
    guard topology.nohzFull != topology.isolated else { return .satisfied([evidence]) }
    let ticking = topology.isolated.subtracting(topology.nohzFull)
    return .violated(
      Violation(
        ticking.isEmpty
          ? "\(topology.nohzFull.subtracting(topology.isolated)) run without a tick but are not "
            + "isolated: they pay for it and gain nothing"
          : "the timer tick goes on interrupting the isolated CPUs \(ticking)",
        evidence: [evidence],
        remedy: Remedy(
          .nextHostBoot,
          "boot with nohz_full=\(topology.isolated) rcu_nocbs=\(topology.isolated)",
          risk: "needs a kernel built with NO_HZ_FULL", persistence: "kernel argument")))
  }

  private static let host = Snapshot.exampleHost().with(CPUIsolation.path, "2-3,10-11\n")

  static let examples = [
    Example("nothing isolated", .exampleHost(), under: .latency, .notApplicable),
    Example(
      "the same set, without rcu_nocbs", host.with(path, "2-3,10-11\n"), under: .latency,
      .satisfied),
    Example("ticking", host, under: .latency, .violated(.info)),
    Example(
      "a kernel that says null", host.with(path, "(null)\n"), under: .latency, .violated(.info)),
    Example("too many", host.with(path, "1-3,10-11\n"), under: .network, .violated(.info)),
    Example("unreadable", host.withUnreadable(path), under: .latency, .unknown),
    Example(
      "isolation unreadable", .exampleHost().withUnreadable(CPUIsolation.path), under: .latency,
      .unknown),
  ]
}
