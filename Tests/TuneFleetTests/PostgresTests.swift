import TestSupport
import Testing

@testable import TuneFleet
@testable import TuneKit

@Suite(.enabled(if: PostgresServer.isInstalled, "PostgreSQL (Debian: postgresql) is not installed"))
struct PostgresTests {
  private func items(_ names: [String], at time: String = "2026-11-24T15:37:26Z") throws
    -> [FleetItem]
  {
    let text = names.map { ReportScannerTests.audit($0, at: time) }.joined(separator: "\n")
    return [FleetItem(path: "x", reports: try ReportScannerTests.scan(text))]
  }

  private func answer(_ uri: String, _ sql: String) throws -> [String] {
    var rows: [String] = []
    try PostgresSession(uri: uri).query(sql, []) { rows.append($0.text(0) ?? "") }
    return rows
  }

  @Test func reportsLieInMonths() throws {
    let uri = try PostgresServer.shared.database()
    let store = try FleetStore(postgres: uri)
    for time in [
      "2026-11-24T15:37:26Z", "2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z",
      "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
    ] {
      #expect(try store.ingest(try items(["a"], at: time)).added == 1)
    }
    let parts = try answer(
      uri, "SELECT DISTINCT tableoid::regclass::text FROM tuned_vm.report ORDER BY 1")
    #expect(
      parts == [
        "tuned_vm.report_2026_11", "tuned_vm.report_2026_12", "tuned_vm.report_2027_01",
        "tuned_vm.report_other",
      ])
    let key = try answer(
      uri,
      "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'tuned_vm.report'::regclass AND contype = 'p'"
    )
    #expect(key == ["PRIMARY KEY (kind, host, seconds, generated_at)"])
  }

  @Test func manyAtOnceLoseNothing() async throws {
    let uri = try PostgresServer.shared.database()
    let names = (0..<200).map { "h\($0)" }
    try await withThrowingTaskGroup(of: Int.self) { group in
      for turn in 0..<4 {
        group.addTask {
          // Each in another order: rows that block each other would show.
          let mine = turn % 2 == 0 ? names : names.reversed()
          return try FleetStore(postgres: uri).ingest(try items(mine)).added
        }
      }
      var added = 0
      for try await count in group { added += count }
      #expect(added == names.count)
    }
    #expect(try answer(uri, "SELECT COUNT(*) FROM tuned_vm.report") == ["200"])
  }

  @Test func aConnectionThatBreaksLeavesWholeBatches() throws {
    let uri = try PostgresServer.shared.database()
    let store = try FleetStore(postgres: uri)
    #expect(try store.ingest(try items(["a", "b"])).added == 2)
    _ = try answer(
      uri,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    do {
      _ = try store.ingest(try items(["c"]))
      Issue.record("it was stored")
    } catch let error as Failure {
      #expect(error.status == .unavailable, "\(error.messages)")
    }
    #expect(try FleetStore(postgres: uri).ingest(try items(["a", "b", "c"])).added == 1)
  }

  @Test func aUserWithoutRightsIsTold() throws {
    let uri = try PostgresServer.shared.database()
    let store = try FleetStore(postgres: uri)
    #expect(try store.ingest(try items(["a"])).added == 1)
    let session = try PostgresSession(uri: uri)
    try session.run("CREATE ROLE \(Self.reader) LOGIN")
    try session.run("GRANT USAGE ON SCHEMA tuned_vm TO \(Self.reader)")
    try session.run("GRANT SELECT ON ALL TABLES IN SCHEMA tuned_vm TO \(Self.reader)")
    let weak = try FleetStore(postgres: uri.replacing("fleet@", with: Self.reader + "@"))
    #expect(try weak.report(generatedAt: "x").hosts.count == 1)
    do {
      _ = try weak.ingest(try items(["b"]))
      Issue.record("it was stored")
    } catch let error as Failure {
      #expect(error.status == .notPermitted)
    }
  }

  private static let reader = "reader"

  @Test func whereNoServerAnswersItIs69AndNoPasswordIsSaid() {
    do {
      _ = try FleetStore(postgres: "postgresql://u:secret@%2Fnowhere/x")
      Issue.record("it was opened")
    } catch {
      #expect(error.status == .unavailable)
      #expect(error.messages.joined().contains("/nowhere"))
      #expect(!error.messages.joined().contains("secret"))
    }
  }

  /// What the server's code of an error means for the exit code.
  @Test(arguments: [
    ("42501", ExitStatus.notPermitted), ("25006", .notPermitted), ("40P01", .busy),
    ("40001", .busy), ("55P03", .busy), ("57P03", .unavailable), ("08006", .unavailable),
    ("22012", .ioError),
  ])
  func theKindOfAnErrorIsItsExitCode(state: String, status: TuneKit.ExitStatus) throws {
    let session = try PostgresSession(uri: try PostgresServer.shared.uri("postgres"))
    let error = #expect(throws: Failure.self) {
      try session.run("DO $$ BEGIN RAISE EXCEPTION 'told' USING ERRCODE = '\(state)'; END $$")
    }
    #expect(error?.status == status)
    #expect(error?.messages.first?.hasPrefix("PostgreSQL: ERROR:  told") == true)
  }

  @Test func aConnectionThatIsGoneIsToldByEveryStatement() throws {
    let uri = try PostgresServer.shared.database()
    let session = try PostgresSession(uri: uri)
    _ = try answer(
      uri,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    for turn in 0..<3 {
      let error = #expect(throws: Failure.self) {
        if turn < 2 {
          try session.run("SELECT 1")
        } else {
          try session.query("SELECT 1", []) { _ in }
        }
      }
      #expect(error?.status == .unavailable)
      #expect(error?.messages.first?.hasPrefix("PostgreSQL: ") == true)
      if turn == 2 { #expect(error?.messages == ["PostgreSQL: no connection to the server"]) }
    }
  }

  @Test func aUserWhoMayNotComeInIsNotPermitted() throws {
    let uri = try PostgresServer.shared.database()
    try PostgresSession(uri: uri).run("CREATE ROLE outside NOLOGIN")
    let error = #expect(throws: Failure.self) {
      try FleetStore(postgres: uri.replacing("fleet@", with: "outside@"))
    }
    #expect(error?.status == .notPermitted)
    #expect(error?.messages.first?.hasPrefix("cannot connect to PostgreSQL: ") == true)
    #expect(error?.messages.first?.contains("\"outside\" is not permitted to log in") == true)
  }

  @Test func aDatabaseWithoutUnicodeIsRefused() throws {
    let session = try PostgresSession(uri: try PostgresServer.shared.uri("postgres"))
    // Not in every version of the server.
    guard
      (try? session.run(
        "CREATE DATABASE mule ENCODING 'MULE_INTERNAL' TEMPLATE template0 LOCALE_PROVIDER libc "
          + "LOCALE 'C'")) != nil
    else { return }
    let uri = try PostgresServer.shared.uri("mule")
    let error = #expect(throws: Failure.self) { try FleetStore(postgres: uri) }
    #expect(error?.status == .unavailable)
    #expect(error?.messages == ["PostgreSQL: the server does not speak UTF-8"])
  }

  @Test(arguments: ["report", "ingest"])
  func theCommandsTakeAStore(command: String) throws {
    let uri = try PostgresServer.shared.database()
    let files = TemporaryTree()
    files.write("/a.json", ReportScannerTests.audit("a"))
    let arguments = ["fleet", command, "--store", uri] + (command == "ingest" ? [files.path] : [])
    let outcome = try Program.run(arguments)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.errors == "")
  }
}
