// The fleet store in PostgreSQL: the tables of the file, keyed by host and split by months, so that a
// server, or a distributed one, can drop and spread them.

import TuneKit

/// A database of a server.
final class PostgresDatabase: FleetDatabase {
  private let session: PostgresSession
  /// Partitions that are known to be there.
  private var months: Set<Int> = []
  /// One number for all runs that make tables: two at once would trip over each other.
  private static let makeLock = 7_466_841_320_561

  /// Connects, and makes the tables where they are missing.
  ///
  /// - Throws: `Failure` 69 where no server answers, 77 where it doesn't let us.
  init(uri: String) throws(Failure) {
    session = try PostgresSession(uri: uri)
    try session.run("SET search_path TO tuned_vm")
    guard try !exists("report") else { return }
    try transaction("BEGIN") {
      try lock()
      try session.run("CREATE SCHEMA IF NOT EXISTS tuned_vm")
      // The bytes decide, as in the file, whatever the server's language.
      let tables = FleetSchema.statements(
        text: "TEXT COLLATE \"C\"", partitioning: "PARTITION BY RANGE (seconds)")
      for statement in tables { try session.run(statement) }
      try session.run("CREATE TABLE IF NOT EXISTS report_other PARTITION OF report DEFAULT")
    }
  }

  func write<Value>(
    times: Set<Int>, _ body: (any FleetSession) throws -> Value
  ) throws(Failure) -> Value {
    try makeRoom(for: times)
    return try transaction("BEGIN") { try body(session) }
  }

  func read<Value>(_ body: (any FleetSession) throws -> Value) throws(Failure) -> Value {
    try transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY") { try body(session) }
  }

  private func transaction<Value>(
    _ begin: String, _ body: () throws -> Value
  ) throws(Failure) -> Value {
    try session.run(begin)
    do {
      let value = try body()
      try session.run("COMMIT")
      return value
    } catch {
      // Where this fails the connection is gone, and the server rolls back by itself.
      try? session.run("ROLLBACK")
      throw error as? Failure ?? Failure(.ioError, "PostgreSQL: \(error)")
    }
  }

  private func lock() throws(Failure) {
    try session.query("SELECT pg_advisory_xact_lock($1)", [.integer(Self.makeLock)]) { _ in }
  }

  private func exists(_ table: String) throws(Failure) -> Bool {
    var found = false
    let name = "tuned_vm." + table
    try session.query("SELECT to_regclass($1) IS NOT NULL", [.text(name)]) {
      found = $0.text(0) == "t"
    }
    return found
  }

  // MARK: - Partitions

  /// Makes the months of reports to come. Times no clock has go to the default partition: reports
  /// come from outside, and each could ask for a table of its own.
  private func makeRoom(for times: Set<Int>) throws(Failure) {
    for month in Set(times.compactMap(Month.init)).sorted(by: { $0.first < $1.first })
    where !months.contains(month.first) {
      if try !exists(month.table) {
        // Names and bounds are made of numbers of ours; a bound can't be a parameter.
        try transaction("BEGIN") {
          try lock()
          try session.run(
            "CREATE TABLE IF NOT EXISTS \(month.table) PARTITION OF report "
              + "FOR VALUES FROM (\(month.first)) TO (\(month.end))")
        }
      }
      months.insert(month.first)
    }
  }
}

/// A calendar month in UTC, from 2020 to 2099.
struct Month: Hashable {
  /// Its table.
  let table: String
  /// Its first second since 1970.
  let first: Int
  /// The first second of the next one.
  let end: Int

  init?(_ seconds: Int) {
    let parts = Timestamp.text(seconds).split(separator: "-")
    guard parts.count == 3, let year = Int(parts[0]), let month = Int(parts[1]),
      (2020...2099).contains(year),
      let first = Timestamp.seconds(Self.start(year, month)),
      let end = Timestamp.seconds(Self.start(month == 12 ? year + 1 : year, month % 12 + 1))
    else { return nil }
    table = "report_\(year)_\(month < 10 ? "0" : "")\(month)"
    self.first = first
    self.end = end
  }

  private static func start(_ year: Int, _ month: Int) -> String {
    "\(year)-\(month < 10 ? "0" : "")\(month)-01T00:00:00Z"
  }
}
