import Glibc
import Testing

@testable import TuneHost
@testable import TuneKit

@Suite struct MemoryMoverTests {
  @Test func guestMemoryIsFoundAndLibrariesAreNot() {
    let maps = """
      7f0000000000-7f0000400000 rw-p 00000000 00:00 0
      7f1000000000-7f1000001000 r-xp 00000000 08:01 1 /usr/lib/libc.so.6
      7f2000000000-7f2000800000 rw-s 00000000 00:0f 2 /dev/hugepages/ram

      """
    let numa = """
      7f0000000000 bind:1 anon=1024 dirty=1024 N0=1000 N1=24 kernelpagesize_kB=4
      7f1000000000 default file=/usr/lib/libc.so.6 mapped=1 N0=1 kernelpagesize_kB=4
      7f2000000000 default file=/dev/hugepages/ram huge anon=4 N0=4 kernelpagesize_kB=2048
      7f3000000000 default anon=1 N0=1 kernelpagesize_kB=4

      """
    let areas = GuestPages.areas(maps: maps, numaMaps: numa)
    #expect(
      areas == [
        .init(start: 0x7f00_0000_0000, end: 0x7f00_0040_0000, pageKiB: 4, bound: [1]),
        .init(start: 0x7f20_0000_0000, end: 0x7f20_0080_0000, pageKiB: 2048, bound: []),
      ])
  }

  /// On this very process: to a node that isn't there nothing moves, and it says why.
  @Test func whatCannotBeMovedIsCountedAndExplained() throws {
    let mover = MemoryMover(
      pid: Int(getpid()), nodes: [63], rateMiB: 1_000_000, progress: { _, _ in },
      shouldStop: { false })
    let moved = try mover.run()
    #expect(moved.movedKiB == 0)
    guard moved.remoteKiB > 0 else { return }
    #expect(moved.sentence.contains(";"))
  }

  /// The lab's two-node host moved 19 MiB, said "19 of 19", and left 47 MiB behind.
  @Test func whatOnlyNumaMapsShowsIsCountedToo() {
    var moved = MovedMemory(remoteKiB: 19 << 10, movedKiB: 19 << 10)
    moved.count(leftKiB: 47 << 10)
    #expect(moved.sentence.hasPrefix("moved 19 of 66 MiB; "))
    moved.count(leftKiB: 0)
    #expect(moved.sentence == "moved 19 of 19 MiB")
  }

  /// A batch is a quarter of a second's share, within what one call should hold.
  @Test(arguments: [(0, 256), (1, 256), (4, 1024), (40, 10240), (100, 16384), (1 << 40, 16384)])
  func aSlowMoveGoesInSmallSteps(rateMiB: Int, batchKiB: Int) {
    let mover = MemoryMover(
      pid: 1, nodes: [0], rateMiB: rateMiB, progress: { _, _ in }, shouldStop: { false })
    #expect(mover.batchKiB == batchKiB)
  }

  /// Looking for pages must not make them: a guest's untouched memory stays untouched.
  @Test func lookingAtMemoryThatWasNeverUsedDoesNotMakeIt() throws {
    let size = sysconf(Int32(_SC_PAGESIZE))
    let area = mmap(
      nil, 64 * size, PROT_READ | PROT_WRITE, MAP_SHARED | Int32(MAP_ANONYMOUS), -1, 0)
    let memory = try #require(area == MAP_FAILED ? nil : area)
    defer { munmap(memory, 64 * size) }
    for page in [3, 40] { memory.storeBytes(of: 1, toByteOffset: page * size, as: UInt8.self) }
    let start = UInt(bitPattern: memory)
    let pages = (0..<64).map { start + UInt($0 * size) }
    let there = GuestPages(pid: Int(getpid()), nodes: [63]).elsewhere(pages)
    #expect(there == [3, 40].map { start + UInt($0 * size) })
    #expect(GuestPages(pid: Int(getpid()), nodes: [63]).elsewhere(pages) == there)
  }

  @Test func anInterruptedMoveStops() throws {
    let mover = MemoryMover(
      pid: Int(getpid()), nodes: [63], rateMiB: 1, progress: { _, _ in }, shouldStop: { true })
    #expect(try mover.run() == MovedMemory(remoteKiB: 0, movedKiB: 0, reason: "it was interrupted"))
  }

  @Test func anotherProcessIsNotTakenForTheGuest() {
    #expect(!GuestIdentity.isProcess(Int(getpid()), ofGuest: "no-such-uuid", name: "web1"))
    #expect(!GuestIdentity.isProcess(-1, ofGuest: "no-such-uuid", name: "web1"))
  }
}
