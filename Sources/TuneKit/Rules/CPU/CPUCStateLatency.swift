/// Idle states that take long to leave.
struct CPUCStateLatency: Rule {
  static let about = RuleInfo(
    id: "cpu.cstate-latency", title: "No idle state takes longer to leave than the profile allows",
    severity: Severities(.info, [.latency: .warning, .network: .warning, .hpc: .warning]),
    rationale: "A packet or a lock that finds its CPU asleep waits until it is awake: over 100 µs "
      + "from the deepest states.",
    cost: "Power and heat; with all cores awake a single one has less turbo.",
    notWhen:
      "The profile names no limit; no idle control; idle=poll; the host is itself a guest; TuneD "
      + "holds /dev/cpu_dma_latency.",
    sources: [
      .article("§6.4"), .link("https://docs.kernel.org/admin-guide/pm/cpuidle.html"),
      .text("TuneD latency-performance, virtual-host (force_latency)"),
    ])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context) }
  }

  private static func verdict(_ context: Context) -> Verdict {
    guard let limit = limit(context) else { return .notApplicable("the profile names no limit") }
    if context.facts.hostIsGuest { return .notApplicable("the outer host puts CPUs to sleep") }
    let idle = context.facts.idle
    if idle.driver == "none" || idle.driver == "haltpoll" {
      return .notApplicable("the idle driver is \(idle.driver ?? "")")
    }
    let line = context.facts.commandLine
    if line.value?.last("idle") == "poll" { return .notApplicable("the host polls (idle=poll)") }
    guard !idle.states.isEmpty else {
      return idle.wasRead
        ? .notApplicable("there is no idle control here")
        : .unknown("/sys/devices/system/cpu: idle states were not read")
    }
    if let tuneD = context.facts.tuneD, tuneD.holdsLatency(limit) {
      return .notApplicable(
        "TuneD (profile \(tuneD.profile.printable)) holds /dev/cpu_dma_latency")
    }
    return judge(Deep(idle, limit: limit), limit, idle)
  }

  /// The rule's parameter, else the profile's setting, in µs.
  private static func limit(_ context: Context) -> Int? {
    if let own = context.profile.number(about.id, "limitMicroseconds"), own < 1e9 {
      return Int(own)
    }
    return context.wanted("cpu.cstate_exit_us").flatMap { Int($0.value.text) }
  }

  /// States that are on and take longer than the limit, by their number.
  private struct Deep {
    var byIndex: [String: [CPUIdleState]] = [:]
    var count = 0
    var unread: String?

    init(_ idle: CPUIdle, limit: Int) {
      for cpu in idle.states.keys.sorted() {
        for state in idle.states[cpu] ?? [] {
          guard let latency = state.latencyMicroseconds.value else {
            unread = unread ?? state.latencyMicroseconds.unknownReason
            continue
          }
          guard latency > limit else { continue }
          guard let isDisabled = state.isDisabled.value else {
            unread = unread ?? state.isDisabled.unknownReason
            continue
          }
          guard !isDisabled else { continue }
          byIndex[String(state.path.split(separator: "/").last ?? ""), default: []].append(state)
          count += 1
        }
      }
    }
  }

  private static func judge(_ deep: Deep, _ limit: Int, _ idle: CPUIdle) -> Verdict {
    let groups = deep.byIndex.sorted { $0.key < $1.key }
    guard !groups.isEmpty else {
      return deep.unread.map { .unknown($0) }
        ?? .satisfied([
          Evidence(
            "/sys/devices/system/cpu", observed: "no state above \(limit) µs is on")
        ])
    }
    var evidence: [Evidence] = []
    var changes: [Change] = []
    var names: [String] = []
    for (index, states) in groups {
      guard let first = states.first else { continue }
      let latency = states.compactMap(\.latencyMicroseconds.value).max() ?? 0
      names.append("\(first.name.printable) (\(latency) µs)")
      evidence.append(
        Evidence(
          first.path + "/disable", observed: "0 on \(String.counted(states.count, "CPU"))",
          expected: "1, or a latency of at most \(limit) µs"))
      changes += states.map { .knob(path: $0.path + "/disable", value: "1") }
      changes += persist(index, states, idle)
    }
    return .violated(
      Violation(
        "CPUs may sleep in \(names.joined(separator: ", ")), longer to leave than \(limit) µs",
        evidence: evidence,
        remedy: Remedy(
          .live, "switch \(names.joined(separator: ", ")) off on every CPU",
          persistence: "tmpfiles.d", changes: changes)))
  }

  /// One line for all CPUs where the state is deep everywhere, else one for each.
  private static func persist(
    _ index: String, _ states: [CPUIdleState], _ idle: CPUIdle
  ) -> [Change] {
    let having = idle.states.values.reduce(0) { sum, list in
      sum + (list.contains { $0.path.hasSuffix("/" + index) } ? 1 : 0)
    }
    guard having == states.count else {
      return states.map { .persist(.tmpfile(path: $0.path + "/disable", value: "1")) }
    }
    let path = "/sys/devices/system/cpu/cpu*/cpuidle/\(index)/disable"
    return [.persist(.tmpfile(path: path, value: "1"))]
  }

  private static let small = Snapshot.exampleHost(nodes: 1, coresPerNode: 1, threads: 1)
  private static let states = "/sys/devices/system/cpu/cpu0/cpuidle/"
  private static let shallow = small.with(states + "state2/disable", "1\n")
    .with(states + "state3/disable", "1\n")

  static let examples = [
    Example("no limit", small, .notApplicable),
    Example("deep states are off", shallow, under: .latency, .satisfied),
    Example(
      "a database allows 70 µs", small.with(states + "state3/disable", "1\n"), under: .db,
      .satisfied),
    Example(
      "the host polls", small.with("/proc/cmdline", "root=/dev/sda1 idle=poll\n"),
      under: .latency, .notApplicable),
    Example(
      "haltpoll in a guest",
      small.with("/sys/devices/system/cpu/cpuidle/current_driver", "haltpoll\n"),
      under: .latency, .notApplicable),
    Example(
      "TuneD holds it",
      small.with("/tuned-vm/units.json", "{\"tuned.service\":{\"active\":\"active\"}}")
        .with("/etc/tuned/active_profile", "latency-performance\n"), under: .latency,
      .notApplicable),
    Example("all states on", small, under: .latency, .violated(.warning)),
    Example("C6 on for a database", small, under: .db, .violated(.info)),
    Example(
      "unreadable", shallow.withUnreadable(states + "state3/disable"), under: .latency, .unknown),
    Example("itself a guest", small.insideOfAGuest, under: .latency, .notApplicable),
    Example(
      "a guest without an idle driver",
      small.with("/sys/devices/system/cpu/cpuidle/current_driver", "none\n"), under: .latency,
      .notApplicable),
    Example(
      "no idle control here", small.without("/sys/devices/system/cpu/cpu0/cpuidle"),
      under: .latency, .notApplicable),
    Example(
      "idle states were not read",
      small.without("/sys/devices/system/cpu/cpu0/cpuidle").without("/sys/devices/system/cpu").with(
        "/sys/devices/system/cpu/online", "0\n"
      ).without("/sys/devices/system"), under: .latency, .unknown),
    Example(
      "a latency is unreadable", shallow.withUnreadable(states + "state3/latency"), under: .latency,
      .unknown),
    Example(
      "TuneD holds a longer one",
      small.with("/tuned-vm/units.json", "{\"tuned.service\":{\"active\":\"active\"}}").with(
        "/etc/tuned/active_profile", "balanced\n"), under: .latency, .violated(.warning)),
    Example(
      "deep on one of two CPUs",
      Snapshot.exampleHost(nodes: 1, coresPerNode: 2, threads: 1).with(
        states + "state2/disable", "1\n"
      ).with(states + "state3/disable", "1\n"), under: .latency, .violated(.warning)),
  ]
}
