import TestSupport
import Testing

@testable import TuneKit

@Suite struct CauseTests {
  @Test func formatsForMachinesKeepTheCauseOfEachFinding() {
    #expect(render(Sample.ordinary, as: .json).contains(#""cause":"sec.mitigations-off""#))
    #expect(render(Sample.ordinary, as: .sarif).contains(#""cause":"sec.mitigations-off""#))
    #expect(render(Sample.ordinary, as: .junit).contains("cause: sec.mitigations-off"))
  }

  @Test func oneWrongKnobOnManyDisksHasOneCause() throws {
    var host = Snapshot.exampleHost()
    for number in 1...12 {
      host = host.with("/sys/block/nvme\(number)n1/queue/scheduler", "[mq-deadline] none\n")
    }
    let profile = try ShippedForTests.profile(.general)
    let report = Audit.report(
      Context(facts: Facts(host), profile: profile), rules: Catalogue.rules(for: profile),
      toolVersion: "0", generatedAt: "2026-01-01T00:00:00Z")
    let disks = report.findings.filter { $0.rule == "io.scheduler-nvme" }
    #expect(disks.count == 12)
    #expect(Set(disks.map(\.violation.cause)).count == 1 && disks[0].violation.cause != nil)
    #expect(report.groups.filter { $0.head.first.rule == "io.scheduler-nvme" }.count == 1)
  }

  @Test func aFindingSaysWhoWritesTheValueBack() throws {
    let host = Snapshot.exampleHost().with("/proc/sys/vm/swappiness", "60\n")
      .with("/tuned-vm/units.json", #"{"tuned.service":{"active":"active"}}"#)
      .with("/etc/tuned/active_profile", "virtual-guest\n")
    let profile = try ShippedForTests.profile(.db)
    let report = Audit.report(
      Context(facts: Facts(host), profile: profile), rules: Catalogue.rules(for: profile),
      toolVersion: "0", generatedAt: "2026-01-01T00:00:00Z")
    let finding = try #require(report.findings.first { $0.rule == "mem.swappiness" })
    #expect(
      finding.violation.message.contains("TuneD (profile virtual-guest) writes its own value"))
    #expect(finding.violation.evidence.contains { $0.source.hasPrefix("service TuneD") })
  }
}
