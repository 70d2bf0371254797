// What many hosts have in common, and which of them stand out.

/// Rules with their number of findings, packed as the fleet store keeps them: a hundred thousand
/// hosts must not cost a dictionary each.
public struct PackedRules: Sendable, Equatable {
  /// `RULE<tab>COUNT` a line.
  public let text: String

  /// Takes over what `text` was before.
  public init(text: String) { self.text = text }

  /// Packs rules; control characters, which no rule and few facts have, become blanks.
  public init(_ rules: [(rule: String, findings: Int)]) {
    text = rules.map { "\(Self.plain($0.rule))\t\($0.findings)" }.joined(separator: "\n")
  }

  private static func plain(_ rule: String) -> String {
    guard rule.utf8.contains(where: { $0 < 32 }) else { return rule }
    return String(String.UnicodeScalarView(rule.unicodeScalars.map { $0.value < 32 ? " " : $0 }))
  }

  /// Visits all.
  public func each(_ take: (String, Int) -> Void) {
    for line in text.utf8.split(separator: 10) {
      guard let tab = line.lastIndex(of: 9),
        let findings = Int(Substring(line[line.index(after: tab)...]))
      else { continue }
      take(String(Substring(line[..<tab])), findings)
    }
  }

  /// The rules alone.
  public var names: [String] {
    var names: [String] = []
    each { rule, _ in names.append(rule) }
    return names
  }
}

extension FleetReport {
  /// A rule that came to be violated or satisfied on hosts.
  public struct Change: Sendable, Equatable {
    /// The rule's id.
    public var rule: String
    /// Hosts where it is violated and was not.
    public var violated: Int
    /// Hosts where it was violated and is not.
    public var satisfied: Int

    static func counted(_ hosts: [Host]) -> [Change] {
      var changes: [String: Change] = [:]
      for host in hosts {
        guard let before = host.before, before.rules != host.rules else { continue }
        let (old, new) = (Set(before.rules.names), Set(host.rules.names))
        for rule in new.symmetricDifference(old) {
          var change = changes[rule] ?? Change(rule: rule, violated: 0, satisfied: 0)
          if new.contains(rule) { change.violated += 1 } else { change.satisfied += 1 }
          changes[rule] = change
        }
      }
      return changes.values.sorted { left, right in
        let (a, b) = (left.violated + left.satisfied, right.violated + right.satisfied)
        return a != b ? a > b : left.rule < right.rule
      }
    }
  }

  /// A host far below its like.
  public struct Outlier: Sendable, Equatable {
    /// The host.
    public var host: Host
    /// The middle score of its group: same processor model and profile.
    public var median: Int
    /// Hosts of the group.
    public var group: Int
    /// Rules that it violates and at most a quarter of the group does.
    public var apart: [String]

    /// Smaller groups have no middle worth the name.
    private static let smallest = 4
    /// Points below the middle.
    private static let distance = 15

    static func found(in hosts: [Host]) -> [Outlier] {
      let groups = Dictionary(grouping: hosts.indices) { place in
        [hosts[place].cpuModel ?? "", hosts[place].profile]
      }
      return groups.values.flatMap { found(in: hosts, at: $0) }.sorted {
        ($0.host.score, $0.host.label) < ($1.host.score, $1.host.label)
      }
    }

    private static func found(in hosts: [Host], at places: [Int]) -> [Outlier] {
      guard places.count >= smallest else { return [] }
      let scores = places.map { hosts[$0].score }.sorted()
      let median = scores[scores.count / 2]
      let low = places.filter { hosts[$0].score <= median - distance }
      guard !low.isEmpty else { return [] }
      var counts: [String: Int] = [:]
      for place in places {
        hosts[place].rules.each { rule, _ in counts[rule, default: 0] += 1 }
      }
      return low.map { place in
        let apart = hosts[place].rules.names.filter { (counts[$0] ?? 0) * 4 <= places.count }
        return Outlier(
          host: hosts[place], median: median, group: places.count, apart: apart)
      }
    }
  }
}

extension FleetReport.Rule {
  static func counted(_ hosts: [FleetReport.Host]) -> [FleetReport.Rule] {
    var counts: [String: (hosts: Int, findings: Int)] = [:]
    for host in hosts {
      host.rules.each { rule, findings in
        let old = counts[rule] ?? (0, 0)
        counts[rule] = (old.hosts + 1, old.findings + findings)
      }
    }
    return counts.map { .init(rule: $0.key, hosts: $0.value.hosts, findings: $0.value.findings) }
      .sorted { left, right in
        left.hosts != right.hosts
          ? left.hosts > right.hosts
          : left.findings != right.findings
            ? left.findings > right.findings : left.rule < right.rule
      }
  }
}
