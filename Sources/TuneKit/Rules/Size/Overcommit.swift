// Limits of the sizing rules, and the memory that is kept for the host.

/// Two-step limits of an overcommit rule.
struct OvercommitLimits: Sendable, Equatable {
  let warning: Double
  let critical: Double

  /// The configuration's, else the profile's.
  init?(_ rule: String, _ context: Context) {
    if let own = context.configuration.thresholds[rule] {
      (warning, critical) = own
      return
    }
    guard let warning = context.profile.number(rule, "warning"),
      let critical = context.profile.number(rule, "critical")
    else { return nil }
    (self.warning, self.critical) = (warning, critical)
  }

  /// The configuration's, else the profile's (of a domain where given), else these.
  init(
    _ rule: String, _ context: Context, _ profile: EffectiveProfile? = nil, warning: Double,
    critical: Double
  ) {
    let profile = profile ?? context.profile
    let own = context.configuration.thresholds[rule]
    self.warning = own?.warning ?? profile.number(rule, "warning") ?? warning
    self.critical = own?.critical ?? profile.number(rule, "critical") ?? critical
  }

  /// Above the first a warning, above the second critical; nil at or below the first.
  func severity(_ ratio: Double) -> Severity? {
    ratio > critical ? .critical : ratio > warning ? .warning : nil
  }

  var text: String { "at most \(Self.short(warning)):1, critical above \(Self.short(critical)):1" }

  private static func short(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e9 ? "\(Int(value))" : "\(value)"
  }
}

/// Memory that guests can't have (rules.md mem.host-reserve).
enum HostReserve {
  /// max(2 GiB, 5 %) and the most that the ZFS cache may take, in KiB.
  static func kib(totalKiB: Int, _ snapshot: Snapshot) -> Int {
    let base = max(2 << 20, totalKiB / 20)
    return base + zfsKiB(snapshot) + openVSwitchKiB(snapshot)
  }

  /// `c_max` of the ARC's statistics.
  private static func zfsKiB(_ snapshot: Snapshot) -> Int {
    let text = snapshot.raw("/proc/spl/kstat/zfs/arcstats").value ?? ""
    for line in text.lines where line.hasPrefix("c_max ") {
      if let bytes = line.words.last.flatMap({ Int($0) }), bytes > 0 { return bytes >> 10 }
    }
    return 0
  }

  /// `dpdk-socket-mem` of Open vSwitch, MiB by node.
  private static func openVSwitchKiB(_ snapshot: Snapshot) -> Int {
    let text = snapshot.raw("/tuned-vm/ovs.json").value ?? ""
    guard let start = text.firstRange(of: "dpdk-socket-mem")?.upperBound else { return 0 }
    let rest = text[start...].drop { !$0.isNumber }.prefix { $0.isNumber || $0 == "," }
    let mib = rest.split(separator: ",").compactMap { Int($0) }.filter { $0 < 1 << 30 }
    return mib.reduce(0) { $0 + $1 * 1024 }
  }
}
