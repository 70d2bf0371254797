// Right hosts are left in peace; every planted fault is found, and nothing beside it.

import Testing

@testable import TuneKit

@Suite struct LabelledHostTests {
  private static func findings(
    _ snapshot: Snapshot, _ family: ProfileFamily
  ) throws -> [Report.Finding] {
    let profile = try ShippedForTests.profile(family)
    return Audit.report(
      Context(facts: Facts(snapshot), profile: profile, today: "2026-01-01"),
      rules: Catalogue.rules(for: profile), toolVersion: "0", generatedAt: "2026-01-01T00:00:00Z"
    ).findings
  }

  private static func isLoud(_ finding: Report.Finding) -> Bool { finding.severity >= .warning }

  @Test(arguments: RightHost.all)
  func aHostThatIsRightIsLeftInPeace(host: RightHost) throws {
    let loud = try Self.findings(host.snapshot, host.family).filter(Self.isLoud)
    #expect(
      loud.isEmpty, "\(host): \(loud.map { "\($0.rule) \($0.subject): \($0.violation.message)" })")
  }

  @Test(arguments: ProfileFamily.allCases)
  func everyPlantedFaultIsFoundAndNothingElse(family: ProfileFamily) throws {
    let host = RightHost.intel(family)
    for fault in HostFault.all where fault.families.contains(family) {
      let findings = try Self.findings(fault.plant(host), family)
      let isFound = findings.contains { $0.rule == fault.rule && $0.subject == fault.subject }
      #expect(
        isFound, "[\(family)] \(fault.title): \(findings.map { "\($0.rule) \($0.subject.name)" })")
      let others = findings.filter {
        Self.isLoud($0) && $0.rule != fault.rule && !fault.also.contains($0.rule)
      }
      #expect(
        others.isEmpty,
        "[\(family)] \(fault.title): \(others.map { "\($0.rule): \($0.violation.message)" })")
    }
  }

  @Test func thereAreManyFaults() {
    #expect(HostFault.all.reduce(0) { $0 + $1.families.count } >= 400)
  }
}
