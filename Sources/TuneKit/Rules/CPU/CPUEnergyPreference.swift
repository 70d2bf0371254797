/// Where the processor picks its clock itself, what it leans to.
struct CPUEnergyPreference: Rule {
  static let about = RuleInfo(
    id: "cpu.epp", title: "Hardware-driven clocks lean to performance",
    severity: Severities(.warning, [.general: .info, .desktop: .off]),
    rationale: "Below the performance governor the processor weighs speed against power by this "
      + "preference.",
    cost: "Power.",
    notWhen: "The governor is performance: the kernel then sets the preference itself and refuses "
      + "others; the driver has no preference.",
    sources: [
      .link("https://docs.kernel.org/admin-guide/pm/intel_pstate.html"),
      .text("TuneD energy_performance_preference=performance"),
    ])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context) }
  }

  private static func verdict(_ context: Context) -> Verdict {
    let frequency = context.facts.frequency
    guard let wanted = context.wanted("cpu.epp")?.value.text else {
      return .notApplicable("the profile leaves the energy preference alone")
    }
    if context.facts.hostIsGuest { return .notApplicable("the outer host drives the clock") }
    guard let policies = frequency.policies.value else { return .missing(frequency.policies) }
    var evidence: [Evidence] = []
    var missing: [String] = []
    var wrong: [KnobItem] = []
    let accepted = accepted(wanted, context)
    for policy in policies {
      guard let preference = policy.energyPreference else { continue }
      guard let governor = policy.governor.value else {
        missing.append(policy.governor.unknownReason)
        continue
      }
      guard governor != "performance" else { continue }
      guard let value = preference.value else {
        missing.append(preference.unknownReason)
        continue
      }
      evidence.append(Evidence(preference.source, observed: value, expected: wanted))
      if !accepted.contains(value) { wrong.append(item(policy, wanted)) }
    }
    if wrong.isEmpty {
      if let reason = missing.first { return .unknown(reason) }
      return evidence.isEmpty
        ? .notApplicable("no policy has a preference of its own to follow") : .satisfied(evidence)
    }
    return .violated(
      Violation(
        wrong.count == 1
          ? "a frequency policy leans away from performance"
          : "\(wrong.count) frequency policies lean away from performance", evidence: evidence,
        remedy: Remedy(
          .live, "write \(wanted) to each policy's energy_performance_preference",
          persistence: "tmpfiles.d", changes: wrong.flatMap { $0.changes() })))
  }

  private static func accepted(_ wanted: String, _ context: Context) -> Set<String> {
    let tolerant = context.isFamily(.general, .migratable, .secure)
    return Set([wanted, "performance", "0"]).union(tolerant ? ["balance_performance"] : [])
  }

  static func item(_ policy: CPUFrequencyPolicy, _ wanted: String) -> KnobItem {
    let name = "/energy_performance_preference"
    return KnobItem(
      name: "energy preference", path: policy.path + name, target: .equal(wanted),
      persistence: .tmpfile(
        path: "/sys/devices/system/cpu/cpufreq/policy*" + name, value: wanted))
  }

  private static func host(_ preference: String?) -> Snapshot {
    CPUGovernor.host("powersave", driver: "intel_pstate", preference: preference)
  }

  static let examples = [
    Example("performance", host("performance"), under: .db, .satisfied),
    Example("the governor is performance", .exampleHost(), .notApplicable),
    Example("the driver has none", host(nil), .notApplicable),
    Example("balanced on a mixed host", host("balance_performance"), .satisfied),
    Example("balanced for databases", host("balance_performance"), under: .db, .violated(.warning)),
    Example("power on a mixed host", host("power"), .violated(.info)),
    Example(
      "unreadable",
      host("power").withUnreadable(
        "/sys/devices/system/cpu/cpufreq/policy1/energy_performance_preference"), .unknown),
    Example("itself a guest", host("power").insideOfAGuest, under: .db, .notApplicable),
    Example("desktops are left alone", host("power"), under: .desktop, .notApplicable),
    Example("the number that means performance", host("0"), under: .db, .satisfied),
    Example(
      "the governor is unreadable",
      host("power").withUnreadable("/sys/devices/system/cpu/cpufreq/policy1/scaling_governor"),
      .unknown),
  ]
}
