/// The governor of every frequency policy that drives guest CPUs.
struct CPUGovernor: Rule {
  static let about = RuleInfo(
    id: "cpu.governor", title: "CPUs that run guests use the performance governor",
    severity: Severities(.warning, [.general: .info, .desktop: .off]),
    rationale: "A guest's load is bursts to the host; governors that follow it raise the clock "
      + "when the burst is over.",
    cost: "Idle power, and less turbo headroom when all cores are busy.",
    notWhen: "No frequency control here (a guest, the firmware's own); the driver doesn't offer "
      + "it; a hardware-driven powersave whose energy preference is performance (then info, but "
      + "for latency, hpc and network performance also lifts the lower limit).",
    sources: [
      .article("§6.4"), .article("§11"),
      .link("https://docs.kernel.org/admin-guide/pm/intel_pstate.html"),
      .text("TuneD throughput-performance"),
    ])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context) }
  }

  private static func verdict(_ context: Context) -> Verdict {
    let frequency = context.facts.frequency
    guard let wanted = context.wanted("cpu.governor")?.value.text else {
      return .notApplicable("the profile leaves the governor alone")
    }
    if context.facts.hostIsGuest { return .notApplicable("the outer host drives the clock") }
    guard let policies = frequency.policies.value else { return .missing(frequency.policies) }
    guard !policies.isEmpty else { return .notApplicable("no frequency control here") }
    guard let cpus = context.guestCPUs else { return .missing(context.facts.topology.online) }
    var missing: [String] = []
    var evidence: [Evidence] = []
    var wrong: [CPUFrequencyPolicy] = []
    for policy in policies where policy.cpus.value?.isDisjoint(with: cpus) != true {
      guard let governor = policy.governor.value else {
        missing.append(policy.governor.unknownReason)
        continue
      }
      // Without the list nobody knows that it is not offered.
      let isOffered = policy.availableGovernors.value?.contains(wanted) ?? true
      guard governor == wanted || isOffered else { continue }
      evidence.append(Evidence(policy.governor.source, observed: governor, expected: wanted))
      if governor != wanted { wrong.append(policy) }
    }
    if wrong.isEmpty {
      if let reason = missing.first { return .unknown(reason) }
      return evidence.isEmpty
        ? .notApplicable("no driver here offers \(wanted)") : .satisfied(evidence)
    }
    return .violated(violation(wrong, wanted, evidence, context))
  }

  private static func violation(
    _ wrong: [CPUFrequencyPolicy], _ wanted: String, _ evidence: [Evidence], _ context: Context
  ) -> Violation {
    let found = Set(wrong.compactMap(\.governor.value)).sorted().joined(separator: ", ")
    let isTolerable = wrong.allSatisfy(isHardwareDriven) && wanted == "performance"
    let strict = context.isFamily(.latency, .hpc, .network)
    return Violation(
      "\(wrong.count) of \(evidence.count) frequency policies use \(found.printable) instead of "
        + wanted,
      severity: isTolerable && !strict ? .info : nil, evidence: evidence,
      remedy: Remedy(
        .live, "write \(wanted) to each policy's scaling_governor", persistence: "tmpfiles.d",
        changes: wrong.flatMap { item($0, wanted).changes() }))
  }

  /// The processor picks the clock itself and leans to speed.
  private static func isHardwareDriven(_ policy: CPUFrequencyPolicy) -> Bool {
    ["intel_pstate", "amd-pstate-epp", "amd_pstate_epp"].contains(policy.driver.value ?? "")
      && policy.governor.value == "powersave"
      && ["performance", "0"].contains(policy.energyPreference?.value ?? "")
  }

  /// The knob of a policy. All policies share one line of tmpfiles.d.
  static func item(_ policy: CPUFrequencyPolicy, _ wanted: String) -> KnobItem {
    let glob =
      policy.path.contains("/policy")
      ? "/sys/devices/system/cpu/cpufreq/policy*" : "/sys/devices/system/cpu/cpu*/cpufreq"
    return KnobItem(
      name: "governor", path: policy.path + "/scaling_governor", target: .equal(wanted),
      persistence: .tmpfile(path: glob + "/scaling_governor", value: wanted))
  }

  private static let cpu = "/sys/devices/system/cpu"

  static func host(
    _ governor: String, driver: String = "intel_cpufreq", preference: String? = nil,
    offered: String = "performance schedutil powersave"
  ) -> Snapshot {
    let policy = cpu + "/cpufreq/policy1/"
    let host = Snapshot.exampleHost(nodes: 1, coresPerNode: 2, threads: 1)
      .with(policy + "scaling_governor", governor + "\n")
      .with(policy + "scaling_driver", driver + "\n")
      .with(policy + "scaling_available_governors", offered + "\n")
    let path = policy + "energy_performance_preference"
    guard let preference else { return host.without(path) }
    return host.with(path, preference + "\n")
  }

  static let examples = [
    Example("performance", .exampleHost(), .satisfied),
    Example(
      "no frequency control here",
      .exampleHost().without(cpu + "/cpufreq").withDirectory(cpu + "/cpufreq"), .notApplicable),
    Example("desktops are left alone", host("powersave"), under: .desktop, .notApplicable),
    Example(
      "the driver doesn't offer it", host("powersave", offered: "powersave"), under: .db,
      .satisfied),
    Example(
      "hardware-driven and leaning to speed",
      host("powersave", driver: "intel_pstate", preference: "performance"), under: .db,
      .violated(.info)),
    Example(
      "the same, where the lower limit matters",
      host("powersave", driver: "intel_pstate", preference: "performance"), under: .latency,
      .violated(.warning)),
    Example("schedutil", host("schedutil"), under: .throughput, .violated(.warning)),
    Example("schedutil on a mixed host", host("schedutil"), .violated(.info)),
    Example(
      "the only wrong policy runs no guest",
      host("schedutil").with(
        running: DomainXML.example(vcpus: 1, vcpuAttributes: "cpuset='0'")), under: .db,
      .satisfied),
    Example(
      "unreadable",
      .exampleHost().withUnreadable(cpu + "/cpufreq/policy0/scaling_governor"), .unknown),
    Example("itself a guest", host("powersave").insideOfAGuest, under: .db, .notApplicable),
    Example(
      "no driver offers it",
      .exampleHost(nodes: 1, coresPerNode: 1, threads: 1).with(
        cpu + "/cpufreq/policy0/scaling_governor", "powersave\n"
      ).with(cpu + "/cpufreq/policy0/scaling_available_governors", "powersave\n"), under: .db,
      .notApplicable),
    Example(
      "a value nobody lists is still right", host("performance", offered: "powersave"), under: .db,
      .satisfied),
    Example(
      "hardware-driven, without a preference", host("powersave", driver: "intel_pstate"),
      under: .db, .violated(.warning)),
    Example(
      "the kernel drives it and leans to speed",
      host("powersave", driver: "acpi-cpufreq", preference: "performance"), under: .db,
      .violated(.warning)),
    Example(
      "hardware-driven, another governor",
      host("schedutil", driver: "intel_pstate", preference: "performance"), under: .db,
      .violated(.warning)),
  ]
}
