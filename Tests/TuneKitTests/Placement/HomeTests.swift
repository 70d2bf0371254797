import Testing

@testable import TuneKit

/// The solver's places as what rules want: a plan writes pins that hold, and wants nothing more.
@Suite struct HomeTests {
  private static func guest(
    _ name: String, vcpus: Int = 4, memoryMiB: Int = 4096, attributes: String = "",
    extra: String = "", devices: String = ""
  ) -> String {
    DomainXML.example(
      name: name, vcpus: vcpus, vcpuAttributes: attributes, memoryMiB: memoryMiB, extra: extra,
      devices: devices)
  }

  private func context(_ host: Snapshot, _ family: ProfileFamily) throws -> Context {
    Context(
      facts: Facts(host), profile: try ShippedForTests.profile(family), today: "2026-01-01")
  }

  private func plan(_ host: Snapshot, _ family: ProfileFamily) throws -> Plan {
    let context = try context(host, family)
    let rules = Catalogue.all
    let report = Audit.report(context, rules: rules, toolVersion: "0", generatedAt: "")
    return Planner.plan(report, context, rules: rules)
  }

  private func host(_ base: Snapshot, _ guests: [String], running: Bool) -> Snapshot {
    guests.reduce(base) { $0.withDomain($1, running: running) }
  }

  @Test func aGuestWithoutPinsAmongPinnedOnesGetsCPUsOfItsOwn() throws {
    let pinned = [[1, 2], [3, 4], [9, 10], [11, 12]]
    var guests = pinned.enumerated().map { PinnedExample.xml("p\($0)", $1) }
    guests.append(Self.guest("new"))
    let before = host(.exampleHost(coresPerNode: 8), guests, running: true)
    let after = try before.applying(try plan(before, .latency).changes.compactMap(\.change))
    let facts = Facts(after)
    let new = try #require(facts.domains.first { $0.key == "new" }).definition
    #expect(new.isDedicated)
    let taken = pinned.joined().reduce(CPUSet()) { $0.union(facts.topology.siblings(of: $1)) }
    #expect(new.pinnedCPUs.isDisjoint(with: taken))
    #expect(facts.topology.nodes(of: new.pinnedCPUs).count == 1)
    for (number, cpus) in pinned.enumerated() {
      let old = try #require(facts.domains.first { $0.key == "p\(number)" }).definition
      #expect(old.pinnedCPUs == CPUSet(cpus), "who is right stays")
    }
  }

  @Test func aGuestWiderThanANodeGetsACellForEach() throws {
    let before = host(
      .exampleHost(coresPerNode: 8), [Self.guest("wide", vcpus: 20, memoryMiB: 8192)],
      running: false)
    let after = try before.applying(try plan(before, .latency).changes.compactMap(\.change))
    let wide = try #require(Facts(after).domains.first).definition
    #expect(wide.isDedicated)
    #expect(wide.cpu?.cells.count == 2)
    #expect(wide.cpu?.cells.compactMap(\.memoryKiB).reduce(0, +) == 8192 * 1024)
    #expect(wide.cpu?.topology?.product == 20)
    #expect(wide.memory.memNodes.count == 2)
  }

  @Test func samePlanSameBytes() throws {
    let before = host(
      .exampleHost(coresPerNode: 8),
      [PinnedExample.xml("a", [1, 2]), PinnedExample.xml("b", [2, 3]), Self.guest("c")],
      running: true)
    #expect(
      try plan(before, .latency).json.text(.pretty)
        == plan(before, .latency).json.text(.pretty))
  }

  // MARK: A guest from another host

  private func arrival(_ xml: String, on host: Snapshot) -> DomainDefinition? {
    IncomingGuest(xml, on: host, elapsedShare: { 0 }) { facts in
      Context(facts: facts, profile: EffectiveProfile(name: "test"))
    }.rewritten().flatMap { try? DomainDefinition(XMLDocument($0)) }
  }

  @Test func anArrivingGuestGetsPinsThatFitHere() throws {
    let resident = PinnedExample.xml("resident", [1, 2]).replacing("4dea22b3", with: "5dea22b3")
    let host = Snapshot.exampleHost(coresPerNode: 8).withDomain(resident, running: true)
    let bound = "<numatune><memory mode='strict' nodeset='1'/></numatune>"
    let guest = try #require(
      arrival(PinnedExample.xml("mover", [1, 2], extra: bound), on: host))
    #expect(guest.isDedicated)
    #expect(guest.pinnedCPUs.isDisjoint(with: [1, 2, 17, 18]))
    let nodes = Facts(host).topology.nodes(of: guest.pinnedCPUs)
    #expect(guest.memory.binding?.nodes == nodes)
    #expect(guest.memory.binding?.mode == "strict")
  }

  @Test func whatFitsOrHasNoPinsArrivesUnchanged() {
    let host = Snapshot.exampleHost(coresPerNode: 8)
    let right = PinnedExample.xml("mover", [1, 2], more: "<emulatorpin cpuset='0,16'/>")
    #expect(arrival(right, on: host) == nil)
    #expect(arrival(DomainXML.example(name: "mover"), on: host) == nil)
    #expect(arrival("<domain>", on: host) == nil)
    #expect(arrival(PinnedExample.xml("mover", [1, 2]), on: Snapshot(origin: .tree)) == nil)
  }
}
