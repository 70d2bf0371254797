// Moves a running guest's memory to the nodes it belongs on, page by page, no faster than asked.
// Memory that was moved is not moved back: nobody knows where each page lay.

import Glibc
import TuneKit

/// What moving came to.
struct MovedMemory: Equatable {
  /// KiB that lay elsewhere before, by numa_maps.
  var remoteKiB = 0
  /// KiB of them that no longer do.
  var movedKiB = 0
  /// Why some stayed, where the kernel said so.
  var reason: String?

  /// `moved 120 of 128 MiB`.
  var sentence: String {
    let sum = "moved \(movedKiB / 1024) of \(remoteKiB / 1024) MiB"
    guard movedKiB < remoteKiB else { return sum }
    return sum + "; \(reason ?? "the kernel kept the rest where it is (pinned or shared pages)")"
  }
}

/// Moves the memory of one process.
struct MemoryMover {
  /// The guest's process.
  let pid: Int
  /// Where its memory belongs.
  let nodes: [Int]
  /// MiB a second at most.
  let rateMiB: Int
  /// Told after each batch: KiB looked at so far, of all.
  let progress: (Int, Int) -> Void
  /// Asked before each batch.
  let shouldStop: () -> Bool

  /// A transparent huge page, which goes as a whole, in KiB.
  private static let hugeKiB = 2 << 10

  /// A quarter of a second's share, so that the rate holds within a second too: whole huge pages,
  /// 2 to 16 MiB.
  var batchKiB: Int {
    let share = min(max(0, rateMiB), 64) << 8
    return max(1, share / Self.hugeKiB) * Self.hugeKiB
  }

  /// Where the batch that begins at an address ends: where a huge page does, if it can.
  func batchEnd(from start: UInt, in area: GuestPages.Area) -> UInt {
    let huge = UInt(Self.hugeKiB) << 10
    let page = UInt(area.pageKiB) << 10
    let end = max(start + page, (start + UInt(batchKiB) << 10) / max(huge, page) * max(huge, page))
    return min(area.end, end)
  }

  /// Moves what lies elsewhere.
  ///
  /// - Throws: `SystemError` where the process can't be looked into at all.
  func run() throws(SystemError) -> MovedMemory {
    let base = "/proc/\(pid)"
    guard let maps = Self.text(base + "/maps"), let numa = Self.text(base + "/numa_maps") else {
      throw SystemError("read", base + "/numa_maps", errno)
    }
    let areas = nodes.isEmpty ? [] : GuestPages.areas(maps: maps, numaMaps: numa)
    let total = areas.reduce(0) { $0 + Int(($1.end - $1.start) >> 10) }
    let guest = GuestPages(pid: pid, nodes: nodes)
    var result = MovedMemory(remoteKiB: elsewhere(numa))
    var seen = 0
    areas: for area in areas {
      let wanted = area.bound.filter(nodes.contains)
      let targets = wanted.isEmpty ? nodes : wanted
      var at = area.start
      while at < area.end {
        if shouldStop() {
          result.reason = "it was interrupted"
          break areas
        }
        let end = batchEnd(from: at, in: area)
        let pages = stride(from: at, to: end, by: area.pageKiB << 10).map { $0 }
        // Where there are several nodes, batch after batch in turn.
        move(pages, area.pageKiB, to: targets[seen / batchKiB % targets.count], guest, &result)
        seen += Int((end - at) >> 10)
        at = end
        progress(min(seen, total), total)
      }
    }
    let left = Self.text(base + "/numa_maps").map(elsewhere) ?? result.remoteKiB
    result.movedKiB = max(0, result.remoteKiB - left)
    return result
  }

  /// KiB of guest memory on other nodes.
  private func elsewhere(_ numaMaps: String) -> Int {
    GuestProcess.memoryByNode(numaMaps: numaMaps)
      .reduce(0) { $0 + (nodes.contains($1.key) ? 0 : $1.value) }
  }

  /// Moves what lies elsewhere of a batch, and sleeps as long as the rate wants.
  private func move(
    _ pages: [UInt], _ pageKiB: Int, to node: Int, _ guest: GuestPages,
    _ result: inout MovedMemory
  ) {
    let start = Self.now()
    let look = guest.look(pages)
    var moved = look.revealed
    if !look.elsewhere.isEmpty {
      let (stayed, reason) = guest.move(look.elsewhere, to: node)
      if !stayed.isEmpty, let reason { result.reason = reason }
      moved += look.elsewhere.count - stayed.count
    }
    pause(until: start + Double(moved * pageKiB) / 1024 / Double(max(1, rateMiB)))
  }

  /// Sleeps in short turns: a page of 1 GiB at 1 MiB/s is a pause of a quarter of an hour.
  private func pause(until due: Double) {
    while !shouldStop() {
      let rest = due - Self.now()
      guard rest > 0 else { return }
      usleep(UInt32(min(rest, 0.2) * 1_000_000))
    }
  }

  private static func text(_ path: String) -> String? {
    JournalFile.read(path).map { String(decoding: $0, as: UTF8.self) }
  }

  private static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }
}
