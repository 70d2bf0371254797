// The fleet store in one SQLite file, through GRDB.

import GRDB
import TuneKit

/// A file.
final class SQLiteDatabase: FleetDatabase {
  private let queue: DatabaseQueue
  private let path: String

  /// Opens a file, made where it is missing. Where nothing may be written there, a store that is
  /// there is opened for reading.
  ///
  /// - Parameter patience: Seconds to wait for another who writes.
  /// - Throws: `Failure` 73 where it can't be created, 65 where the file is something else.
  init(path: String, patience: Double = 10) throws(Failure) {
    self.path = path
    queue = try Self.open(path, patience)
  }

  private static func open(_ path: String, _ patience: Double) throws(Failure) -> DatabaseQueue {
    do { return try writable(path, patience) } catch {
      let codes: [ResultCode] = [.SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM]
      guard let code = (error as? DatabaseError)?.resultCode, codes.contains(code),
        let queue = readable(path)
      else { throw failure(error, path) }
      return queue
    }
  }

  private static func writable(_ path: String, _ patience: Double) throws -> DatabaseQueue {
    var configuration = GRDB.Configuration()
    configuration.busyMode = .timeout(patience)
    configuration.prepareDatabase { db in
      try db.execute(
        sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -32768")
    }
    let queue = try DatabaseQueue(path: path, configuration: configuration)
    try queue.write { db in
      for statement in FleetSchema.statements(text: "TEXT", partitioning: "WITHOUT ROWID") {
        try db.execute(sql: statement)
      }
    }
    return queue
  }

  private static func readable(_ path: String) -> DatabaseQueue? {
    var configuration = GRDB.Configuration()
    configuration.readonly = true
    guard let queue = try? DatabaseQueue(path: path, configuration: configuration),
      (try? queue.read { db in try db.tableExists("report") }) == true
    else { return nil }
    return queue
  }

  static func failure(_ error: any Error, _ path: String) -> Failure {
    if let failure = error as? Failure { return failure }
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

  func write<Value>(
    times: Set<Int>, _ body: (any FleetSession) throws -> Value
  ) throws(Failure) -> Value {
    do {
      return try queue.write { db in try body(SQLiteSession(db: db, path: path)) }
    } catch {
      throw Self.failure(error, path)
    }
  }

  func read<Value>(_ body: (any FleetSession) throws -> Value) throws(Failure) -> Value {
    do {
      return try queue.read { db in try body(SQLiteSession(db: db, path: path)) }
    } catch {
      throw Self.failure(error, path)
    }
  }
}

private struct SQLiteSession: FleetSession {
  let db: Database
  let path: String

  private func arguments(_ values: [FleetValue]) -> StatementArguments {
    StatementArguments(
      values.map { value -> DatabaseValue in
        switch value {
        case .null: .null
        case .integer(let number): number.databaseValue
        case .text(let text): text.databaseValue
        }
      })
  }

  func execute(_ sql: String, _ values: [FleetValue]) throws(Failure) -> Int {
    do {
      try db.cachedStatement(sql: sql).execute(arguments: arguments(values))
      return db.changesCount
    } catch {
      throw SQLiteDatabase.failure(error, path)
    }
  }

  func query(
    _ sql: String, _ values: [FleetValue], _ take: (any FleetRow) throws -> Void
  ) throws(Failure) {
    do {
      let rows = try GRDB.Row.fetchCursor(db, sql: sql, arguments: arguments(values))
      while let row = try rows.next() { try take(SQLiteRow(row: row)) }
    } catch {
      throw SQLiteDatabase.failure(error, path)
    }
  }
}

private struct SQLiteRow: FleetRow {
  let row: GRDB.Row
  func text(_ column: Int) -> String? { row[column] }
  func integer(_ column: Int) -> Int { row[column] ?? 0 }
}
