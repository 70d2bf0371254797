import TestSupport
import Testing

@testable import TuneKit

@Suite struct BaselineTests {
  private var baseline: Baseline {
    var baseline = Baseline(StableFacts(), Sample.ordinary)
    baseline.facts[FactID(Subject(.host, "x"), Sample.hostile)] = Sample.hostile
    baseline.facts[FactID(Subject(.numaNode, "0"), "memoryMiB")] = "64000"
    return baseline
  }

  @Test func itComesBackAsItWas() throws {
    #expect(try Baseline(parsing: Array(baseline.text.utf8), file: "f") == baseline)
  }

  @Test func everyFlippedByteIsNoticed() {
    let bytes = Array(baseline.text.utf8)
    for index in bytes.indices {
      var damaged = bytes
      damaged[index] ^= 1
      #expect(throws: BaselineError.self) { try Baseline(parsing: damaged, file: "f") }
    }
  }

  @Test func everyCutIsNoticed() {
    let bytes = Array(baseline.text.utf8)
    for count in 0..<bytes.count {
      #expect(throws: BaselineError.self) {
        try Baseline(parsing: Array(bytes[..<count]), file: "f")
      }
    }
  }

  @Test func whatIsDamagedIsNamedWithItsPlace() {
    func head(_ schema: String, _ body: String) -> String {
      "{\"schema\":\"\(schema)\",\"sha256\":\"\(SHA256.hex(Array(body.utf8)))\"}\n"
    }
    func told(_ text: String) -> [String]? {
      let error = #expect(throws: BaselineError.self) {
        try Baseline(parsing: Array(text.utf8), file: "/state/x.baseline")
      }
      #expect(error?.status == .malformed)
      return error?.messages
    }
    let hint =
      "  the baseline is not used; 'tuned-vm baseline save' makes a new one of the state now."
    for (text, problem) in [
      ("{}", "1:1: the file is cut off; expected two lines"),
      ("{}\n", "1:1: this is no baseline; expected 'tuned-vm/baseline/v1'"),
      (
        head("tuned-vm/baseline/v2", "{}") + "{}\n",
        "1:1: the format is 'tuned-vm/baseline/v2'; this version reads 'tuned-vm/baseline/v1'"
      ),
      (head(Baseline.schema, "[]") + "{}\n", "2:1: the content does not match its checksum"),
      (head(Baseline.schema, "{}") + "{}\n", "2:1: a part is missing or malformed"),
    ] {
      #expect(told(text) == ["/state/x.baseline:\(problem)", hint])
    }
  }

  @Test func theFileNameFollowsTheIDNotTheName() {
    #expect(Baseline.fileName(id: "ab", name: "x") == Baseline.fileName(id: "ab", name: "y"))
    #expect(Baseline.fileName(id: nil, name: "x") != Baseline.fileName(id: nil, name: "y"))
    #expect(!Baseline.fileName(id: nil, name: "../../etc/passwd").contains("/"))
  }
}

@Suite struct DriftMemoryTests {
  private func report(_ keys: [String], now: String = "1", since: String = "2026-11-24T15:37:26Z")
    -> DriftReport
  {
    DriftReport(
      host: Sample.ordinary.host, generatedAt: "2026-11-24T16:00:00Z", profile: "general",
      baseline: "f", since: since,
      drifted: keys.map {
        DriftEntry(
          id: FactID(Subject(.host, "h"), $0), subject: Subject(.host, "h"), rule: $0,
          severity: .info, violates: nil, was: "0", now: now, sources: [], by: nil)
      }, resolved: [], notices: [])
  }

  @Test func eachThingIsSaidOnce() throws {
    let empty = DriftMemory(baselineSavedAt: "2026-11-24T15:37:26Z")
    let (first, memory) = empty.news(of: report(["a", "b"]))
    #expect(first.drifted.count == 2)
    let stored = try #require(DriftMemory(parsing: Array(memory.text.utf8)))
    #expect(stored == memory)
    #expect(stored.news(of: report(["a", "b"])).report.drifted.isEmpty)
    #expect(stored.news(of: report(["a", "b"], now: "2")).report.drifted.count == 2)
  }

  @Test func aNoticeIsSaidOnceToo() throws {
    let empty = DriftMemory(baselineSavedAt: "2026-11-24T15:37:26Z")
    let (first, memory) = empty.news(of: report([]), notices: ["no libvirt"])
    #expect(first.notices == ["no libvirt"])
    let stored = try #require(DriftMemory(parsing: Array(memory.text.utf8)))
    let (second, gone) = stored.news(of: report([]), notices: ["no libvirt", "the clock"])
    #expect(second.notices == ["the clock"])
    let (_, none) = gone.news(of: report([]))
    #expect(none.news(of: report([]), notices: ["no libvirt"]).report.notices == ["no libvirt"])
  }

  @Test func whatWentAwayIsSaidOnceAsResolved() {
    let empty = DriftMemory(baselineSavedAt: "2026-11-24T15:37:26Z")
    let memory = empty.news(of: report(["a", "b"])).memory
    let (news, after) = memory.news(of: report(["b"]))
    #expect(news.resolved.map(\.rule) == ["a"])
    #expect(after.news(of: report(["b"])).report.resolved.isEmpty)
    let accepted = memory.news(of: report([], since: "2026-11-25T00:00:00Z")).report
    #expect(accepted.resolved.isEmpty)
  }

  @Test(
    .enabled(if: SchemaCheck.isAvailable, "python3 with jsonschema is not installed"))
  func theJSONIsValid() throws {
    var drift = report(["a", Sample.hostile])
    drift.resolved = drift.drifted
    let json = render(drift, as: .json)
    #expect(try SchemaCheck.complaints(about: json, schema: "drift") == "")
  }

  @Test(arguments: DriftFormat.allCases)
  func noNameReachesTheTerminalRaw(format: DriftFormat) {
    let text = render(report([Sample.hostile], now: Sample.hostile), as: format)
    let unsafe = text.unicodeScalars.filter { Escape.isUnsafe($0) && $0 != "\n" }
    #expect(format == .json ? unsafe.allSatisfy { $0.value > 0x2029 } : unsafe.isEmpty)
  }
}
