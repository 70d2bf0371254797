// Many hosts on one page: the value that every form of the fleet report is rendered from.

/// The state of a fleet, over the newest audit of each host.
public struct FleetReport: Sendable {
  /// A host's audit before the newest.
  public struct Before: Sendable, Equatable {
    /// The score.
    public var score: Int
    /// RFC 3339 UTC.
    public var generatedAt: String
    /// What was violated.
    public var rules: PackedRules

    /// Creates a value.
    public init(score: Int, generatedAt: String, rules: PackedRules = PackedRules([])) {
      self.score = score
      self.generatedAt = generatedAt
      self.rules = rules
    }
  }

  /// A host by its newest audit.
  public struct Host: Sendable, Equatable {
    /// Its name.
    public var name: String?
    /// Its id.
    public var id: String?
    /// Processor model.
    public var cpuModel: String?
    /// Name of the profile.
    public var profile: String
    /// 0 to 100.
    public var score: Int
    /// Unwaived critical findings.
    public var critical: Int
    /// Warnings.
    public var warning: Int
    /// Infos.
    public var info: Int
    /// RFC 3339 UTC.
    public var generatedAt: String
    /// The same in seconds since 1970.
    public var seconds: Int
    /// What is violated.
    public var rules: PackedRules
    /// What changes are told against.
    public var before: Before?

    /// Creates a host.
    public init(
      name: String?, id: String?, cpuModel: String?, profile: String, score: Int, critical: Int,
      warning: Int, info: Int, generatedAt: String, seconds: Int = 0,
      rules: PackedRules = PackedRules([]), before: Before?
    ) {
      self.name = name
      self.id = id
      self.cpuModel = cpuModel
      self.profile = profile
      self.score = score
      self.critical = critical
      self.warning = warning
      self.info = info
      self.generatedAt = generatedAt
      self.seconds = seconds
      self.rules = rules
      self.before = before
    }

    /// Its name, else its id.
    var label: String { name ?? id ?? "" }
  }

  /// A rule over the fleet.
  public struct Rule: Sendable, Equatable {
    /// The rule's id.
    public var rule: String
    /// Hosts where it is violated.
    public var hosts: Int
    /// Unwaived findings in all.
    public var findings: Int

    /// Creates a rule.
    public init(rule: String, hosts: Int, findings: Int) {
      self.rule = rule
      self.hosts = hosts
      self.findings = findings
    }
  }

  /// A host whose newest drift report isn't empty.
  public struct Drifted: Sendable, Equatable {
    /// Its name.
    public var name: String?
    /// Its id.
    public var id: String?
    /// RFC 3339 UTC.
    public var generatedAt: String
    /// Things that moved.
    public var entries: Int
    /// Rules or facts.
    public var rules: [String]

    /// Creates a host.
    public init(name: String?, id: String?, generatedAt: String, entries: Int, rules: [String]) {
      self.name = name
      self.id = id
      self.generatedAt = generatedAt
      self.entries = entries
      self.rules = rules
    }

    /// Its name, else its id.
    var label: String { name ?? id ?? "" }
  }

  /// A day of the trend.
  public struct Day: Sendable, Equatable {
    /// `YYYY-MM-DD`.
    public var day: String
    /// Mean score of the day's audits.
    public var score: Int
    /// Hosts that were audited.
    public var hosts: Int
    /// Critical findings of the day's audits.
    public var critical: Int

    /// Creates a day.
    public init(day: String, score: Int, hosts: Int, critical: Int) {
      self.day = day
      self.score = score
      self.hosts = hosts
      self.critical = critical
    }
  }

  /// An input that was put aside.
  public struct Quarantined: Sendable, Equatable {
    /// Its path.
    public var path: String
    /// Why.
    public var reason: String

    /// Creates an entry.
    public init(path: String, reason: String) {
      self.path = path
      self.reason = reason
    }
  }

  /// RFC 3339 UTC.
  public let generatedAt: String
  /// Reports in the store.
  public let reports: Int
  /// By score upwards, then name.
  public let hosts: [Host]
  /// By hosts downwards, then findings, then id.
  public let rules: [Rule]
  /// By entries downwards, then name.
  public let drifted: [Drifted]
  /// The last 30 days with audits, oldest first.
  public let trend: [Day]
  /// By path.
  public let quarantine: [Quarantined]
  /// Hosts far below their like, the worst first.
  public let outliers: [Outlier]
  /// Rules that changed on hosts, those on most hosts first.
  public let changes: [Change]

  /// Creates a report; everything is counted and put in order here.
  public init(
    generatedAt: String, reports: Int, hosts: [Host], drifted: [Drifted], trend: [Day],
    quarantine: [Quarantined]
  ) {
    self.generatedAt = generatedAt
    self.reports = reports
    self.hosts = Self.worstFirst(hosts)
    let table = RuleTable(hosts)
    rules = Rule.counted(hosts, table)
    outliers = Outlier.found(in: hosts, table)
    changes = Change.counted(hosts)
    self.drifted = drifted.sorted { left, right in
      left.entries != right.entries
        ? left.entries > right.entries : (left.name ?? "") < (right.name ?? "")
    }
    self.trend = trend
    self.quarantine = quarantine
  }

  /// Sorts places, not hosts: a host is many words to move, and a fleet has a hundred thousand.
  private static func worstFirst(_ hosts: [Host]) -> [Host] {
    let keys = hosts.map { (score: $0.score, label: $0.label) }
    return hosts.indices.sorted { left, right in
      let (a, b) = (keys[left], keys[right])
      return a.score != b.score ? a.score < b.score : a.label < b.label
    }.map { hosts[$0] }
  }

  /// The mean score of all hosts, rounded; 0 without hosts.
  public var meanScore: Int {
    guard !hosts.isEmpty else { return 0 }
    return (hosts.reduce(0) { $0 + $1.score } + hosts.count / 2) / hosts.count
  }

  /// Hosts whose score fell since the audit before, by how much.
  public var fallen: [Host] {
    hosts.filter { host in host.before.map { $0.score > host.score } ?? false }
      .sorted { left, right in
        let (a, b) = (fall(left), fall(right))
        return a != b ? a > b : left.label < right.label
      }
  }

  private func fall(_ host: Host) -> Int { (host.before?.score ?? host.score) - host.score }
}
