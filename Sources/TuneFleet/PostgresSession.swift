// A connection to a PostgreSQL server: statements with their values apart, errors as ours.

import Glibc
import TuneKit

/// A connection; closed when let go.
final class PostgresSession: FleetSession {
  private let library: PostgresLibrary
  private let connection: PostgresLibrary.Connection
  /// Prepared statements: their names by text.
  private var prepared: [String: String] = [:]

  /// Connects.
  ///
  /// - Parameter uri: `postgresql://…` as libpq reads it; what it leaves open comes from the
  ///   environment, the service file and the password file, as with every client.
  /// - Throws: `Failure` 69 where no server answers, 77 where it doesn't let us. No message holds
  ///   the URI: a password may stand in it.
  init(uri: String) throws(Failure) {
    let library = try PostgresLibrary.shared()
    // The URI comes last, so it may say otherwise.
    let names = ["connect_timeout", "application_name", "dbname"]
    let values = ["10", "tuned-vm", uri]
    let made = Self.withTexts(names) { names in
      Self.withTexts(values) { values in library.connect(names, values, 1) }
    }
    guard let made else { throw Failure(.unavailable, "PostgreSQL: no memory for a connection") }
    guard library.status(made) == PostgresLibrary.connectionOK else {
      let words = Self.words(library.errorMessage(made))
      library.finish(made)
      let isRefusal =
        words.contains("authentication failed") || words.contains("no pg_hba.conf entry")
        || words.contains("is not permitted") || words.contains("no password supplied")
      throw Failure(
        isRefusal ? .notPermitted : .unavailable, "cannot connect to PostgreSQL: \(words)")
    }
    self.library = library
    connection = made
    // Without one, the library prints every notice itself.
    _ = library.setNoticeProcessor(connection, { _, _ in }, nil)
    guard library.setEncoding(connection, "UTF8") == 0 else {
      throw Failure(.unavailable, "PostgreSQL: the server does not speak UTF-8")
    }
  }

  deinit { library.finish(connection) }

  // MARK: - Statements

  /// Runs a statement without values.
  func run(_ sql: String) throws(Failure) { _ = try finish(execute(plain: sql, [])) }

  func execute(_ sql: String, _ values: [FleetValue]) throws(Failure) -> Int {
    try finish(execute(prepared: sql, values))
  }

  func query(
    _ sql: String, _ values: [FleetValue], _ take: (any FleetRow) throws -> Void
  ) throws(Failure) {
    let sent = Self.withTexts(values.map(\.postgres)) { texts in
      library.send(connection, sql, CInt(values.count), nil, texts, nil, nil, 0)
    }
    guard sent == 1 else {
      throw lost
    }
    // Row by row: an answer need not fit into memory.
    _ = library.setSingleRowMode(connection)
    var failure: Failure?
    while let answer = library.nextAnswer(connection) {
      defer { library.clear(answer) }
      guard failure == nil else { continue }
      let status = library.answerStatus(answer)
      if status == PostgresLibrary.singleTuple {
        do { try take(PostgresRow(library: library, answer: answer)) } catch {
          failure = error as? Failure ?? Failure(.ioError, "PostgreSQL: \(error)")
        }
      } else if status != PostgresLibrary.tuplesOK {
        failure = problem(answer)
      }
    }
    if let failure { throw failure }
  }

  private func execute(
    plain sql: String, _ values: [FleetValue]
  ) -> PostgresLibrary.Answer? {
    Self.withTexts(values.map(\.postgres)) { texts in
      library.execute(connection, sql, CInt(values.count), nil, texts, nil, nil, 0)
    }
  }

  private func execute(
    prepared sql: String, _ values: [FleetValue]
  ) throws(Failure) -> PostgresLibrary.Answer? {
    let name: String
    if let known = prepared[sql] {
      name = known
    } else {
      name = "s\(prepared.count)"
      _ = try finish(library.prepare(connection, name, sql, CInt(values.count), nil))
      prepared[sql] = name
    }
    return Self.withTexts(values.map(\.postgres)) { texts in
      library.executePrepared(connection, name, CInt(values.count), texts, nil, nil, 0)
    }
  }

  /// Takes an answer over: how many rows changed, or what went wrong.
  private func finish(_ answer: PostgresLibrary.Answer?) throws(Failure) -> Int {
    guard let answer else {
      throw lost
    }
    defer { library.clear(answer) }
    let status = library.answerStatus(answer)
    guard status == PostgresLibrary.commandOK || status == PostgresLibrary.tuplesOK else {
      throw problem(answer)
    }
    return library.changedRows(answer).flatMap { Int(String(cString: $0)) } ?? 0
  }

  /// There is no answer at all.
  private var lost: Failure {
    Failure(.unavailable, "PostgreSQL: \(Self.words(library.errorMessage(connection)))")
  }

  private func problem(_ answer: PostgresLibrary.Answer) -> Failure {
    let state =
      library.answerField(answer, PostgresLibrary.sqlState).map { String(cString: $0) } ?? ""
    let words = "PostgreSQL: \(Self.words(library.answerMessage(answer)))"
    guard library.status(connection) == PostgresLibrary.connectionOK else {
      return Failure(.unavailable, words)
    }
    switch state {
    case "42501", "25006": return Failure(.notPermitted, words)
    case "40P01", "40001", "55P03": return Failure(.busy, words)
    case let state where state.hasPrefix("08") || state.hasPrefix("57P"):
      return Failure(.unavailable, words)
    default: return Failure(.ioError, words)
    }
  }

  // MARK: - Texts

  /// One line, without the library's final newline.
  private static func words(_ text: PostgresLibrary.Text?) -> String {
    guard let text else { return "no reason given" }
    let lines = String(cString: text).split(separator: "\n")
    return lines.map { $0.trimmingPrefix { $0 == " " || $0 == "\t" } }
      .joined(separator: "; ").printable
  }

  /// Lends texts as C strings, a null behind them.
  private static func withTexts<Value>(
    _ texts: [String?], _ body: (PostgresLibrary.Texts?) -> Value
  ) -> Value {
    let copies = texts.map { $0.flatMap { strdup($0) } }
    defer { for copy in copies { free(copy) } }
    let pointers = copies.map { $0.map { PostgresLibrary.Text($0) } } + [nil]
    return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
  }
}

private struct PostgresRow: FleetRow {
  let library: PostgresLibrary
  let answer: PostgresLibrary.Answer

  func text(_ column: Int) -> String? {
    guard library.isNull(answer, 0, CInt(column)) == 0,
      let text = library.value(answer, 0, CInt(column))
    else { return nil }
    return String(cString: text)
  }

  func integer(_ column: Int) -> Int { text(column).flatMap { Int($0) } ?? 0 }
}

extension FleetValue {
  /// The value as the server's text form has it.
  fileprivate var postgres: String? {
    switch self {
    case .null: nil
    case .integer(let number): "\(number)"
    case .text(let text): text
    }
  }
}
