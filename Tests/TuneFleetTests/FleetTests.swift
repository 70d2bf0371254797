import TestSupport
import Testing

@testable import TuneFleet
@testable import TuneKit

@Suite struct ReportScannerTests {
  static func audit(
    _ name: String, score: Int = 90, at time: String = "2026-11-24T15:37:26Z",
    findings: [(rule: String, waived: Bool)] = []
  ) -> String {
    let list = findings.map {
      "{\"rule\":\"\($0.rule)\",\"severity\":\"warning\",\"waiver\":"
        + ($0.waived ? "{\"reason\":\"x\",\"until\":null}" : "null") + "}"
    }
    return """
      {"schema":"tuned-vm/audit/v1","tool":{"name":"tuned-vm","version":"0.1.0"},\
      "generatedAt":"\(time)","host":{"name":"\(name)","id":null,"cpuModel":"EPYC"},\
      "profile":"general","summary":{"critical":0,"warning":\(findings.count),"info":0,\
      "score":\(score)},"findings":[\(list.joined(separator: ","))],"verdicts":[]}
      """
  }

  static func scan(_ text: String) throws -> [ReportSummary] {
    try Array(text.utf8).withUnsafeBufferPointer { try ReportScanner.reports($0) }
  }

  @Test func itKeepsHostTimeSummaryAndUnwaivedFindings() throws {
    let text = Self.audit("h\\u00e9", findings: [("a.b", false), ("a.b", false), ("c.d", true)])
    let report = try #require(try Self.scan(text).first)
    #expect(report.name == "hé")
    #expect(report.seconds == 1_795_534_646)
    #expect(report.rules == [.init(rule: "a.b", findings: 2)])
  }

  @Test func ourOwnReportsAreRead() throws {
    let report = Sample.ordinary
    let scanned = try #require(try Self.scan(render(report, as: .json)).first)
    #expect(scanned.name == report.host.name)
    #expect(scanned.score == report.summary.score)
    #expect(scanned.rules.reduce(0) { $0 + $1.findings } == 14)
  }

  @Test func whatTheParserRefusesTheScannerRefuses() throws {
    var random = SeededRandom(seed: 7)
    let good = Array(Self.audit("h\u{e9}\u{1F600}", findings: [("a.b", false)]).utf8)
    for _ in 0..<3000 {
      var bytes = good
      let index = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<3, using: &random) {
      case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes.remove(at: index)
      default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: index)
      }
      let isJSON = (try? JSONValue(parsing: bytes)) != nil
      let scanned = try? bytes.withUnsafeBufferPointer { try ReportScanner.reports($0) }
      if !isJSON { #expect(scanned == nil, "\(String(decoding: bytes, as: UTF8.self))") }
    }
  }

  @Test(arguments: [
    "", "[]", "{}", "null", "{\"schema\":\"tuned-vm/plan/v1\"}",
    String(repeating: "[", count: 100_000), "{\"a\":" + String(repeating: "[", count: 100_000),
    "\u{0}",
  ])
  func anythingElseIsNoReport(text: String) {
    #expect(throws: ReportProblem.self) { try Self.scan(text) }
  }
}

@Suite struct FleetStoreTests {
  private let directory = TemporaryTree()

  private func store() throws -> FleetStore {
    try FleetStore(path: directory.path + "/fleet.sqlite")
  }

  private func ingest(_ paths: String...) throws -> FleetStore.Tally {
    var items: [FleetStore.Item] = []
    var reader = FleetReader { items.append($0) }
    for path in paths { try reader.read(directory.path + path) }
    return try store().ingest(items)
  }

  private func report() throws -> FleetReport {
    try store().report(generatedAt: "2026-11-25T00:00:00Z")
  }

  @Test func ingestIsIdempotentAndChangesNoInput() throws {
    directory.write("/in/a.json", ReportScannerTests.audit("a", findings: [("r.x", false)]))
    directory.write("/in/deep/b.json", ReportScannerTests.audit("b", score: 40))
    directory.write("/in/deep/notes.txt", "no report")
    #expect(try ingest("/in").added == 2)
    let again = try ingest("/in")
    #expect((again.added, again.known) == (0, 2))
    let report = try report()
    #expect(report.hosts.map(\.name) == ["b", "a"])
    #expect(report.rules == [.init(rule: "r.x", hosts: 1, findings: 1)])
  }

  @Test func aDamagedReportIsPutAsideAndTheRestGoesOn() throws {
    directory.write("/in/a.json", ReportScannerTests.audit("a"))
    directory.write("/in/b.json", "{\"schema\": tru")
    #expect(try ingest("/in").quarantined == 1)
    let report = try report()
    #expect(report.hosts.count == 1)
    #expect(report.quarantine.map(\.path) == [directory.path + "/in/b.json"])
    directory.write("/in/b.json", ReportScannerTests.audit("b"))
    #expect(try ingest("/in").added == 1)
    #expect(try self.report().quarantine.isEmpty)
  }

  @Test func theNewestAuditOfAHostCounts() throws {
    let old = ReportScannerTests.audit("a", score: 90, at: "2026-11-23T00:00:00Z")
    let new = ReportScannerTests.audit("a", score: 50, at: "2026-11-24T00:00:00Z")
    directory.write("/both.json", new + "\n" + old + "\n")
    #expect(try ingest("/both.json").added == 2)
    let report = try report()
    #expect(report.hosts.map(\.score) == [50])
    #expect(report.fallen.first?.before?.score == 90)
  }

  @Test func archivesAreRead() throws {
    let body = Array(ReportScannerTests.audit("a").utf8)
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, _ at: Int) {
      for (offset, byte) in text.utf8.enumerated() { header[at + offset] = byte }
    }
    put("x/a.json", 0)
    put("00000000000", 124)
    let octal = String(body.count, radix: 8)
    put(String(repeating: "0", count: 11 - octal.utf8.count) + octal, 124)
    put("0", 156)
    put("ustar", 257)
    let padding = [UInt8](repeating: 0, count: 512 - body.count % 512 + 1024)
    directory.write("/a.tar", bytes: header + body + padding)
    #expect(try ingest("/a.tar").added == 1)
  }

  @Test func retentionKeepsTheNewestOfEachHost() throws {
    for day in 1...5 {
      directory.write(
        "/in/\(day).json", ReportScannerTests.audit("a", at: "2026-11-0\(day)T00:00:00Z"))
    }
    #expect(try ingest("/in").added == 5)
    #expect(try store().forget(before: 4_000_000_000) == 4)
    #expect(try report().hosts.first?.generatedAt == "2026-11-05T00:00:00Z")
  }

  @Test func anotherFileIsNoStore() throws {
    directory.write("/fleet.sqlite", String(repeating: "no database ", count: 100))
    do {
      _ = try store()
      Issue.record("it was opened")
    } catch let error as Failure {
      #expect(error.status == .malformed)
    }
  }

  @Test(arguments: FleetFormat.allCases)
  func noNameLeavesItsPlace(format: FleetFormat) throws {
    let host = FleetReport.Host(
      name: Sample.hostile, id: nil, cpuModel: Sample.hostile, profile: Sample.hostile, score: 3,
      critical: 1, warning: 0, info: 0, generatedAt: "x", before: nil)
    let report = FleetReport(
      generatedAt: "2026-11-25T00:00:00Z", reports: 1, hosts: [host],
      rules: [.init(rule: Sample.hostile, hosts: 1, findings: 1)], drifted: [], trend: [],
      quarantine: [.init(path: Sample.hostile, reason: Sample.hostile)])
    let text = render(report, as: format)
    let unsafe = text.unicodeScalars.filter { Escape.isUnsafe($0) && $0 != "\n" && $0 != "\r" }
    #expect(format == .json ? unsafe.allSatisfy { $0.value > 0x2029 } : unsafe.isEmpty)
    if format == .html { #expect(!text.contains("<script")) }
    if format == .json, SchemaCheck.isAvailable {
      #expect(try SchemaCheck.complaints(about: text, schema: "fleet") == "")
    }
  }
}
