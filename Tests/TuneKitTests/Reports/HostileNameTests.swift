import TestSupport
import Testing

@testable import TuneKit

@Suite struct HostileNameTests {
  @Test(arguments: ReportFormat.allCases)
  func noFormatCarriesAControlCharacter(format: ReportFormat) {
    for detail in [RenderOptions.Detail.quiet, .normal, .verbose] {
      let text = render(Sample.attack, as: format, RenderOptions(detail: detail))
      let unsafe = text.unicodeScalars.filter { Escape.isUnsafe($0) && $0 != "\n" }
      // JSON carries names unchanged: direction marks stay, what a terminal obeys is escaped.
      let isJSON = format == .json || format == .sarif
      #expect(isJSON ? unsafe.allSatisfy { $0.value > 0x2029 } : unsafe.isEmpty)
    }
  }

  @Test(arguments: [ReportFormat.html, .junit])
  func noNameOpensATag(format: ReportFormat) {
    #expect(!render(Sample.attack, as: format).contains("<script"))
    #expect(!render(Sample.attack, as: format).contains("href=\"https://e.vil"))
  }

  @Test func noNameStartsMarkdown() {
    let text = render(Sample.attack, as: .markdown)
    #expect(!text.contains("<script"))
    #expect(!text.contains("](https"))
    #expect(!text.contains("\n# HELP"))
  }

  @Test func jsonGivesNamesBackUnchanged() throws {
    let value = try JSONValue(parsing: render(Sample.attack, as: .json))
    #expect(value["findings"]?[0]?["subject"]?["name"]?.stringValue == Sample.hostile)
    #expect(value["profile"]?.stringValue == Sample.hostile)
  }

  @Test func everyLineOfPrometheusIsACommentOrASample() {
    for line in render(Sample.attack, as: .prometheus).split(separator: "\n") {
      #expect(
        line.hasPrefix("# HELP tuned_vm_") || line.hasPrefix("# TYPE tuned_vm_")
          || line.hasPrefix("tuned_vm_"))
    }
  }

  @Test(arguments: [60, 80, 200])
  func aVeryLongNameIsCutInReasonableTime(width: Int) {
    let name = String(repeating: "a", count: 3_000_000)
    let report = Sample.report([
      Sample.finding(
        "a.b", .warning, Subject(.domain, name), name, evidence: [Evidence(name, observed: name)])
    ])
    for detail in [RenderOptions.Detail.normal, .verbose] {
      let text = render(report, as: .text, RenderOptions(width: width, detail: detail))
      #expect(text.utf8.count < 20_000)
    }
  }

  @Test func csvFieldsAreNoFormulas() {
    #expect(Escape.csv("=1+1") == "'=1+1")
    #expect(Escape.csv("a,\"b\"") == "\"a,\"\"b\"\"\"")
  }
}
