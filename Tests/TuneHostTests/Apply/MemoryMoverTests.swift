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

  @Test func whatStayedIsExplained() {
    let moved = MovedMemory(remoteKiB: 66 << 10, movedKiB: 19 << 10)
    #expect(moved.sentence.hasPrefix("moved 19 of 66 MiB; the kernel kept"))
    #expect(
      MovedMemory(remoteKiB: 66 << 10, movedKiB: 66 << 10).sentence == "moved 66 of 66 MiB")
  }

  /// A batch is a quarter of a second's share in whole huge pages, within what one call should hold.
  @Test(arguments: [(0, 2), (1, 2), (7, 2), (16, 4), (40, 10), (100, 16), (Int.max, 16)])
  func aSlowMoveGoesInSmallSteps(rateMiB: Int, batchMiB: Int) {
    #expect(mover(rateMiB).batchKiB == batchMiB << 10)
  }

  /// A huge page goes as a whole; cut in two by a batch's end, half of it would not be counted.
  @Test(arguments: [4, 2048, 1 << 20], [1, 40, 1000])
  func batchesCoverAnAreaAndEndWhereHugePagesDo(pageKiB: Int, rateMiB: Int) {
    let page = UInt(pageKiB) << 10
    let area = GuestPages.Area(
      start: 0x7f00_0000_0000 + page, end: 0x7f00_0000_0000 + 37 * max(page, 1 << 19),
      pageKiB: pageKiB, bound: [])
    var at = area.start
    while at < area.end {
      let end = mover(rateMiB).batchEnd(from: at, in: area)
      #expect(end > at && (end - at) % page == 0 && (end % (2 << 20) == 0 || end == area.end))
      #expect(Int(end - at) <= max(mover(rateMiB).batchKiB, pageKiB) << 10)
      guard end > at else { return }
      at = end
    }
    #expect(at == area.end)
  }

  private func mover(_ rateMiB: Int) -> MemoryMover {
    MemoryMover(
      pid: 1, nodes: [0], rateMiB: rateMiB, progress: { _, _ in }, shouldStop: { false })
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
    let guest = GuestPages(pid: Int(getpid()), nodes: [63])
    let there = GuestPages.Look(elsewhere: [3, 40].map { start + UInt($0 * size) })
    #expect(guest.look(pages) == there)
    #expect(guest.look(pages) == there)
  }

  @Test func anInterruptedMoveStops() throws {
    let mover = MemoryMover(
      pid: Int(getpid()), nodes: [63], rateMiB: 1, progress: { _, _ in }, shouldStop: { true })
    let moved = try mover.run()
    #expect(moved.movedKiB == 0 && moved.reason == "it was interrupted")
  }

  @Test func anotherProcessIsNotTakenForTheGuest() {
    #expect(!GuestIdentity.isProcess(Int(getpid()), ofGuest: "no-such-uuid", name: "web1"))
    #expect(!GuestIdentity.isProcess(-1, ofGuest: "no-such-uuid", name: "web1"))
  }
}
