// What a database must be able to do for the fleet store. Both databases get the same statements:
// `$1`, `$2` … stand for values, in order and each once, and no value is ever part of the text.

import TuneKit

/// A value of a statement.
enum FleetValue: Sendable {
  case null
  case integer(Int)
  case text(String)

  init(_ text: String?) { self = text.map { .text($0) } ?? .null }
}

/// A row of an answer, valid until the next one.
protocol FleetRow {
  /// The text of a column; nil for NULL.
  func text(_ column: Int) -> String?
  /// The number of a column; 0 for NULL.
  func integer(_ column: Int) -> Int
}

/// A transaction that is under way.
protocol FleetSession {
  /// Runs a statement and says how many rows it changed.
  func execute(_ sql: String, _ values: [FleetValue]) throws(Failure) -> Int
  /// Asks, and hands over row by row.
  func query(
    _ sql: String, _ values: [FleetValue], _ take: (any FleetRow) throws -> Void
  ) throws(Failure)
}

/// A database with the tables of the fleet store.
protocol FleetDatabase: AnyObject {
  /// Runs a body as one transaction: all of it or nothing.
  ///
  /// - Parameter times: Seconds since 1970 of the reports to come, so that there is room for them.
  func write<Value>(
    times: Set<Int>, _ body: (any FleetSession) throws -> Value
  ) throws(Failure) -> Value
  /// Runs a body that sees one state of the database.
  func read<Value>(_ body: (any FleetSession) throws -> Value) throws(Failure) -> Value
}

/// The tables. A report is found by kind, host and time, and no row is ever changed.
enum FleetSchema {
  /// Statements that make the tables where they are missing.
  ///
  /// - Parameters:
  ///   - text: The type of texts that are compared by their bytes.
  ///   - partitioning: What follows the table of reports.
  static func statements(text: String, partitioning: String) -> [String] {
    [
      """
      CREATE TABLE IF NOT EXISTS report (
        kind \(text) NOT NULL, host \(text) NOT NULL, seconds BIGINT NOT NULL,
        generated_at \(text) NOT NULL, name \(text), id \(text), cpu_model \(text),
        profile \(text) NOT NULL, score BIGINT NOT NULL, critical BIGINT NOT NULL,
        warning BIGINT NOT NULL, info BIGINT NOT NULL, rules \(text) NOT NULL,
        PRIMARY KEY (kind, host, seconds, generated_at)) \(partitioning)
      """,
      """
      CREATE TABLE IF NOT EXISTS quarantine (
        path \(text) PRIMARY KEY NOT NULL, reason \(text) NOT NULL)
      """,
    ]
  }

  /// Columns of a report.
  static let columns = 13
}
