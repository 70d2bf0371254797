// The reports of many hosts in one place: a SQLite file, or PostgreSQL where one file is not enough.

import TuneKit

/// The fleet store.
public final class FleetStore {
  let database: any FleetDatabase

  /// Opens a store in a file, made where it is missing.
  ///
  /// - Throws: `Failure` 73 where it can't be created, 65 where the file is something else.
  public init(path: String) throws(Failure) { database = try SQLiteDatabase(path: path) }

  /// Opens a store in a database of a PostgreSQL server.
  ///
  /// - Parameter postgres: `postgresql://…`.
  /// - Throws: `Failure` 69 where the library is missing or no server answers, 77 where it doesn't
  ///   let us.
  public init(postgres uri: String) throws(Failure) { database = try PostgresDatabase(uri: uri) }

  // MARK: - Ingest

  /// What came of a batch.
  public struct Tally: Sendable, Equatable {
    /// Reports that were new.
    public var added = 0
    /// Reports that were there already.
    public var known = 0
    /// Files that were put aside.
    public var quarantined = 0

    /// Nothing yet.
    public init() {}

    /// Adds what came of another batch.
    public static func += (left: inout Self, right: Self) {
      left.added += right.added
      left.known += right.known
      left.quarantined += right.quarantined
    }
  }

  /// Rows that go into one statement.
  private static let rowsOfOne = 40

  private static func insert(rows: Int) -> String {
    let places = (0..<rows).map { row in
      let numbers = (1...FleetSchema.columns).map { "$\(row * FleetSchema.columns + $0)" }
      return "(" + numbers.joined(separator: ",") + ")"
    }
    return "INSERT INTO report VALUES \(places.joined(separator: ",")) ON CONFLICT DO NOTHING"
  }

  private static let insertMany = insert(rows: rowsOfOne)
  private static let insertOne = insert(rows: 1)

  /// Stores a batch in one transaction: all of it or nothing.
  public func ingest(_ items: [FleetItem]) throws(Failure) -> Tally {
    // In one order for all runs: two that write the same rows then wait instead of blocking each
    // other for good.
    let reports = items.flatMap(\.reports).map(Row.init).sorted()
    return try database.write(times: Set(reports.map(\.report.seconds))) { session in
      var tally = Tally()
      var rest = reports[...]
      while !rest.isEmpty {
        let count = rest.count >= Self.rowsOfOne ? Self.rowsOfOne : 1
        let values = rest.prefix(count).flatMap(\.values)
        tally.added += try session.execute(
          count == 1 ? Self.insertOne : Self.insertMany, values)
        rest = rest.dropFirst(count)
      }
      tally.known = reports.count - tally.added
      tally.quarantined = try Self.putAside(items, session)
      return tally
    }
  }

  private static func putAside(
    _ items: [FleetItem], _ session: any FleetSession
  ) throws(Failure) -> Int {
    var known: Set<String> = []
    try session.query("SELECT path FROM quarantine", []) { known.insert($0.text(0) ?? "") }
    var count = 0
    for item in items.sorted(by: { $0.path < $1.path }) where item.isLast {
      let path = FleetItem.storable(item.path)
      if let problem = item.problem {
        _ = try session.execute(
          "INSERT INTO quarantine VALUES ($1, $2) "
            + "ON CONFLICT (path) DO UPDATE SET reason = excluded.reason",
          [.text(path), .text(FleetItem.storable(problem.reason))])
        count += 1
      } else if known.contains(path) {
        _ = try session.execute("DELETE FROM quarantine WHERE path = $1", [.text(path)])
      }
    }
    return count
  }

  /// A report with its key.
  private struct Row: Comparable {
    let host: String
    let report: ReportSummary

    init(_ report: ReportSummary) {
      self.report = report
      host = report.hostKey
    }

    static func < (left: Self, right: Self) -> Bool {
      (left.host, left.report.seconds, left.report.generatedAt, left.report.kind.rawValue)
        < (right.host, right.report.seconds, right.report.generatedAt, right.report.kind.rawValue)
    }

    var values: [FleetValue] {
      [
        .text(report.kind.rawValue), .text(host), .integer(report.seconds),
        .text(report.generatedAt), FleetValue(report.name), FleetValue(report.id),
        FleetValue(report.cpuModel), .text(report.profile), .integer(report.score),
        .integer(report.critical), .integer(report.warning), .integer(report.info),
        .text(report.packedRules),
      ]
    }
  }

  // MARK: - Retention

  /// Forgets reports from before a time, but never a host's newest of a kind.
  ///
  /// - Returns: How many.
  public func forget(before seconds: Int) throws(Failure) -> Int {
    try database.write(times: []) { session in
      try session.execute(
        """
        DELETE FROM report WHERE seconds < $1 AND EXISTS (
          SELECT 1 FROM report AS newer WHERE newer.kind = report.kind
          AND newer.host = report.host AND newer.seconds > report.seconds)
        """, [.integer(seconds)])
    }
  }
}
