// A running guest's memory is moved only on the live host, and only where it finds room.

import Testing

@testable import TuneKit

@Suite struct MemoryMoveGateTests {
  private static let meminfo = "/sys/devices/system/node/node0/meminfo"

  /// A guest of 1000 pages of 4 KiB, 900 of them on node 1, whose vCPUs are on node 0.
  private func host(
    origin: String = "qemu:///system", maps: String? = "N0=100 N1=900", freeKiB: Int? = 4_000_000
  ) -> Facts {
    var host = Snapshot.exampleHost().with(running: PinnedExample.xml([1, 2]), pid: 4242)
    host.domains[0].origin = origin
    if let maps {
      host = host.with(
        "/proc/4242/numa_maps",
        "7f00 bind:0 anon=1000 dirty=1000 \(maps) kernelpagesize_kB=4\n")
    }
    guard let freeKiB else { return Facts(host.without(Self.meminfo)) }
    return Facts(
      host.with(
        Self.meminfo,
        "Node 0 MemTotal: 20000000 kB\nNode 0 MemFree: \(freeKiB) kB\n"))
  }

  private func answer(_ facts: Facts) throws -> PlanGates.Answer {
    let domain = try #require(facts.domains.first)
    let change = DomainChange(
      domain: domain.key, edits: [], live: [.moveMemory(CPUSet([0]))])
    return MemoryMoveGate.check(change, domain, facts)
  }

  private func isAdvice(_ answer: PlanGates.Answer, naming text: String) -> Bool {
    guard case .advice(let why) = answer else { return false }
    return why.contains(text)
  }

  @Test func whereThereIsRoomItIsMoved() throws {
    #expect(try answer(host()) == .open)
  }

  @Test func theHostKeepsATwentiethOfTheNode() throws {
    // A twentieth of 20,000,000 KiB is free and a little more, but less than the guest's 3600 KiB.
    #expect(isAdvice(try answer(host(freeKiB: 1_003_600)), naming: "have room for 3 MiB"))
    #expect(try answer(host(freeKiB: 1_003_601)) == .open)
  }

  @Test func aCapturedGuestStaysWhereItWas() throws {
    #expect(isAdvice(try answer(host(origin: "/etc/libvirt/qemu/a.xml")), naming: "captured"))
  }

  @Test func withoutKnowledgeNothingIsMoved() throws {
    #expect(isAdvice(try answer(host(maps: nil)), naming: "process 4242"))
    #expect(isAdvice(try answer(host(freeKiB: nil)), naming: "free memory of node 0"))
  }
}
