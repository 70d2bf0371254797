import TestSupport
import Testing

@testable import TuneKit

@Suite struct TextReportTests {
  private func text(_ options: RenderOptions = RenderOptions()) -> String {
    render(Sample.ordinary, as: .text, options)
  }

  @Test func oneWrongKnobOnTwelveDisksIsOneEntry() {
    let lines = text().split(separator: "\n").filter { $0.contains("io.scheduler-nvme") }
    #expect(lines.filter { $0.hasPrefix("WARN") }.count == 1)
    #expect(text().contains("also on 11 more: nvme1n1"))
  }

  @Test func causesThatDifferInTheirSubjectsAreOneEntry() {
    let findings = (0..<3).flatMap { index -> [Report.Finding] in
      let subject = Subject(.domainDisk, "d\(index)/vda")
      return ["disk.io-mode", "disk.cache-mode"].map { rule in
        Sample.finding(
          rule, rule == "disk.io-mode" ? .critical : .warning, subject, "\(subject.name) is wrong",
          evidence: [Evidence("driver", observed: "native", expected: "threads")],
          cause: "disk:\(subject.name)")
      }
    }
    let lines = render(Sample.report(findings), as: .text).split(separator: "\n")
    #expect(lines.count { $0.hasPrefix("CRIT disk.io-mode") } == 1)
    #expect(lines.count { $0.contains("└ disk.cache-mode") } == 1)
  }

  @Test func whatFollowsFromACauseStandsUnderIt() throws {
    let lines = text().split(separator: "\n").map(String.init)
    let cause = try #require(lines.firstIndex { $0.contains("sec.mitigations-off") })
    #expect(lines[cause].hasPrefix("CRIT"))
    #expect(lines[cause + 1].contains("└ sec.spectre-v2"))
  }

  @Test(arguments: [60, 80, 120, 200], [RenderOptions.Detail.normal, .verbose])
  func noLineIsWiderThanTheTerminal(width: Int, detail: RenderOptions.Detail) {
    for report in [Sample.ordinary, Sample.attack] {
      let text = render(report, as: .text, RenderOptions(width: width, detail: detail))
      for line in text.split(separator: "\n") {
        #expect(Columns.width(String(line)) <= width, "\(line)")
      }
    }
  }

  @Test func colourAddsNothingButColour() {
    let painted = text(RenderOptions(color: true))
    #expect(painted.contains("\u{1B}["))
    let plain = painted.replacing(/\u{1B}\[[0-9;]*m/, with: "")
    #expect(plain == text())
  }

  @Test func quietPrintsFindingsAtOrAboveTheLevelOnly() {
    let quiet = text(RenderOptions(detail: .quiet, failOn: .critical))
    #expect(quiet.split(separator: "\n").count == 2)
    #expect(quiet.hasPrefix("CRIT sec.mitigations-off"))
    #expect(render(Sample.report([]), as: .text, RenderOptions(detail: .quiet)).isEmpty)
  }

  @Test func nothingCheckedNeverLooksFine() {
    let text = render(Sample.report([]), as: .text)
    #expect(text.contains("nothing was checked"))
    #expect(!text.contains("in good order"))
  }

  @Test func verboseShowsEvidenceAndRemedy() {
    let verbose = text(RenderOptions(width: 200, detail: .verbose))
    #expect(verbose.contains("mq-deadline, wanted none [/sys/block/nvme0n1/queue/scheduler]"))
    #expect(verbose.contains("(at once, kept by udev rule)"))
  }

  @Test func whatCouldNotBeCheckedIsNamedWithItsReason() {
    #expect(text().contains("/sys/devices/system/cpu/cpufreq: no such file"))
  }
}
