// The mode that a plan binds memory with is one that no rule objects to afterwards.

import Testing

@testable import TuneKit

@Suite struct MemoryModeTests {
  /// The plan for a guest of 4 GiB whose vCPUs are kept on node 0.
  private func plan(_ family: ProfileFamily, freeMiB: Int) throws -> Plan {
    let meminfo = "/sys/devices/system/node/node0/meminfo"
    let host = Snapshot.exampleHost()
      .with(
        meminfo, "Node 0 MemTotal: 67108864 kB\nNode 0 MemFree: \(freeMiB << 10) kB\n"
      )
      .with(domain: DomainXML.example(vcpus: 2, vcpuAttributes: "cpuset='1-2'"))
    let context = Context(
      facts: Facts(host), profile: try ShippedForTests.profile(family), today: "2026-01-01")
    let report = Audit.report(
      context, rules: Catalogue.all, toolVersion: "0", generatedAt: "")
    return Planner.plan(report, context, rules: Catalogue.all)
  }

  private func mode(_ plan: Plan) -> String? {
    plan.work.compactMap(\.diff).joined().split(separator: "\n")
      .first { $0.hasPrefix("+") && $0.contains("<memory ") }
      .flatMap { $0.split(separator: "'").dropFirst().first.map(String.init) }
  }

  @Test(arguments: [
    (ProfileFamily.general, 20_000, "strict"), (.general, 1000, "preferred"),
    (.secure, 1000, "preferred"), (.latency, 1000, "strict"),
  ])
  func whereANodeHasNoRoomMemoryMaySlip(
    _ family: ProfileFamily, _ freeMiB: Int, _ wanted: String
  ) throws {
    let plan = try plan(family, freeMiB: freeMiB)
    #expect(plan.conflicts.isEmpty)
    #expect(mode(plan) == wanted)
  }
}
