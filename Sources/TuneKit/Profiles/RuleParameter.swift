// The parameters that rules take from a profile's `rules:`.

/// A parameter of a rule.
public struct RuleParameter: Sendable, Equatable {
  /// Its name.
  public let name: String
  /// What it means, with its unit.
  public let about: String
  /// Smallest and largest value.
  public let range: ClosedRange<Double>

  init(_ name: String, _ range: ClosedRange<Double>, _ about: String) {
    self.name = name
    self.range = range
    self.about = about
  }

  /// The parameters of a rule by id; empty for rules without any.
  public static func of(_ rule: String) -> [RuleParameter] { table[rule] ?? [] }

  private static let limits = [
    RuleParameter("warning", 0...1_000_000, "above this a warning"),
    RuleParameter("critical", 0...1_000_000, "above this critical"),
  ]

  static let table: [String: [RuleParameter]] = [
    "cpu.pin-required": [RuleParameter("aboveVcpus", 0...65_536, "vCPUs that need no pinning")],
    "cpu.cstate-latency": [
      RuleParameter("limitMicroseconds", 0...1_000_000, "largest exit latency allowed")
    ],
    "net.multiqueue": [RuleParameter("cap", 1...256, "most queues asked for")],
    "net.ring-size": [RuleParameter("minimum", 256...1024, "smallest receive ring")],
    "mem.hugepages-backing": [
      RuleParameter("fromMiB", 0...1_000_000_000, "guests from this size on need huge pages")
    ],
    "size.cpu-overcommit": limits,
    "size.mem-overcommit": limits,
    "size.disk-overcommit": limits,
    "disk.thin-capacity": limits,
    "disk.backing-chain": limits,
    "numa.remote-memory": limits,
    "mig.bandwidth": [
      RuleParameter("minimumGbps", 0...10_000, "slowest migration link, Gb/s")
    ],
  ]
}

extension EffectiveProfile {
  /// A rule's parameter as a number; nil where the profile says nothing.
  public func number(_ rule: String, _ name: String) -> Double? {
    switch parameters[rule]?[name] {
    case .integer(let value): Double(value)
    case .decimal(let value): value
    default: nil
    }
  }

  /// A knob's assignments, those with the fewest conditions first.
  public func settings(of knob: String) -> [SettingAssignment] {
    settings.filter { $0.knob == knob }
  }

  /// The wanted value of a knob that needs no selector; nil where it is left alone.
  public func setting(_ knob: String) -> ProfileValue? {
    settings.last { $0.knob == knob && $0.selector.isEmpty }?.value
  }

  /// The wanted value of a knob for a thing with these properties (`kind`, `name` …): of the
  /// assignments whose conditions all hold, the one with the most. A `name` may be a glob.
  public func setting(_ knob: String, for properties: [String: String]) -> ProfileValue? {
    var best: SettingAssignment?
    for candidate in settings where candidate.knob == knob {
      let holds = candidate.selector.allSatisfy { key, value in
        guard let property = properties[key] else { return false }
        return key == "name" ? Glob(value).matches(property) : value == property
      }
      if holds, candidate.selector.count >= best?.selector.count ?? 0 { best = candidate }
    }
    return best?.value
  }

  /// The severity the profile gives a rule by name, if any: the last match decides.
  public func namedSeverity(of rule: String) -> Severity? {
    severities.last { Glob($0.rule).matches(rule) }?.severity
  }

  /// The severity of a rule under this profile: what `rules:` says, else the rule's own table.
  public func severity(of about: RuleInfo) -> Severity {
    namedSeverity(of: about.id) ?? about.severity[family]
  }
}
