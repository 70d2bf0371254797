import TestSupport
import Testing

@testable import TuneFleet
@testable import TuneKit

/// A store of its own, and files to take in.
struct FleetScene {
  let directory = TemporaryTree()
  private let uri: String?

  init(_ backend: Backend = .file) throws {
    uri = backend == .postgres ? try PostgresServer.shared.database() : nil
  }

  func store() throws -> FleetStore {
    guard let uri else { return try FleetStore(path: directory.path + "/fleet.sqlite") }
    return try FleetStore(postgres: uri)
  }

  /// What reading gives.
  func items(_ paths: String...) throws -> [FleetItem] {
    var items: [FleetItem] = []
    var reader = FleetReader { items.append($0) }
    for path in paths { try reader.read(directory.path + path) }
    return items
  }

  func ingest(_ path: String) throws -> FleetStore.Tally { try store().ingest(try items(path)) }

  func report(since: Int? = nil) throws -> FleetReport {
    try store().report(generatedAt: "2026-11-25T00:00:00Z", since: since)
  }
}

/// What a store says of who else writes, and of what is none of its own errors.
@Suite struct FleetDatabaseTests {
  private let directory = TemporaryTree()
  private var path: String { directory.path + "/fleet.sqlite" }

  private struct Foreign: Error, CustomStringConvertible {
    let description = "foreign"
  }

  @Test func whoFindsAnotherWriterIsToldSo() throws {
    let first = try SQLiteDatabase(path: path)
    let second = try SQLiteDatabase(path: path, patience: 0.1)
    let delete = "DELETE FROM report"
    let error = try first.write(times: []) { session in
      _ = try session.execute(delete, [])
      return #expect(throws: Failure.self) {
        try second.write(times: []) { _ = try $0.execute(delete, []) }
      }
    }
    #expect(error?.status == .busy)
    #expect(error?.messages == ["another tuned-vm writes to '\(path)'"])
  }

  @Test func whatIsNoErrorOfTheFileIsToldWithIt() throws {
    let store = try SQLiteDatabase(path: path)
    let error = #expect(throws: Failure.self) { try store.read { _ in throw Foreign() } }
    #expect(error?.status == .cannotCreate)
    #expect(error?.messages == ["cannot open '\(path)': foreign"])
  }

  @Test(.enabled(if: PostgresServer.isInstalled))
  func whatIsNoErrorOfTheServerIsToldWithIt() throws {
    let uri = try PostgresServer.shared.database()
    let store = try PostgresDatabase(uri: uri)
    let session = try PostgresSession(uri: uri)
    for body in [
      { try store.read { _ in throw Foreign() } },
      { try session.query("SELECT 1", []) { _ in throw Foreign() } },
    ] {
      let error = #expect(throws: Failure.self) { try body() }
      #expect(error?.status == .ioError)
      #expect(error?.messages == ["PostgreSQL: foreign"])
    }
  }
}

@Suite struct FleetStoreTests {
  private typealias Audit = ReportScannerTests

  @Test(arguments: Backend.installed)
  func ingestIsIdempotentAndChangesNoInput(backend: Backend) throws {
    let scene = try FleetScene(backend)
    let first = Audit.audit("a", findings: [("r.x", false)])
    scene.directory.write("/in/a.json", first)
    scene.directory.write("/in/deep/b.json", Audit.audit("b", score: 40))
    scene.directory.write("/in/deep/notes.txt", "no report")
    #expect(try scene.ingest("/in").added == 2)
    let again = try scene.ingest("/in")
    #expect((again.added, again.known) == (0, 2))
    let report = try scene.report()
    #expect(report.hosts.map(\.name) == ["b", "a"])
    #expect(report.rules == [.init(rule: "r.x", hosts: 1, findings: 1)])
    #expect(scene.directory.text("/in/a.json") == first)
  }

  @Test(arguments: Backend.installed)
  func aDamagedReportIsPutAsideAndTheRestGoesOn(backend: Backend) throws {
    let scene = try FleetScene(backend)
    scene.directory.write("/in/a.json", Audit.audit("a"))
    scene.directory.write("/in/b.json", "{\"schema\": tru")
    #expect(try scene.ingest("/in").quarantined == 1)
    #expect(try scene.ingest("/in").quarantined == 1)
    let report = try scene.report()
    #expect(report.hosts.count == 1)
    #expect(report.quarantine.map(\.path) == [scene.directory.path + "/in/b.json"])
    scene.directory.write("/in/b.json", Audit.audit("b"))
    #expect(try scene.ingest("/in").added == 1)
    #expect(try scene.report().quarantine.isEmpty)
  }

  @Test(arguments: Backend.installed)
  func theNewestAuditOfAHostCounts(backend: Backend) throws {
    let scene = try FleetScene(backend)
    let old = Audit.audit("a", score: 90, at: "2026-11-23T00:00:00Z", findings: [("r.old", false)])
    let new = Audit.audit("a", score: 50, at: "2026-11-24T00:00:00Z", findings: [("r.new", false)])
    scene.directory.write("/both.json", new + "\n" + old + "\n")
    #expect(try scene.ingest("/both.json").added == 2)
    let report = try scene.report()
    #expect(report.hosts.map(\.score) == [50])
    #expect(report.fallen.first?.before?.score == 90)
    #expect(report.rules.map(\.rule) == ["r.new"])
    #expect(
      report.changes == [
        .init(rule: "r.new", violated: 1, satisfied: 0),
        .init(rule: "r.old", violated: 0, satisfied: 1),
      ])
  }

  @Test(arguments: Backend.installed)
  func whatChangedIsToldAgainstTheLastAuditBeforeATime(backend: Backend) throws {
    let scene = try FleetScene(backend)
    for (day, score) in [(1, 90), (2, 80), (3, 70), (4, 60)] {
      scene.directory.write(
        "/in/\(day).json", Audit.audit("a", score: score, at: "2026-11-0\(day)T00:00:00Z"))
    }
    #expect(try scene.ingest("/in").added == 4)
    let third = try #require(Timestamp.seconds("2026-11-03T00:00:00Z"))
    #expect(try scene.report(since: third).hosts.first?.before?.score == 80)
    #expect(try scene.report(since: 0).hosts.first?.before == nil)
    #expect(try scene.report().hosts.first?.before?.score == 70)
  }

  @Test(arguments: Backend.installed)
  func retentionKeepsTheNewestOfEachHost(backend: Backend) throws {
    let scene = try FleetScene(backend)
    for day in 1...5 {
      scene.directory.write("/in/\(day).json", Audit.audit("a", at: "2026-11-0\(day)T00:00:00Z"))
    }
    #expect(try scene.ingest("/in").added == 5)
    #expect(try scene.store().forget(before: 4_000_000_000) == 4)
    #expect(try scene.report().hosts.first?.generatedAt == "2026-11-05T00:00:00Z")
  }

  @Test(arguments: Backend.installed)
  func aNameIsNeverPartOfAStatement(backend: Backend) throws {
    let scene = try FleetScene(backend)
    let name = "x'); DROP TABLE report; --"
    scene.directory.write(
      "/in/a.json", Audit.audit(name, findings: [("'; DELETE FROM report", false)]))
    scene.directory.write("/in/it's \"$1\".json", "damaged")
    #expect(try scene.ingest("/in").added == 1)
    #expect(try scene.report().hosts.map(\.name) == [name])
    #expect(try scene.report().quarantine.first?.path.hasSuffix("it's \"$1\".json") == true)
  }

  @Test(arguments: Backend.installed)
  func batchesOfAllSizesAreStoredWhole(backend: Backend) throws {
    for count in [1, 39, 40, 41, 123] {
      let scene = try FleetScene(backend)
      let text = (0..<count).map { Audit.audit("h\($0)") }.joined(separator: "\n")
      scene.directory.write("/a.json", text + "\n" + Audit.audit("h0"))
      let tally = try scene.ingest("/a.json")
      #expect((tally.added, tally.known) == (count, 1))
    }
  }

  @Test(.enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed"))
  func bothDatabasesGiveTheSameReport() throws {
    var random = SeededRandom(seed: 11)
    let (file, server) = (try FleetScene(.file), try FleetScene(.postgres))
    let names = ["a", "B", "ä", "a-b", "ab", "_", "A b", "é", "e\u{301}", "\u{1F600}", "\\u0007"]
    var texts: [String] = []
    for _ in 0..<400 {
      let name = names.randomElement(using: &random) ?? "a"
      let day = Int.random(in: 10...28, using: &random)
      let fraction = Bool.random(using: &random) ? ".25" : ""
      let rules = (0..<Int.random(in: 0..<5, using: &random)).map { _ in
        (rule: "r.\(Int.random(in: 0..<9, using: &random))", waived: Bool.random(using: &random))
      }
      texts.append(
        Audit.audit(
          name, score: Int.random(in: 0...100, using: &random),
          at: "2026-\(day % 2 + 10)-\(day)T00:00:0\(day % 7)\(fraction)Z", findings: rules))
    }
    for scene in [file, server] {
      // The same paths, for they stand in the report.
      try texts.joined(separator: "\n").withCString { _ in
        _ = try scene.store().ingest([
          FleetItem(path: "x", reports: try Audit.scan(texts.joined(separator: "\n"))),
          FleetItem(path: "B", reports: [], problem: ReportProblem("damaged")),
          FleetItem(path: "a", reports: [], problem: ReportProblem("damaged")),
        ])
      }
    }
    #expect(render(try file.report(), as: .json) == render(try server.report(), as: .json))
  }

  @Test func anotherFileIsNoStore() throws {
    let scene = try FleetScene()
    scene.directory.write("/fleet.sqlite", String(repeating: "no database ", count: 100))
    do {
      _ = try scene.store()
      Issue.record("it was opened")
    } catch let error as Failure {
      #expect(error.status == .malformed)
      #expect(
        error.messages == [
          "\(scene.directory.path)/fleet.sqlite:1:1: this is no fleet store (file is not a database)"
        ])
    }
  }

  @Test(arguments: FleetFormat.allCases)
  func noNameLeavesItsPlace(format: FleetFormat) throws {
    let rules = PackedRules([(rule: Sample.hostile, findings: 2)])
    let host = FleetReport.Host(
      name: Sample.hostile, id: nil, cpuModel: Sample.hostile, profile: Sample.hostile, score: 3,
      critical: 1, warning: 0, info: 0, generatedAt: "x", rules: rules,
      before: .init(score: 9, generatedAt: Sample.hostile))
    let report = FleetReport(
      generatedAt: "2026-11-25T00:00:00Z", reports: 1, hosts: [host], drifted: [], trend: [],
      quarantine: [.init(path: Sample.hostile, reason: Sample.hostile)])
    let text = render(report, as: format)
    let unsafe = text.unicodeScalars.filter { Escape.isUnsafe($0) && $0 != "\n" && $0 != "\r" }
    #expect(format == .json ? unsafe.allSatisfy { $0.value > 0x2029 } : unsafe.isEmpty)
    if format == .html { #expect(!text.contains("<script")) }
    if format == .json, SchemaCheck.isAvailable {
      #expect(try SchemaCheck.complaints(about: text, schema: "fleet") == "")
    }
  }

  @Test(arguments: [
    "=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u{FF1D}1", "\u{FF20}x", "\u{2212}1",
  ])
  func noSpreadsheetTakesANameForAFormula(name: String) throws {
    let host = FleetReport.Host(
      name: name, id: nil, cpuModel: nil, profile: "p", score: 1, critical: 0, warning: 0, info: 0,
      generatedAt: "x", before: nil)
    let report = FleetReport(
      generatedAt: "x", reports: 1, hosts: [host], drifted: [], trend: [], quarantine: [])
    let cell = try #require(
      render(report, as: .csv).split(separator: "\r\n").last?.split(separator: ",").first)
    #expect(cell.first == "'" || cell.first == "\\", "\(cell)")
  }

  @Test func aHostBelowItsLikeIsNamedWithWhatSetsItApart() {
    func host(_ name: String, _ score: Int, _ rules: [String], cpu: String = "EPYC")
      -> FleetReport.Host
    {
      .init(
        name: name, id: nil, cpuModel: cpu, profile: "db", score: score, critical: 0, warning: 0,
        info: 0, generatedAt: "x", rules: PackedRules(rules.map { ($0, 1) }), before: nil)
    }
    let like = (0..<7).map { host("h\($0)", 90, ["r.all"]) }
    let others = (0..<7).map { host("x\($0)", 40, [], cpu: "Xeon") }
    let report = FleetReport(
      generatedAt: "x", reports: 0, hosts: like + others + [host("low", 60, ["r.all", "r.own"])],
      drifted: [], trend: [], quarantine: [])
    #expect(report.outliers.map(\.host.name) == ["low"])
    #expect(report.outliers.first?.apart == ["r.own"])
    #expect(report.outliers.first?.group == 8)
  }
}
