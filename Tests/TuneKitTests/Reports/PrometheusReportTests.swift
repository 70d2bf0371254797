import TestSupport
import Testing

@testable import TuneKit

@Suite struct PrometheusReportTests {
  @Test func countsAreThoseOfTheSummary() {
    let text = render(Sample.ordinary, as: .prometheus)
    #expect(text.contains("\ntuned_vm_findings{severity=\"warning\"} 13\n"))
    #expect(text.contains("\ntuned_vm_verdicts{verdict=\"violated\"} 15\n"))
    #expect(text.contains("\ntuned_vm_score 36\n"))
    #expect(text.contains("\ntuned_vm_last_run_timestamp_seconds 1795534646\n"))
  }

  @Test func waivedFindingsAndInfosAreNoSeries() {
    let text = render(Sample.ordinary, as: .prometheus)
    #expect(!text.contains("disk.format"))
    #expect(text.split(separator: "\n").count { $0.hasPrefix("tuned_vm_finding{") } == 14)
  }

  @Test func moreThanTwoHundredSeriesAreCutAndSaidSo() {
    let findings = (0..<250).map {
      Sample.finding("a.b", .warning, Subject(.domain, "d\($0)"), "m")
    }
    let text = render(Sample.report(findings), as: .prometheus)
    #expect(text.split(separator: "\n").count { $0.hasPrefix("tuned_vm_finding{") } == 200)
    #expect(text.contains("\ntuned_vm_findings_truncated 1\n"))
  }

  @Test func valuesOfKnobsNeverStandInLabels() {
    #expect(!render(Sample.ordinary, as: .prometheus).contains("mq-deadline"))
  }
}
