/// Device interrupts on CPUs that belong to a guest.
struct CPUIRQAffinity: Rule {
  static let about = RuleInfo(
    id: "cpu.irq-affinity", title: "Device interrupts stay away from CPUs that guests have alone",
    severity: Severities(
      .off, [.latency: .warning, .network: .warning, .hpc: .info], isFinal: true),
    rationale:
      "Each interrupt there throws the guest out and puts the host's handler in its place.",
    cost: "The other CPUs serve all devices.",
    notWhen: "The interrupt never came; the kernel manages it (queues of NVMe disks and HBAs: the "
      + "write fails); it belongs to a passed-through device; per-CPU interrupts; the host is itself a "
      + "guest.",
    sources: [
      .link("https://docs.kernel.org/core-api/irq/irq-affinity.html"),
      .text("TuneD cpu-partitioning (irqbalance_banned_cpus)"),
    ])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context) }
  }

  private static func verdict(_ context: Context) -> Verdict {
    if context.facts.hostIsGuest { return .notApplicable("the outer host delivers interrupts") }
    let guests = context.dedicatedGuests.filter { $0.runs != false }
    guard !guests.isEmpty else { return .notApplicable("no running guest has CPUs of its own") }
    let interrupts = context.facts.interrupts.all
    guard let all = interrupts.value else { return .unknown(interrupts.unknownReason) }
    let taken = guests.pinnedCPUs
    var wrong: [(interrupt: Interrupt, cpus: CPUSet)] = []
    var unread: [String] = []
    for interrupt in all where interrupt.total > 0 && !interrupt.isManaged && !interrupt.isVFIO {
      switch cpus(of: interrupt, context.facts.snapshot) {
      case .failure(let reason): unread.append(reason.text)
      case .success(let cpus):
        if !cpus.isDisjoint(with: taken) { wrong.append((interrupt, cpus)) }
      }
    }
    guard !wrong.isEmpty else {
      return unread.first.map { .unknown($0) }
        ?? .satisfied([Evidence(interrupts.source, observed: "none on \(taken)")])
    }
    return .violated(violation(wrong, taken, guests, context))
  }

  private struct Unread: Error { let text: String }

  /// The CPUs an interrupt goes to and may go to. Where only the first is left over from before a
  /// write, the kernel moves it with the next interrupt.
  private static func cpus(
    of interrupt: Interrupt, _ snapshot: Snapshot
  ) -> Result<CPUSet, Unread> {
    if let reason = snapshot.failure(of: interrupt.effective.source) {
      return .failure(Unread(text: reason))
    }
    guard let allowed = interrupt.affinity.value else {
      return .failure(Unread(text: interrupt.affinity.unknownReason))
    }
    return .success(interrupt.effective.value.map { $0.intersection(allowed) } ?? allowed)
  }

  private static func violation(
    _ wrong: [(interrupt: Interrupt, cpus: CPUSet)], _ taken: CPUSet, _ guests: [Domain],
    _ context: Context
  ) -> Violation {
    let topology = context.facts.topology
    let rest = (topology.online.value ?? CPUSet()).subtracting(taken)
    let housekeeping =
      rest.isSubset(of: topology.isolated)
      ? rest : rest.subtracting(topology.isolated)
    let changes =
      housekeeping.isEmpty
      ? [] : wrong.map { Change.knob(path: $0.interrupt.path, value: "\(housekeeping)") }
    let actions = wrong.prefix(3).map { "\($0.interrupt.number) (\(name($0.interrupt)))" }
    let more = wrong.count > 3 ? " and \(wrong.count - 3) more" : ""
    let summary =
      "move \(String.counted(wrong.count, "interrupt")) to \(housekeeping), and keep "
      + "them there with IRQBALANCE_BANNED_CPULIST=\(taken) or irqaffinity=\(housekeeping)"
    return Violation(
      "interrupt \(actions.joined(separator: ", "))\(more) may interrupt \(guests.names) on "
        + "\(wrong.reduce(CPUSet()) { $0.union($1.cpus) }.intersection(taken))",
      evidence: wrong.prefix(16).map {
        Evidence(
          $0.interrupt.effective.value == nil ? $0.interrupt.path : $0.interrupt.effective.source,
          observed: "\($0.cpus)", expected: "none of \(taken)")
      },
      remedy: housekeeping.isEmpty
        ? .advice("leave the host a CPU that no guest has to itself")
        : Remedy(
          .live, summary,
          risk: "interrupts have other numbers after the next boot; irqbalance moves them back",
          changes: changes))
  }

  private static func name(_ interrupt: Interrupt) -> String {
    (interrupt.action.words.last.map(String.init) ?? "no handler").printable
  }

  private static func host(
    _ affinity: String, _ effective: String, count: Int = 1000, action: String = "i40e-eno1-TxRx-0"
  ) -> Snapshot {
    Snapshot.exampleHost().withDomain(CPUIsolation.guest, running: true)
      .with("/proc/interrupts", "  CPU0 CPU1\n 120: \(count) 0 PCI-MSI 30932992-edge \(action)\n")
      .with("/proc/irq/120/smp_affinity_list", affinity + "\n")
      .with("/proc/irq/120/effective_affinity_list", effective + "\n")
  }

  static let examples = [
    Example("no guests", .exampleHost(), under: .latency, .notApplicable),
    Example("elsewhere", host("0-15", "0"), under: .latency, .satisfied),
    Example(
      "moved, the next interrupt goes there", host("0-1", "2"), under: .latency, .satisfied),
    Example("never came", host("0-15", "2", count: 0), under: .latency, .satisfied),
    Example(
      "managed by the kernel", host("2", "2", action: "nvme0q3"), under: .latency, .satisfied),
    Example(
      "of a passed-through card", host("2", "2", action: "vfio-msix[0](0000:3b:00.0)"),
      under: .latency, .satisfied),
    Example("on the guest's CPU", host("0-15", "2"), under: .latency, .violated(.warning)),
    Example("only there", host("2", "2"), under: .hpc, .violated(.info)),
    Example(
      "an old kernel", host("2", "2").without("/proc/irq/120/effective_affinity_list"),
      under: .network, .violated(.warning)),
    Example(
      "unreadable", host("2", "2").withUnreadable("/proc/interrupts"), under: .latency, .unknown),
    Example("itself a guest", host("2", "2").insideOfAGuest, under: .latency, .notApplicable),
    Example(
      "one can't be read", host("2", "2").withUnreadable("/proc/irq/120/effective_affinity_list"),
      under: .latency, .unknown),
    Example(
      "nor where it may go",
      host("2", "2").without("/proc/irq/120/effective_affinity_list").withUnreadable(
        "/proc/irq/120/smp_affinity_list"), under: .latency, .unknown),
    Example(
      "isolated CPUs serve no devices", host("0-15", "2").with(CPUIsolation.path, "2-3,10-11\n"),
      under: .latency, .violated(.warning)),
    Example(
      "all others are isolated", host("0-15", "2").with(CPUIsolation.path, "0-15\n"),
      under: .latency, .violated(.warning)),
  ]
}
