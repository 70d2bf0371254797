// What TuneD keeps: the active profile, and the values it and the profiles it includes set.
//
// A profile's own file (`tuned.conf`) decides where the snapshot holds it; of TuneD's own
// profiles the values are known without it (TuneD 2.2x).

/// TuneD as it runs on the host.
public struct TuneD: Sendable, Equatable {
  /// The active profiles as `active_profile` names them.
  public let profile: String
  /// Values by the names of `KnobOwner.name(of:)`; a value that is only raised keeps its `>`.
  private let values: [String: String]

  /// Nil where TuneD doesn't run, has no profile, or nobody can tell.
  init?(_ snapshot: Snapshot, _ units: Units) {
    guard units.isActive("tuned") == true,
      let active = snapshot.text("/etc/tuned/active_profile").value, !active.isEmpty
    else { return nil }
    profile = active.onOneLine
    var values: [String: String] = [:]
    var seen: Set<String> = []
    for name in active.words {
      values.merge(Self.settings(of: String(name), snapshot, &seen)) { _, new in new }
    }
    self.values = values
  }

  /// The value it keeps in a knob, for one that has `current` now; nil where it leaves it alone.
  func value(_ name: String, current: String?) -> String? {
    guard let text = values[name] else { return nil }
    guard text.hasPrefix(">") else { return text }
    let least = String(text.dropFirst())
    if let number = Int(least), let now = current.flatMap({ Int($0) }), now > number {
      return "\(now)"
    }
    return least
  }

  /// Whether it holds the latency of idle states down to these µs.
  func holdsLatency(_ limit: Int) -> Bool {
    guard let text = values["force_latency"] else { return false }
    // `cstate.id_no_zero:1|3`, `cstate.name:C1|10`, `100`, `none`: the last number is the fallback.
    guard let number = text.split(whereSeparator: { "|,:".contains($0) }).last.flatMap({ Int($0) })
    else { return false }
    return number <= limit
  }

  // MARK: - Profiles

  private static let profileLimit = 64

  private static func settings(
    of name: String, _ snapshot: Snapshot, _ seen: inout Set<String>
  ) -> [String: String] {
    // Each profile counts once: files may include each other.
    guard seen.count < profileLimit, !name.contains("/"), seen.insert(name).inserted else {
      return [:]
    }
    let places = ["/etc/tuned", "/etc/tuned/profiles", "/usr/lib/tuned", "/usr/lib/tuned/profiles"]
    let texts = places.lazy.compactMap { snapshot.raw("\($0)/\(name)/tuned.conf").value }
    guard let text = texts.first else { return TuneDProfiles.values[name] ?? [:] }
    let (included, own) = parse(text)
    var result: [String: String] = [:]
    for base in included.prefix(16) {
      // A profile may extend the shipped one of its own name.
      let values =
        base == name
        ? TuneDProfiles.values[name] ?? [:] : settings(of: base, snapshot, &seen)
      result.merge(values) { _, new in new }
    }
    return result.merging(own) { _, new in new }
  }

  /// The profiles a file includes and the values it sets. What holds a variable is left out.
  private static func parse(_ text: String) -> (included: [String], values: [String: String]) {
    var section = ""
    var included: [String] = []
    var values: [String: String] = [:]
    for line in text.lines.prefix(10_000) {
      let body = line.trimmedBlanks
      if body.hasPrefix("#") || body.hasPrefix(";") { continue }
      if body.hasPrefix("["), body.hasSuffix("]") {
        section = String(body.dropFirst().dropLast())
        continue
      }
      let parts = body.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { continue }
      let (key, value) = (parts[0].trimmedBlanks, parts[1].trimmedBlanks)
      if section == "main", key == "include" {
        included += value.split { $0 == "," || $0 == " " }.map(String.init)
      }
      guard !value.contains("$"), let name = self.name(section, key, value) else { continue }
      values[name.key] = name.value
    }
    return (included, values)
  }

  private static func name(
    _ section: String, _ key: String, _ value: String
  ) -> (key: String, value: String)? {
    switch (section, key) {
    case ("cpu", "governor"):
      // The first that the driver offers; the first named is the wish.
      return ("governor", value.split(separator: "|").first.map(String.init) ?? value)
    case ("cpu", "energy_performance_preference"):
      return ("epp", value.split(separator: "|").first.map(String.init) ?? value)
    case ("cpu", "min_perf_pct"): return ("min-perf", value)
    case ("cpu", "force_latency"): return ("force_latency", value)
    case ("cpu", "no_turbo"):
      return ("/sys/devices/system/cpu/intel_pstate/no_turbo", value)
    case ("cpu", "boost"): return ("/sys/devices/system/cpu/cpufreq/boost", value)
    case ("vm", "transparent_hugepages"), ("vm", "transparent_hugepage"): return ("thp", value)
    case ("vm", "dirty_ratio"), ("vm", "dirty_background_ratio"): return ("vm.\(key)", value)
    case ("vm", "dirty_bytes") where value.hasSuffix("%"):
      return ("vm.dirty_ratio", String(value.dropLast()))
    case ("vm", "dirty_background_bytes") where value.hasSuffix("%"):
      return ("vm.dirty_background_ratio", String(value.dropLast()))
    case ("sysctl", _): return (SysctlName.canonical(key), value)
    case ("sysfs", _) where key.hasPrefix("/"): return (KnobOwner.name(of: key), value)
    default: return nil
    }
  }
}

/// What TuneD's own profiles set, with what they include.
enum TuneDProfiles {
  private static let throughput = [
    "governor": "performance", "epp": "performance", "min-perf": "100",
    "vm.dirty_ratio": "40", "vm.dirty_background_ratio": "10", "vm.swappiness": "10",
    "net.core.somaxconn": ">2048",
  ]
  private static let latency = [
    "governor": "performance", "epp": "performance", "min-perf": "100",
    "vm.dirty_ratio": "10", "vm.dirty_background_ratio": "3", "vm.swappiness": "10",
    "force_latency": "cstate.id_no_zero:1|3",
  ]
  private static let networkLatency = with(
    latency,
    [
      "thp": "never", "net.core.busy_read": "50", "net.core.busy_poll": "50",
      "kernel.numa_balancing": "0",
    ])
  private static let virtualHost = with(
    throughput,
    ["vm.dirty_background_ratio": "5", "force_latency": "cstate.id_no_zero:3|70"])

  static let values: [String: [String: String]] = [
    "throughput-performance": throughput, "network-throughput": throughput,
    "virtual-host": virtualHost,
    "virtual-guest": with(throughput, ["vm.dirty_ratio": "30", "vm.swappiness": "30"]),
    "latency-performance": latency, "network-latency": networkLatency,
    "hpc-compute": with(
      latency,
      [
        "thp": "always", "net.core.busy_read": "50", "net.core.busy_poll": "50",
        "kernel.numa_balancing": "0", "vm.zone_reclaim_mode": "1",
      ]),
    "realtime": networkLatency, "cpu-partitioning": networkLatency,
    "realtime-virtual-host": with(networkLatency, ["ksm": "2"]),
    "powersave": ["governor": "powersave"],
    "balanced": ["governor": "schedutil", "epp": "balance_performance"],
    "desktop": ["governor": "schedutil", "epp": "balance_performance"],
  ]

  private static func with(
    _ base: [String: String], _ more: [String: String]
  ) -> [String: String] { base.merging(more) { _, new in new } }
}
