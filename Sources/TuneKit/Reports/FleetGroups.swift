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
    var text = text
    text.withUTF8 { bytes in
      var start = 0
      while start < bytes.count {
        var end = start
        var tab = start
        while end < bytes.count, bytes[end] != 10 {
          if bytes[end] == 9 { tab = end }
          end += 1
        }
        if let findings = Self.number(bytes[min(tab + 1, end)..<end]) {
          take(String(decoding: bytes[start..<tab], as: UTF8.self), findings)
        }
        start = end + 1
      }
    }
  }

  /// A number of at most 18 digits.
  private static func number(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
    guard !digits.isEmpty, digits.count <= 18 else { return nil }
    var number = 0
    for digit in digits {
      guard (48...57).contains(digit) else { return nil }
      number = number * 10 + Int(digit - 48)
    }
    return number
  }

  /// The rules alone.
  public var names: [String] {
    var names: [String] = []
    each { rule, _ in names.append(rule) }
    return names
  }
}

/// The rules of many hosts as numbers: what is counted over a hundred thousand hosts is read once and
/// named once.
struct RuleTable {
  /// The rules' ids by number.
  private(set) var names: [String] = []
  private var entries: [(rule: Int, findings: Int)] = []
  /// Where the entries of each host begin.
  private var starts = [0]

  init(_ hosts: [FleetReport.Host]) {
    var numbers: [String: Int] = [:]
    starts.reserveCapacity(hosts.count + 1)
    for host in hosts {
      host.rules.each { rule, findings in
        let number = numbers[rule] ?? names.count
        if number == names.count {
          numbers[rule] = number
          names.append(rule)
        }
        entries.append((number, findings))
      }
      starts.append(entries.count)
    }
  }

  /// What is violated on the host at a place of the list.
  subscript(host: Int) -> ArraySlice<(rule: Int, findings: Int)> {
    entries[starts[host]..<starts[host + 1]]
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

    static func found(in hosts: [Host], _ rules: RuleTable) -> [Outlier] {
      let groups = Dictionary(grouping: hosts.indices) { place in
        [hosts[place].cpuModel ?? "", hosts[place].profile]
      }
      return groups.values.flatMap { found(in: hosts, at: $0, rules) }.sorted {
        ($0.host.score, $0.host.label) < ($1.host.score, $1.host.label)
      }
    }

    private static func found(
      in hosts: [Host], at places: [Int], _ rules: RuleTable
    ) -> [Outlier] {
      guard places.count >= smallest else { return [] }
      let scores = places.map { hosts[$0].score }.sorted()
      let median = scores[scores.count / 2]
      let low = places.filter { hosts[$0].score <= median - distance }
      guard !low.isEmpty else { return [] }
      var counts = [Int](repeating: 0, count: rules.names.count)
      for place in places {
        for entry in rules[place] { counts[entry.rule] += 1 }
      }
      return low.map { place in
        let apart = rules[place].map(\.rule).filter { counts[$0] * 4 <= places.count }
          .map { rules.names[$0] }
        return Outlier(
          host: hosts[place], median: median, group: places.count, apart: apart)
      }
    }
  }
}

extension FleetReport.Rule {
  static func counted(_ hosts: [FleetReport.Host], _ rules: RuleTable) -> [FleetReport.Rule] {
    var counts = rules.names.map { FleetReport.Rule(rule: $0, hosts: 0, findings: 0) }
    for place in hosts.indices {
      for entry in rules[place] {
        counts[entry.rule].hosts += 1
        counts[entry.rule].findings += entry.findings
      }
    }
    return
      counts.sorted { left, right in
        left.hosts != right.hosts
          ? left.hosts > right.hosts
          : left.findings != right.findings
            ? left.findings > right.findings : left.rule < right.rule
      }
  }
}
