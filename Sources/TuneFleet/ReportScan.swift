// One pass over a report: host, time, summary and findings are kept, the rest is checked.

import TuneKit

/// Unescapes JSON strings.
enum JSONUnescape {
  static func text(_ slice: UnsafeBufferPointer<UInt8>) throws(ReportProblem) -> String {
    let quoted = [34] + Array(slice) + [34]
    do {
      return try JSONValue(parsing: quoted).stringValue ?? ""
    } catch {
      throw ReportProblem(error.message)
    }
  }
}

/// What was found so far of one report.
struct ReportScan {
  var schema: String?
  var generatedAt: String?
  var profile: String?
  var name: String?
  var id: String?
  var cpuModel: String?
  var hasHost = false
  var score: Int?
  var critical = 0
  var warning = 0
  var info = 0
  var findings: [ReportSummary.Count]?
  var drifted: [ReportSummary.Count]?

  mutating func run(_ cursor: inout JSONCursor) throws(ReportProblem) {
    var scan = self
    try cursor.object { cursor, key throws(ReportProblem) in
      if cursor.equals(key, "schema") {
        try scan.once(&scan.schema, &cursor)
      } else if cursor.equals(key, "generatedAt") {
        try scan.once(&scan.generatedAt, &cursor)
      } else if cursor.equals(key, "profile") {
        try scan.once(&scan.profile, &cursor)
      } else if cursor.equals(key, "host") {
        guard !scan.hasHost else { throw cursor.problem("'host' stands twice") }
        scan.hasHost = true
        try scan.host(&cursor)
      } else if cursor.equals(key, "summary") {
        try scan.counts(&cursor)
      } else if cursor.equals(key, "findings") {
        scan.findings = try Self.counted(&cursor)
      } else if cursor.equals(key, "drifted") {
        scan.drifted = try Self.counted(&cursor)
      } else {
        try cursor.skip()
      }
    }
    self = scan
  }

  private func once(
    _ field: inout String?, _ cursor: inout JSONCursor
  ) throws(ReportProblem) {
    guard field == nil else { throw cursor.problem("a key stands twice") }
    field = try cursor.text(cursor.string())
  }

  private mutating func host(_ cursor: inout JSONCursor) throws(ReportProblem) {
    var scan = self
    try cursor.object { cursor, key throws(ReportProblem) in
      if cursor.equals(key, "name") {
        scan.name = try cursor.optionalText()
      } else if cursor.equals(key, "id") {
        scan.id = try cursor.optionalText()
      } else if cursor.equals(key, "cpuModel") {
        scan.cpuModel = try cursor.optionalText()
      } else {
        try cursor.skip()
      }
    }
    self = scan
  }

  private mutating func counts(_ cursor: inout JSONCursor) throws(ReportProblem) {
    var scan = self
    try cursor.object { cursor, key throws(ReportProblem) in
      if cursor.equals(key, "score") {
        scan.score = try cursor.count()
      } else if cursor.equals(key, "critical") {
        scan.critical = try cursor.count()
      } else if cursor.equals(key, "warning") {
        scan.warning = try cursor.count()
      } else if cursor.equals(key, "info") {
        scan.info = try cursor.count()
      } else {
        try cursor.skip()
      }
    }
    self = scan
  }

  /// The rules of an array of findings or entries, waived ones left out.
  private static func counted(
    _ cursor: inout JSONCursor
  ) throws(ReportProblem) -> [ReportSummary.Count] {
    var counts = RuleCounts()
    try cursor.array { cursor throws(ReportProblem) in
      var rule: String?
      var isWaived = false
      try cursor.object { cursor, key throws(ReportProblem) in
        if cursor.equals(key, "rule") {
          rule = try cursor.text(cursor.string())
        } else if cursor.equals(key, "waiver") {
          isWaived = cursor.peek != 110
          try cursor.skip()
        } else {
          try cursor.skip()
        }
      }
      guard let rule, !rule.isEmpty, rule.utf8.count <= 512 else {
        throw cursor.problem("a finding names no rule")
      }
      guard !isWaived else { return }
      guard counts.add(rule) else { throw cursor.problem("there are too many different rules") }
    }
    return counts.all
  }

  /// The whole, or what is missing.
  func summary() throws(ReportProblem) -> ReportSummary {
    let kind: ReportSummary.Kind
    switch schema {
    case "tuned-vm/audit/v1": kind = .audit
    case "tuned-vm/drift/v1": kind = .drift
    case let other?:
      throw ReportProblem(
        "the schema is '\(String(other.prefix(80)))'; expected an audit or drift report")
    case nil: throw ReportProblem("there is no 'schema'; expected an audit or drift report")
    }
    guard let generatedAt, let seconds = Timestamp.seconds(generatedAt) else {
      throw ReportProblem("'generatedAt' is missing or no time in UTC")
    }
    guard hasHost, id?.isEmpty == false || name?.isEmpty == false else {
      throw ReportProblem("'host' has neither id nor name")
    }
    guard (id?.utf8.count ?? 0) <= 128, (name?.utf8.count ?? 0) <= 1024,
      (cpuModel?.utf8.count ?? 0) <= 1024, (profile?.utf8.count ?? 0) <= 1024
    else { throw ReportProblem("a name is longer than 1024 bytes") }
    guard ![name, id, cpuModel, profile].contains(where: { $0?.utf8.contains(0) == true }) else {
      throw ReportProblem("a name holds a NUL")
    }
    guard let profile else { throw ReportProblem("'profile' is missing") }
    guard let rules = kind == .audit ? findings : drifted else {
      throw ReportProblem(kind == .audit ? "'findings' is missing" : "'drifted' is missing")
    }
    guard kind == .drift || score.map({ $0 <= 100 }) == true else {
      throw ReportProblem("'summary' has no score from 0 to 100")
    }
    return ReportSummary(
      kind: kind, generatedAt: generatedAt, seconds: seconds, name: name,
      id: id?.isEmpty == true ? nil : id, cpuModel: cpuModel, profile: profile,
      score: score ?? 0, critical: critical, warning: warning, info: info, rules: rules)
  }
}

/// Counts by rule, in the order of their first appearance.
private struct RuleCounts {
  /// More different rules than this are no report of ours.
  private static let limit = 20_000
  /// Up to here looking through all is faster than hashing.
  private static let few = 16
  private(set) var all: [ReportSummary.Count] = []
  private var places: [String: Int] = [:]

  /// Counts one more; false where there are too many different ones.
  mutating func add(_ rule: String) -> Bool {
    if let place = place(rule) {
      all[place].findings += 1
      return true
    }
    guard all.count < Self.limit else { return false }
    if all.count == Self.few {
      places = Dictionary(uniqueKeysWithValues: all.enumerated().map { ($1.rule, $0) })
    }
    if all.count >= Self.few { places[rule] = all.count }
    all.append(.init(rule: rule, findings: 1))
    return true
  }

  private func place(_ rule: String) -> Int? {
    all.count <= Self.few ? all.lastIndex { $0.rule == rule } : places[rule]
  }
}
