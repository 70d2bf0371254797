// Knobs that another agent of the host writes: what we set there, it would set back. They are left
// alone unless `--take` names them.

/// Another tuner and what it sets.
struct KnobOwner: Equatable {
  /// For messages: `TuneD (profile virtual-host)`.
  let name: String
  /// The value it keeps; nil where that isn't known.
  let value: String?

  /// The agent that owns what a change writes and wants another value; nil where nobody does.
  static func of(_ change: Change, in facts: Facts) -> KnobOwner? {
    guard let key = key(of: change) else { return nil }
    let current = facts.snapshot.text(key.path).value.map { KnobValue.normal($0) }
    let owner = tuneD(key.name, current, facts) ?? daemon(key.name, facts)
    guard let owner else { return nil }
    if let value = owner.value, KnobText.same(value, key.value) { return nil }
    return owner
  }

  /// Whether `--take` names what a change writes: the knob's path, its short name, or a glob.
  static func isTaken(_ change: Change, rule: String, by take: [String]) -> Bool {
    guard let key = key(of: change) else { return false }
    return take.contains { pattern in
      let glob = Glob(pattern)
      return glob.matches(key.name) || glob.matches(key.path) || glob.matches(rule)
    }
  }

  /// What `--take` may name besides files: rules, short names and sysctls that are there.
  static func names(in facts: Facts, rules: [String]) -> [String] {
    rules + shortNames.values
      + facts.snapshot.files.keys.filter { $0.hasPrefix("/proc/sys/") }.map { name(of: $0) }
  }

  private static func key(of change: Change) -> (name: String, path: String, value: String)? {
    switch change {
    case .knob(let path, let value): (name(of: path), path, value)
    case .persist(.sysctl(let key, let value)):
      (SysctlName.canonical(key), SysctlName.path(key), value)
    case .persist(.tmpfile(let path, let value)): (name(of: path), path, value)
    default: nil
    }
  }

  /// `vm.swappiness`, `governor`, `epp` …; other knobs keep their path.
  static func name(of path: String) -> String {
    let sysctls = "/proc/sys/"
    if path.hasPrefix(sysctls) {
      return String(path.dropFirst(sysctls.count).map { $0 == "/" ? "." : $0 })
    }
    return shortNames.first { path.hasSuffix($0.key) }?.value ?? path
  }

  private static let shortNames = [
    "/scaling_governor": "governor", "/energy_performance_preference": "epp",
    "/transparent_hugepage/enabled": "thp", "/min_perf_pct": "min-perf",
    "/ksm/run": "ksm", "/smp_affinity_list": "irq-affinity", "/smp_affinity": "irq-affinity",
  ]

  // MARK: - TuneD

  private static func tuneD(_ key: String, _ current: String?, _ facts: Facts) -> KnobOwner? {
    guard let tuneD = facts.tuneD, let value = tuneD.value(key, current: current) else {
      return nil
    }
    return KnobOwner(name: "TuneD (profile \(tuneD.profile))", value: value)
  }

  // MARK: - Others

  private static let daemons: [(unit: String, keys: Set<String>)] = [
    ("power-profiles-daemon", ["governor", "epp"]), ("tlp", ["governor", "epp", "min-perf"]),
    ("auto-cpufreq", ["governor", "epp"]), ("ksmtuned", ["ksm"]),
    ("irqbalance", ["irq-affinity"]),
  ]

  private static func daemon(_ key: String, _ facts: Facts) -> KnobOwner? {
    daemons.first { $0.keys.contains(key) && facts.units.isActive($0.unit) == true }
      .map { KnobOwner(name: $0.unit, value: nil) }
  }
}
