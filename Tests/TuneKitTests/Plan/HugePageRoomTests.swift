// Huge pages are reserved where the memory is now, and not at all where it isn't.

import Testing

@testable import TuneKit

@Suite struct HugePageRoomTests {
  private static let pages = "hugepages/hugepages-2048kB/nr_hugepages"

  /// Two nodes of 64 GiB; a database guest of 8 GiB that is bound to none.
  private func plan(_ node0: String, _ node1: String) throws -> Plan {
    var host = Snapshot.exampleHost().with(domain: DomainXML.example(memoryMiB: 8192))
    for (node, lines) in [node0, node1].enumerated() {
      let fields = lines.split(separator: "\n").map { "Node \(node) \($0)\n" }.joined()
      host = host.with(
        "/sys/devices/system/node/node\(node)/meminfo",
        "Node \(node) MemTotal:       67108864 kB\n" + fields)
    }
    let rules = Catalogue.all.filter { $0.about.id == "mem.hugepages-backing" }
    let context = Context(
      facts: Facts(host), profile: try ShippedForTests.profile(.db), today: "2026-01-01")
    let report = Audit.report(context, rules: rules, toolVersion: "0", generatedAt: "")
    return Planner.plan(report, context, rules: rules)
  }

  private func grown(_ plan: Plan) -> [Int: Int] {
    plan.work.reduce(into: [:]) { result, change in
      if case .hugePages(let node, _, let count) = change.change { result[node] = count }
    }
  }

  private let plenty = "MemFree: 50000000 kB"
  private let none = "MemFree: 2000000 kB"

  @Test func pagesAreReservedOnTheNodeThatHasTheMemory() throws {
    #expect(try grown(plan(plenty, none)) == [0: 4096])
    #expect(try grown(plan(none, plenty)) == [1: 4096])
  }

  @Test func fileCacheGivesWayAndMemoryOfTmpfsDoesNot() throws {
    let cached = "MemFree: 2000000 kB\nActive(file): 9000000 kB\nInactive(file): 9000000 kB"
    #expect(try grown(plan(none, cached)) == [1: 4096])
    let shared = "MemFree: 2000000 kB\nFilePages: 50000000 kB\nShmem: 50000000 kB"
    #expect(try grown(plan(shared, shared)) == [:])
  }

  @Test func whereNoNodeHasTheMemoryNothingIsWrittenAndTheReasonIsSaid() throws {
    let plan = try plan(none, none)
    #expect(plan.work.isEmpty)
    let reason = try #require(plan.refusals.first { $0.cause == .unsafe }?.reason)
    #expect(reason.contains("node 0 has 929 MiB to spare now, and 8192 MiB more"))
  }

  @Test func aKernelThatDoesNotSayWhatIsFreeIsNotDoubted() throws {
    #expect(try grown(plan("MemUsed: 1 kB", "MemUsed: 1 kB")) == [0: 4096])
  }
}
