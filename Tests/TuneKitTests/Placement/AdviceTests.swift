import Testing

@testable import TuneKit

/// Two nodes with the PUs 0-3,8-11 and 4-7,12-15: which of them libvirt is told for a newcomer.
@Suite struct AdviceTests {
  private static func nodes(
    _ vcpus: Int, _ memoryMiB: Int = 4096, beside guests: [String] = [],
    on host: Snapshot = .exampleHost()
  ) throws -> String {
    let full = guests.reduce(host) { $0.withDomain($1, running: true) }
    return try PlacementAdvice(Facts(full), vcpus: vcpus, memoryMiB: memoryMiB).nodes.description
  }

  private static func bound(_ node: Int) -> String {
    "<numatune><memory mode='strict' nodeset='\(node)'/></numatune>"
  }

  private static let zero = [0, 1, 2, 3, 8, 9, 10, 11]
  private static let one = [4, 5, 6, 7, 12, 13, 14, 15]

  @Test func aGuestThatFitsGetsOneNodeAndAWiderOneBoth() throws {
    #expect(["0", "1"].contains(try Self.nodes(4)))
    #expect(["0", "1"].contains(try Self.nodes(8)), "libvirt takes a node's CPUs whole")
    #expect(try Self.nodes(16) == "0-1")
  }

  @Test func whereAGuestHasTheCPUsTheNewcomerGoesToTheOtherNode() throws {
    // CPU 0 is a housekeeping PU of placement: who is pinned there stays there all the same.
    #expect(try Self.nodes(4, beside: [PinnedExample.xml("a", Self.zero)]) == "1")
    #expect(try Self.nodes(4, beside: [PinnedExample.xml("a", Self.one)]) == "0")
    #expect(try Self.nodes(1, beside: [PinnedExample.xml("a", [0, 1, 2, 8, 9])]) == "1")
    #expect(try Self.nodes(1, beside: [PinnedExample.xml("a", [4, 5, 6, 12])]) == "0")
  }

  @Test func guestsThatShareTheirPinsStayWhereTheyAre() throws {
    let guests = ["a", "b"].map { PinnedExample.xml($0, Self.one, extra: Self.bound(1)) }
    #expect(try Self.nodes(4, beside: guests) == "0")
  }

  @Test func aFloatingGuestCountsOnTheNodeItFloatsOn() throws {
    for (pool, answer) in [("0-3,8-11", "1"), ("4-7,12-15", "0")] {
      let guest = DomainXML.example(name: "a", vcpus: 8, vcpuAttributes: "cpuset='\(pool)'")
      #expect(try Self.nodes(8, beside: [guest]) == answer)
    }
  }

  @Test func whereAGuestHasTheMemoryTheNewcomerGoesToTheOtherNode() throws {
    let guest = PinnedExample.xml("a", [1], extra: Self.bound(0), memoryMiB: 50_000)
    #expect(try Self.nodes(2, 16_384, beside: [guest]) == "1")
    let other = PinnedExample.xml("a", [5], extra: Self.bound(1), memoryMiB: 50_000)
    #expect(try Self.nodes(2, 16_384, beside: [other]) == "0")
  }

  @Test func whereOthersThanGuestsHaveTheMemoryTheNewcomerGoesToTheOtherNode() throws {
    let free = "Node 0 MemTotal: 67108864 kB\nNode 0 MemFree: 1048576 kB\n"
    let host = Snapshot.exampleHost().with("/sys/devices/system/node/node0/meminfo", free)
    #expect(try Self.nodes(2, 16_384, on: host) == "1")
  }

  @Test func whatCanNotBePlacedIsToldAsMalformed() {
    let unknown = #expect(throws: HostPlacementError.self) {
      try PlacementAdvice(Facts(Snapshot()), vcpus: 1, memoryMiB: 1)
    }
    #expect(unknown?.messages == ["the host's NUMA nodes are not known"])
    #expect(unknown?.status == .malformed)
    let wide = DomainXML.example(name: "a", vcpus: 5000, memoryMiB: 64)
    let large = #expect(throws: HostPlacementError.self) { try Self.nodes(1, beside: [wide]) }
    #expect(
      large?.messages == ["domain 'a' has 5000 vCPUs and 64 MiB: more than placement takes"])
  }

  @Test func whereNoCPUIsLeftAllNodesAreTheAnswer() throws {
    let guests = [PinnedExample.xml("a", Self.zero), PinnedExample.xml("b", Self.one)]
    #expect(try Self.nodes(4, beside: guests) == "0-1")
  }
}
