import Testing

@testable import TuneKit

/// The solver's places as what rules want: a plan writes pins that hold, and wants nothing more.
@Suite struct HomeTests {
  private static let hosts: [(name: String, host: Snapshot)] = [
    ("two nodes with siblings", .exampleHost(coresPerNode: 8)),
    ("two nodes without", .exampleHost(coresPerNode: 8, threads: 1)),
    ("one node", .exampleHost(nodes: 1, coresPerNode: 8)),
    ("four small nodes", .exampleHost(nodes: 4, coresPerNode: 4)),
    (
      "isolated CPUs",
      Snapshot.exampleHost(coresPerNode: 8).with("/sys/devices/system/cpu/isolated", "4-7,20-23\n")
    ),
  ]

  private static func guest(
    _ name: String, vcpus: Int = 4, memoryMiB: Int = 4096, attributes: String = "",
    extra: String = "", devices: String = ""
  ) -> String {
    DomainXML.example(
      name: name, vcpus: vcpus, vcpuAttributes: attributes, memoryMiB: memoryMiB, extra: extra,
      devices: devices)
  }

  private static let pages = "<memoryBacking><hugepages/></memoryBacking>"
  private static let card =
    "<hostdev mode='subsystem' type='pci'><source><address domain='0' bus='0x3b' slot='0' "
    + "function='0'/></source></hostdev>"

  /// What an operator may have: floating, wide, on siblings, colliding, spread, far from a device.
  private static let guests: [[String]] = [
    [guest("a"), guest("b")],
    [guest("wide", vcpus: 12, memoryMiB: 24_576), guest("b", vcpus: 2)],
    [PinnedExample.xml("a", [1, 17]), guest("b", vcpus: 2)],
    [PinnedExample.xml("a", [1, 2]), PinnedExample.xml("b", [2, 3]), guest("c")],
    [PinnedExample.xml("a", [1, 9]), PinnedExample.xml("b", [2, 10])],
    [PinnedExample.xml("a", [9, 10], devices: card), guest("b", vcpus: 3, devices: card)],
    [guest("a", extra: pages), PinnedExample.xml("b", [1, 2], extra: pages)],
    [
      PinnedExample.xml(
        "a", [9, 10], more: "<emulatorpin cpuset='0'/>",
        extra: pages + "<numatune><memory mode='strict' nodeset='0'/></numatune>"),
      guest("pool", attributes: "cpuset='0-15'"),
    ],
    [PinnedExample.xml("a", [1, 99])],
  ]

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

  @Test(arguments: [ProfileFamily.latency, .general], HomeTests.guests)
  func aPlanLeavesNothingToPlan(_ family: ProfileFamily, _ guests: [String]) throws {
    for (number, (name, base)) in Self.hosts.enumerated() {
      let before = host(base, guests, running: number % 2 == 0)
      let first = try plan(before, family)
      #expect(first.conflicts.isEmpty, "\(name): \(first.conflicts)")
      let after = try before.applying(first.changes.compactMap(\.change))
      let second = try plan(after, family).changes.filter { $0.kind != .advice }
      #expect(
        second.isEmpty,
        "\(name), \(guests.count) guests, \(family): \(second.map { "\($0.rule) \($0.target) \($0.after ?? "")" })"
      )
      for domain in Facts(after).domains {
        let text = try #require(domain.source.persistent?.value)
        #expect(
          StrictMemory.trap(in: try XMLDocument(text), nodes: Facts(after).topology.nodes) == nil)
      }
    }
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
    let before = host(.exampleHost(coresPerNode: 8), Self.guests[3], running: true)
    #expect(
      try plan(before, .latency).json.text(.pretty)
        == plan(before, .latency).json.text(.pretty))
  }

  // MARK: Where guests are

  private func withThread(_ cpus: String, _ maps: String? = nil) -> Snapshot {
    var host = Snapshot.exampleHost(coresPerNode: 8)
      .with(running: Self.guest("a", vcpus: 1), pid: 4242)
      .with("/proc/4242/task/4242/comm", "qemu-system-x86\n")
      .with("/proc/4242/task/4250/comm", "CPU 0/KVM\n")
      .with("/proc/4242/task/4250/status", "Cpus_allowed_list:\t\(cpus)\n")
    if let maps { host = host.with("/proc/4242/numa_maps", maps) }
    return host
  }

  private func current(_ host: Snapshot) throws -> [PlacementVM.CurrentCell] {
    try HostInstance(Facts(host), HostPlacementSettings()).instance.vms[0].current
  }

  @Test func aGuestIsWhereItsThreadsMayRun() throws {
    #expect(try current(withThread("8-15")) == [.init(node: 1, memoryNode: 1)])
    #expect(try current(withThread("0-31")) == [], "all over the host is nowhere")
    let far = "7f0000000000 default anon=1024 dirty=1024 N0=1024 kernelpagesize_kB=4\n"
    #expect(try current(withThread("8-15", far)) == [.init(node: 1, memoryNode: 0)])
    #expect(try current(withThread("0-31", far)) == [.init(node: 0, memoryNode: 0)])
    let both = "7f0000000000 default anon=1024 dirty=1024 N0=800 N1=224 kernelpagesize_kB=4\n"
    #expect(try current(withThread("0-31", both)) == [], "its memory is all over the host, too")
  }

  /// Nothing else speaks for a node: then the guest stays where its memory is, and at once.
  @Test(arguments: [0, 1])
  func aFloatingGuestStaysBesideItsMemory(_ node: Int) throws {
    let maps = "7f0000000000 default anon=1024 dirty=1024 N\(node)=1024 kernelpagesize_kB=4\n"
    var host = withThread("0-31", maps)
    host.domains[0].origin = "qemu:///system"
    let pins = try plan(host, .latency).work.flatMap { change -> [LiveCall] in
      if case .domain(let domain) = change.change { return domain.live }
      return []
    }
    let cpus = pins.compactMap { call -> CPUSet? in
      if case .pinVCPU(_, let cpus) = call { return cpus }
      return nil
    }
    #expect(cpus.count == 1)
    let home = Facts(host).topology.nodes.first { $0.id == node }?.cpus ?? []
    #expect(cpus.allSatisfy { $0.subtracting(home).isEmpty })
  }

  @Test func coresOfManyThreadsAreRefusedAndUnknown() throws {
    var base = Snapshot.exampleHost(nodes: 1)
    for cpu in 0..<8 {
      base = base.with(
        "/sys/devices/system/cpu/cpu\(cpu)/topology/thread_siblings_list",
        cpu < 4 ? "0-3\n" : "4-7\n")
    }
    let wide = host(base, [Self.guest("a")], running: true)
    let refusal = #expect(throws: HostPlacementError.self) {
      try HostInstance(Facts(wide), HostPlacementSettings())
    }
    #expect(
      refusal?.messages == ["the core of CPUs 0-3 has 4 PUs; placement knows one or two"])
    let nothing = #expect(throws: HostPlacementError.self) {
      try HostInstance(Facts(Snapshot()), HostPlacementSettings())
    }
    #expect(nothing?.messages == ["the host's CPUs and NUMA nodes are not known"])
    let verdict = try #require(PinRequired.evaluate(try context(wide, .latency)).first).verdict
    #expect(verdict.word == "unknown")
    #expect(try plan(wide, .latency).changes.allSatisfy { $0.rule != "cpu.pin-required" })
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
