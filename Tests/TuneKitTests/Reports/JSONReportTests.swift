// The audit's JSON is written as it comes; it must be what its value says.

import TestSupport
import Testing

@testable import TuneKit

@Suite struct JSONReportTests {
  @Test func theWrittenTextIsTheValue() {
    let disk = Subject(.blockDevice, Sample.hostile)
    let reports = [
      Sample.report([]),
      Sample.report(
        [Sample.finding("io.x", .warning, disk, Sample.hostile)],
        ledger: [
          Report.Entry(rule: "a.b", subject: disk, verdict: .unknown("\(Sample.hostile) \"\\")),
          Report.Entry(rule: "a.c", subject: disk, verdict: .notApplicable("naïve — 中文")),
          Report.Entry(rule: "a.d", subject: disk, verdict: .satisfied([])),
        ]),
    ]
    for report in reports {
      #expect(JSONReport.text(report) == JSONReport.value(report).text() + "\n")
    }
  }
}
