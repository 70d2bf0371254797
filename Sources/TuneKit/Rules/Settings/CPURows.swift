// Rows about processors: turbo, lowest performance, polling before halting, zone reclaim.

extension SettingTable {
  private static let cpu = "/sys/devices/system/cpu"
  static let noTurbo = cpu + "/intel_pstate/no_turbo"

  static let cpuTurbo = SettingRow(
    about: RuleInfo(
      id: "cpu.turbo", title: "Processors may use their highest frequencies",
      severity: Severities(
        .warning, [.latency: .info, .network: .info, .desktop: .off]),
      rationale: "A single busy vCPU runs up to a third faster above the base frequency.",
      cost: "Power; where flat clocks are wanted, some variation.",
      notWhen: "No such switch; the host is itself a guest; flat clocks are wanted on purpose "
        + "(then info).",
      sources: [
        .article("§6.4"), .link("https://docs.kernel.org/admin-guide/pm/intel_pstate.html"),
        .text("TuneD throughput-performance (boost=1)"),
      ]),
    knobs: ["cpu.turbo"],
    wish: { context in
      guard let wanted = context.wanted("cpu.turbo") else { return leftAlone(context, "turbo") }
      if context.facts.host.virtualized == true {
        return .none(.notApplicable("the outer host decides"))
      }
      let isOn = wanted.value.text == "1"
      let items = turboItems(context.facts.snapshot, isOn: isOn)
      guard !items.isEmpty else { return .none(.notApplicable("there is no turbo switch here")) }
      return .values(
        items,
        KnobJudge.Wording(
          because: isOn
            ? "the processor stays below its highest frequency" : "flat clocks are wanted",
          risk: "the write fails where the firmware switched turbo off: then it is a matter of "
            + "its setup"))
    },
    examples: [
      Example("on", .exampleHost(), .satisfied),
      Example("no switch", .exampleHost().without(cpu + "/intel_pstate"), .notApplicable),
      Example(
        "desktops are left alone", .exampleHost().with(noTurbo, "1\n"), under: .desktop,
        .notApplicable),
      Example("off", .exampleHost().with(noTurbo, "1\n"), .violated(.warning)),
      Example(
        "off, where flat clocks may be meant", .exampleHost().with(noTurbo, "1\n"),
        under: .latency, .violated(.info)),
      Example(
        "the general switch",
        .exampleHost().without(cpu + "/intel_pstate").with(cpu + "/cpufreq/boost", "0\n"),
        .violated(.warning)),
      Example("unreadable", .exampleHost().withUnreadable(noTurbo), .unknown),
      Example("an empty file", .exampleHost().with(noTurbo, "\n"), .unknown),
    ])

  private static func turboItems(_ snapshot: Snapshot, isOn: Bool) -> [KnobItem] {
    if snapshot.files[noTurbo] != nil {
      return [.file("intel_pstate/no_turbo", noTurbo, .equal(isOn ? "0" : "1"))]
    }
    let value = KnobTarget.equal(isOn ? "1" : "0")
    let boost = cpu + "/cpufreq/boost"
    if snapshot.files[boost] != nil { return [.file("cpufreq/boost", boost, value)] }
    let policies = SnapshotPaths(snapshot).numbers(cpu + "/cpufreq", "policy")
    return policies.map { "\(cpu)/cpufreq/policy\($0)/boost" }
      .filter { snapshot.files[$0] != nil }
      .map { path in
        KnobItem(
          name: String(path.dropFirst(cpu.count + 9)), path: path, target: value,
          persistence: .tmpfile(path: cpu + "/cpufreq/policy*/boost", value: value.written))
      }
  }

  static let cpuMinPerf = SettingRow(
    about: RuleInfo(
      id: "cpu.min-perf", title: "No limit keeps processors below their range",
      severity: Severities(.info, [.latency: .warning, .throughput: .warning]),
      rationale: "max_perf_pct below 100 cuts the top off; a low min_perf_pct lets the clock fall "
        + "between bursts where the governor doesn't hold it up.",
      cost: "Idle power.",
      notWhen: "The files are not there (AMD, per-CPU limits); the governor is performance.",
      sources: [
        .link("https://docs.kernel.org/admin-guide/pm/intel_pstate.html"),
        .text("TuneD min_perf_pct=100"),
      ]),
    knobs: ["cpu.min_perf_pct"],
    wish: { context in
      let snapshot = context.facts.snapshot
      let (least, most) = (cpu + "/intel_pstate/min_perf_pct", cpu + "/intel_pstate/max_perf_pct")
      guard snapshot.files[most] != nil || snapshot.files[least] != nil else {
        return .none(.notApplicable("the driver has no such limits"))
      }
      if context.profile.family == .desktop, context.wanted("cpu.min_perf_pct") == nil {
        return leftAlone(context, "frequency limits")
      }
      var items: [KnobItem] = [.file("intel_pstate/max_perf_pct", most, .atLeast(100))]
      if let wanted = context.wanted("cpu.min_perf_pct"), let limit = Int(wanted.value.text),
        !governorIsPerformance(snapshot)
      {
        items.append(.file("intel_pstate/min_perf_pct", least, .atLeast(limit)))
      }
      return .values(
        items, KnobJudge.Wording(because: "the clock stays or falls below what the guests need"))
    },
    examples: [
      Example("full range", .exampleHost(), .satisfied),
      Example(
        "the governor holds the clock up",
        .exampleHost().with(cpu + "/intel_pstate/min_perf_pct", "20\n"), under: .latency,
        .satisfied),
      Example("another driver", .exampleHost().without(cpu + "/intel_pstate"), .notApplicable),
      Example(
        "the top is cut off", .exampleHost().with(cpu + "/intel_pstate/max_perf_pct", "80\n"),
        .violated(.info)),
      Example(
        "the clock falls between bursts",
        .exampleHost(nodes: 1, coresPerNode: 1, threads: 1)
          .with(cpu + "/intel_pstate/min_perf_pct", "20\n")
          .with(cpu + "/cpufreq/policy0/scaling_governor", "powersave\n"),
        under: .latency, .violated(.warning)),
      Example(
        "unreadable", .exampleHost().withUnreadable(cpu + "/intel_pstate/max_perf_pct"), .unknown),
    ])

  /// Whether every policy's governor is performance.
  private static func governorIsPerformance(_ snapshot: Snapshot) -> Bool {
    let policies = SnapshotPaths(snapshot).numbers(cpu + "/cpufreq", "policy")
      .map { "\(cpu)/cpufreq/policy\($0)/scaling_governor" }
    let governors = policies.compactMap { snapshot.text($0).value }
    return !governors.isEmpty && governors.count == policies.count
      && governors.allSatisfy { $0 == "performance" }
  }

  static let numaZoneReclaim = SettingRow(
    about: RuleInfo(
      id: "numa.zone-reclaim", title: "A full node borrows memory before it drops its cache",
      severity: Severities(.warning, [.hpc: .off]),
      rationale: "With zone reclaim a node that runs full throws its page cache away, or writes it "
        + "out, while another node has free memory.",
      cost: "Some pages land on another node.",
      notWhen: "Technical computing with all guests local to their nodes.",
      sources: [
        .article("§6.1"), .link("https://docs.kernel.org/admin-guide/sysctl/vm.html"),
      ]),
    knobs: ["vm.zone_reclaim_mode"],
    wish: { context in
      guard let wanted = context.wanted("vm.zone_reclaim_mode") else {
        return leftAlone(context, "vm.zone_reclaim_mode")
      }
      let item = KnobItem.sysctl("vm.zone_reclaim_mode", .equal(wanted.value.text))
      if context.facts.snapshot.isAbsent(item.path) {
        return .none(.notApplicable("this kernel has no NUMA support"))
      }
      return .values(
        [item],
        KnobJudge.Wording(because: "a full node drops its cache while others have free memory"))
    },
    examples: [
      Example("off", .exampleHost(), .satisfied),
      Example("the operator of computing decides", reclaiming, under: .hpc, .notApplicable),
      Example("on", reclaiming, .violated(.warning)),
      Example(
        "unreadable", .exampleHost().withUnreadable("/proc/sys/vm/zone_reclaim_mode"), .unknown),
    ])

  private static let reclaiming = Snapshot.exampleHost().with(
    "/proc/sys/vm/zone_reclaim_mode", "1\n")
}
