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

  static func scan(_ text: String) throws -> [ReportSummary] { try scan(Array(text.utf8)) }

  static func scan(_ bytes: [UInt8]) throws -> [ReportSummary] {
    var items: [FleetItem] = []
    var stream = ReportStream("x") { items.append($0) }
    try bytes.withUnsafeBufferPointer { try stream.read($0) }
    if let problem = items.last?.problem { throw problem }
    return items.flatMap(\.reports)
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
      let scanned = try? Self.scan(bytes)
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

  /// What is replaced in a good report, by what, and how the reason reads.
  @Test(
    arguments: [
      ("\"profile\"", "\"host\":{\"name\":\"b\"},\"profile\"", "'host' stands twice"),
      ("\"profile\"", "\"generatedAt\":\"2026-11-24T15:37:26Z\",\"profile\"", "stands twice"),
      ("\"name\":\"a\"", "\"name\":null", "'host' has neither id nor name"),
      (
        "\"name\":\"a\"", "\"name\":\"\(String(repeating: "n", count: 1025))\"",
        "longer than 1024 bytes"
      ),
      ("audit/v1", "drift/v1", "'drifted' is missing"),
      ("tuned-vm/audit/v1", "a/b", "the schema is 'a/b'; expected an audit or drift report"),
      ("\"schema\"", "\"s\"", "there is no 'schema'; expected an audit or drift report"),
      ("\"generatedAt\"", "\"g\"", "'generatedAt' is missing or no time in UTC"),
      ("26Z", "26", "'generatedAt' is missing or no time in UTC"),
      ("\"name\":\"a\"", "\"name\":\"a\\u0000b\"", "a name holds a NUL"),
      ("\"profile\"", "\"p\"", "'profile' is missing"),
      ("\"findings\"", "\"f\"", "'findings' is missing"),
      ("\"score\":90", "\"score\":101", "'summary' has no score from 0 to 100"),
      ("\"findings\":[]", "\"findings\":[{}]", "a finding names no rule"),
      ("\"score\":90", "\"score\":-1", "expected a whole number"),
      ("\"profile\"", "profile", "expected a string"),
      ("\"verdicts\":[]", "\"verdicts\":tru", "expected a value"),
      ("\"verdicts\":[]", "\"verdicts", "the text ends in a string"),
      ("\"a\"", "\"\t\"", "a control character stands in a string"),
      ("\"a\"", "\"\\x\"", "no such escape"),
      ("\"a\"", "\"\\u00g0\"", "expected four hexadecimal digits"),
      ("\"profile\"", "\"x\":9.e,\"profile\"", "the number is malformed"),
      ("\"profile\"", "\"x\":-,\"profile\"", "the number is malformed"),
      ("\"profile\"", "\"x\":9e+,\"profile\"", "the number is malformed"),
      ("\"verdicts\":[]", "\"verdicts\":\(String(repeating: "{\"a\":", count: 2000))", "too deep"),
      ("\"verdicts\":[]", "\"verdicts\":\(String(repeating: "[", count: 2000))", "too deep"),
    ])
  func theReasonIsNamed(part: String, other: String, words: String) {
    let text = Self.audit("a").replacing(part, with: other)
    let problem = #expect(throws: ReportProblem.self) { try Self.scan(text) }
    #expect(problem?.reason.contains(words) == true, "\(problem?.reason ?? "")")
  }

  @Test func rulesByTheThousandCostNoSquare() throws {
    let many = (0..<19_000).map { (rule: "fact.number-\($0)", waived: false) }
    #expect(try Self.scan(Self.audit("a", findings: many)).first?.rules.count == 19_000)
    let more = (0..<20_001).map { (rule: "fact.number-\($0)", waived: false) }
    let problem = #expect(throws: ReportProblem.self) {
      try Self.scan(Self.audit("a", findings: more))
    }
    #expect(problem?.reason.hasSuffix("there are too many different rules") == true)
  }

  @Test func aRuleCannotPoseAsTwoInTheStore() throws {
    let report = try #require(
      try Self.scan(Self.audit("a", findings: [("x\\t7\\ny.z", false)])).first)
    #expect(PackedRules(text: report.packedRules).names.count == 1)
  }

  @Test(arguments: [[0xFF], [0xC3, 0x20], [0xE2, 0x82, 0x20], [0xC0, 0x80]] as [[UInt8]])
  func bytesThatAreNoTextAreRefused(bytes: [UInt8]) throws {
    let good = Self.audit("@")
    let place = try #require(good.utf8.firstIndex(of: 64))
    let text = Array(good.utf8[..<place]) + bytes + Array(good.utf8[place...].dropFirst())
    let problem = #expect(throws: ReportProblem.self) { try Self.scan(text) }
    #expect(problem?.reason.hasSuffix(": the bytes are not valid UTF-8") == true)
  }
}
