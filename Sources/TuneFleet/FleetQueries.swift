// The questions of the fleet report, over the newest audit of each host. Rows come in the order of
// the key, so that neither database has to sort them.

import TuneKit

extension FleetStore {
  /// Answers all questions.
  ///
  /// - Parameters:
  ///   - generatedAt: The time stamp of the report.
  ///   - since: What changed is told against a host's last audit before this time, in seconds since
  ///     1970; nil for the audit before the newest.
  public func report(generatedAt: String, since: Int? = nil) throws(Failure) -> FleetReport {
    try database.read { session in
      let hosts = try Self.hosts(session, since: since)
      return FleetReport(
        generatedAt: generatedAt, reports: try Self.count(session), hosts: hosts,
        drifted: try Self.drifted(session), trend: try Self.trend(session),
        quarantine: try Self.quarantine(session))
    }
  }

  private static func count(_ session: any FleetSession) throws(Failure) -> Int {
    var count = 0
    try session.query("SELECT COUNT(*) FROM report", []) { count = $0.integer(0) }
    return count
  }

  // MARK: - Hosts

  private static func hosts(
    _ session: any FleetSession, since: Int?
  ) throws(Failure) -> [FleetReport.Host] {
    var result: [FleetReport.Host] = []
    var key: String?
    var newest: FleetReport.Host?
    try session.query(
      """
      SELECT host, name, id, cpu_model, profile, score, critical, warning, info, generated_at,
        rules, seconds FROM report WHERE kind = 'audit'
      ORDER BY kind, host, seconds, generated_at
      """, []
    ) { row in
      var host = Self.host(row)
      if row.text(0) == key {
        host.before = newest?.before
        if since.map({ newest?.seconds ?? 0 < $0 }) ?? true, let newest {
          host.before = .init(
            score: newest.score, generatedAt: newest.generatedAt, rules: newest.rules)
        }
      } else {
        if let newest { result.append(newest) }
        key = row.text(0)
      }
      newest = host
    }
    if let newest { result.append(newest) }
    return result
  }

  private static func host(_ row: any FleetRow) -> FleetReport.Host {
    FleetReport.Host(
      name: row.text(1), id: row.text(2), cpuModel: row.text(3), profile: row.text(4) ?? "",
      score: row.integer(5), critical: row.integer(6), warning: row.integer(7),
      info: row.integer(8), generatedAt: row.text(9) ?? "", seconds: row.integer(11),
      rules: PackedRules(text: row.text(10) ?? ""), before: nil)
  }

  // MARK: - Drift, trend, quarantine

  private static func drifted(
    _ session: any FleetSession
  ) throws(Failure) -> [FleetReport.Drifted] {
    var result: [FleetReport.Drifted] = []
    var key: String?
    try session.query(
      """
      SELECT host, name, id, generated_at, rules FROM report WHERE kind = 'drift'
      ORDER BY kind, host, seconds, generated_at
      """, []
    ) { row in
      if row.text(0) == key { result.removeLast() }
      key = row.text(0)
      var entries = 0
      var rules: [String] = []
      PackedRules(text: row.text(4) ?? "").each { rule, count in
        entries += count
        rules.append(rule)
      }
      result.append(
        .init(
          name: row.text(1), id: row.text(2), generatedAt: row.text(3) ?? "", entries: entries,
          rules: rules))
    }
    return result.filter { $0.entries > 0 }
  }

  private static func trend(_ session: any FleetSession) throws(Failure) -> [FleetReport.Day] {
    var days: [FleetReport.Day] = []
    try session.query(
      """
      SELECT substr(generated_at, 1, 10) AS day, CAST(ROUND(AVG(score)) AS BIGINT),
        COUNT(DISTINCT host), CAST(SUM(critical) AS BIGINT) FROM report WHERE kind = 'audit'
      GROUP BY substr(generated_at, 1, 10) ORDER BY day DESC LIMIT 30
      """, []
    ) { row in
      days.append(
        .init(
          day: row.text(0) ?? "", score: row.integer(1), hosts: row.integer(2),
          critical: row.integer(3)))
    }
    return days.reversed()
  }

  private static func quarantine(
    _ session: any FleetSession
  ) throws(Failure) -> [FleetReport.Quarantined] {
    var result: [FleetReport.Quarantined] = []
    try session.query("SELECT path, reason FROM quarantine ORDER BY path", []) { row in
      result.append(.init(path: row.text(0) ?? "", reason: row.text(1) ?? ""))
    }
    return result
  }
}
