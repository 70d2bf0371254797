// The reports of many hosts in one SQLite file. A host's reports are found by host and time, and no
// row is ever changed, so the same tables can be spread over a larger database.

import GRDB
import TuneKit

/// The fleet store.
public final class FleetStore {
  private let queue: DatabaseQueue
  /// Its file.
  public let path: String

  /// Opens a store, made where it is missing.
  ///
  /// - Throws: `Failure` 73 where it can't be created, 65 where the file is something else.
  public init(path: String) throws(Failure) {
    self.path = path
    var configuration = GRDB.Configuration()
    configuration.busyMode = .timeout(10)
    configuration.prepareDatabase { db in
      try db.execute(
        sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -32768")
    }
    do {
      queue = try DatabaseQueue(path: path, configuration: configuration)
      try queue.write { db in try db.execute(sql: Self.schema) }
    } catch {
      throw Self.failure(error, path)
    }
  }

  private static let schema = """
    CREATE TABLE IF NOT EXISTS report (
      host TEXT NOT NULL, kind TEXT NOT NULL, generated_at TEXT NOT NULL, seconds INTEGER NOT NULL,
      name TEXT, id TEXT, cpu_model TEXT, profile TEXT NOT NULL, score INTEGER NOT NULL,
      critical INTEGER NOT NULL, warning INTEGER NOT NULL, info INTEGER NOT NULL,
      rules TEXT NOT NULL, PRIMARY KEY (host, kind, generated_at)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS quarantine (
      path TEXT PRIMARY KEY NOT NULL, reason TEXT NOT NULL) WITHOUT ROWID;
    """

  static func failure(_ error: any Error, _ path: String) -> Failure {
    guard let error = error as? DatabaseError else {
      return Failure(.cannotCreate, "cannot open '\(path.printable)': \(error)")
    }
    let reason = error.message ?? "unknown"
    switch error.resultCode {
    case .SQLITE_NOTADB, .SQLITE_CORRUPT:
      return Failure(.malformed, "\(path.printable):1:1: this is no fleet store (\(reason))")
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      return Failure(.busy, "another tuned-vm writes to '\(path.printable)'")
    case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
      return Failure(.cannotCreate, "cannot write '\(path.printable)': \(reason)")
    default: return Failure(.ioError, "cannot use '\(path.printable)': \(reason)")
    }
  }

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
  }

  /// One input: a file, a member of an archive.
  public struct Item: Sendable {
    /// What it is called in messages and in the quarantine.
    public var path: String
    /// Its reports, or what is wrong with it.
    public var content: Result<[ReportSummary], ReportProblem>

    /// Creates an item.
    public init(path: String, content: Result<[ReportSummary], ReportProblem>) {
      self.path = path
      self.content = content
    }
  }

  /// Stores a batch in one transaction: all of it or nothing.
  public func ingest(_ items: [Item]) throws(Failure) -> Tally {
    do {
      return try queue.write { db in
        var tally = Tally()
        let insert = try db.cachedStatement(
          sql: "INSERT OR IGNORE INTO report VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)")
        let release = try db.cachedStatement(sql: "DELETE FROM quarantine WHERE path = ?")
        let aside = try db.cachedStatement(sql: "INSERT OR REPLACE INTO quarantine VALUES (?,?)")
        let hasQuarantine =
          try Int.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM quarantine)") == 1
        for item in items {
          switch item.content {
          case .success(let reports):
            for report in reports {
              try insert.execute(arguments: Self.arguments(report))
              if db.changesCount > 0 { tally.added += 1 } else { tally.known += 1 }
            }
            if hasQuarantine { try release.execute(arguments: [item.path]) }
          case .failure(let problem):
            try aside.execute(arguments: [item.path, problem.reason])
            tally.quarantined += 1
          }
        }
        return tally
      }
    } catch {
      throw Self.failure(error, path)
    }
  }

  private static func arguments(_ report: ReportSummary) -> StatementArguments {
    [
      report.hostKey, report.kind.rawValue, report.generatedAt, report.seconds, report.name,
      report.id, report.cpuModel, report.profile, report.score, report.critical, report.warning,
      report.info, report.packedRules,
    ]
  }

  /// Forgets reports from before a time, but never a host's newest of a kind.
  ///
  /// - Returns: How many.
  public func forget(before seconds: Int) throws(Failure) -> Int {
    do {
      return try queue.write { db in
        try db.execute(
          sql: """
            DELETE FROM report WHERE seconds < ? AND EXISTS (
              SELECT 1 FROM report AS newer WHERE newer.host = report.host
              AND newer.kind = report.kind AND newer.seconds > report.seconds)
            """, arguments: [seconds])
        return db.changesCount
      }
    } catch {
      throw Self.failure(error, path)
    }
  }

  /// Reads within one snapshot of the store.
  func read<Value>(_ body: (Database) throws -> Value) throws(Failure) -> Value {
    do { return try queue.read(body) } catch { throw Self.failure(error, path) }
  }
}
