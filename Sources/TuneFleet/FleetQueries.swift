// The questions of the fleet report, over the newest audit of each host.

import GRDB
import TuneKit

extension FleetStore {
  /// Answers all questions.
  ///
  /// - Parameter generatedAt: The time stamp of the report.
  public func report(generatedAt: String) throws(Failure) -> FleetReport {
    try read { db in
      let hosts = try Self.hosts(db)
      return FleetReport(
        generatedAt: generatedAt,
        reports: try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM report") ?? 0,
        hosts: hosts.map(\.host), rules: Self.rules(hosts.map(\.rules)),
        drifted: try Self.drifted(db), trend: try Self.trend(db),
        quarantine: try Row.fetchAll(db, sql: "SELECT path, reason FROM quarantine ORDER BY path")
          .map { .init(path: $0[0], reason: $0[1]) })
    }
  }

  private static func hosts(_ db: Database) throws -> [(host: FleetReport.Host, rules: String)] {
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT name, id, cpu_model, profile, score, critical, warning, info, generated_at, rules,
          host FROM report WHERE kind = 'audit' ORDER BY host, seconds DESC, generated_at DESC
        """)
    var result: [(host: FleetReport.Host, rules: String)] = []
    var key: String?
    var isSecond = false
    while let row = try rows.next() {
      let host: String = row[10]
      if host == key {
        // The one before the newest says what changed.
        if isSecond, let last = result.indices.last {
          result[last].host.before = .init(score: row[4], generatedAt: row[8])
          isSecond = false
        }
        continue
      }
      key = host
      isSecond = true
      result.append(
        (
          FleetReport.Host(
            name: row[0], id: row[1], cpuModel: row[2], profile: row[3], score: row[4],
            critical: row[5], warning: row[6], info: row[7], generatedAt: row[8], before: nil),
          row[9]
        ))
    }
    return result
  }

  private static func rules(_ packed: [String]) -> [FleetReport.Rule] {
    var counts: [String: (hosts: Int, findings: Int)] = [:]
    for text in packed {
      for line in text.utf8.split(separator: 10) {
        guard let tab = line.lastIndex(of: 9), let rule = String(line[..<tab]),
          let number = String(line[line.index(after: tab)...]).flatMap({ Int($0) })
        else { continue }
        let old = counts[rule] ?? (0, 0)
        counts[rule] = (old.hosts + 1, old.findings + number)
      }
    }
    return counts.map { .init(rule: $0.key, hosts: $0.value.hosts, findings: $0.value.findings) }
  }

  private static func drifted(_ db: Database) throws -> [FleetReport.Drifted] {
    let rows = try Row.fetchCursor(
      db,
      sql: """
        SELECT name, id, generated_at, rules, host FROM report WHERE kind = 'drift'
        ORDER BY host, seconds DESC, generated_at DESC
        """)
    var result: [FleetReport.Drifted] = []
    var key: String?
    while let row = try rows.next() {
      let host: String = row[4]
      guard host != key else { continue }
      key = host
      let text: String = row[3]
      let lines = text.split(separator: "\n").map { $0.split(separator: "\t") }
      let entries = lines.reduce(0) { $0 + ($1.last.flatMap { Int($0) } ?? 0) }
      guard entries > 0 else { continue }
      result.append(
        .init(
          name: row[0], id: row[1], generatedAt: row[2], entries: entries,
          rules: lines.compactMap { $0.first.map(String.init) }))
    }
    return result
  }

  private static func trend(_ db: Database) throws -> [FleetReport.Day] {
    try Row.fetchAll(
      db,
      sql: """
        SELECT substr(generated_at, 1, 10) AS day, CAST(ROUND(AVG(score)) AS INTEGER),
          COUNT(DISTINCT host), SUM(critical) FROM report WHERE kind = 'audit'
        GROUP BY day ORDER BY day DESC LIMIT 30
        """
    ).reversed().map { .init(day: $0[0], score: $0[1], hosts: $0[2], critical: $0[3]) }
  }
}
