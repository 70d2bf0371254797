// Moves a running guest's memory to the nodes it belongs on, page by page, no faster than asked.
// Memory that was moved is not moved back: nobody knows where each page lay.

import Glibc
import TuneKit

/// What moving came to.
struct MovedMemory: Equatable {
  /// KiB that lay elsewhere before.
  var remoteKiB = 0
  /// KiB of them that lie on the wanted nodes now.
  var movedKiB = 0
  /// Why some stayed, where the kernel said so.
  var reason: String?

  /// Takes numa_maps' word for what still lies elsewhere: it sees every page.
  mutating func count(leftKiB: Int) {
    remoteKiB = movedKiB + leftKiB
  }

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

  /// A quarter of a second's share, so that the rate holds within a second too: 256 KiB to 16 MiB.
  var batchKiB: Int { min(max(256, min(rateMiB, 1 << 20) << 8), 16 << 10) }

  /// Moves what lies elsewhere.
  ///
  /// - Throws: `SystemError` where the process can't be looked into at all.
  func run() throws(SystemError) -> MovedMemory {
    let base = "/proc/\(pid)"
    guard let maps = Self.text(base + "/maps"), let numa = Self.text(base + "/numa_maps") else {
      throw SystemError("read", base + "/numa_maps", errno)
    }
    let areas = GuestPages.areas(maps: maps, numaMaps: numa)
    let total = areas.reduce(0) { $0 + Int(($1.end - $1.start) >> 10) }
    let guest = GuestPages(pid: pid, nodes: nodes)
    var result = MovedMemory()
    var seen = 0
    for area in areas {
      let wanted = area.bound.filter(nodes.contains)
      let targets = wanted.isEmpty ? nodes : wanted
      let step = UInt(area.pageKiB) << 10
      let count = max(1, batchKiB / area.pageKiB)
      var at = area.start
      while at < area.end {
        if shouldStop() {
          result.reason = "it was interrupted"
          return result
        }
        let pages = stride(from: at, to: area.end, by: Int(step)).prefix(count).map { $0 }
        move(guest.elsewhere(pages), of: guest, area.pageKiB, targets, &result)
        at += step * UInt(pages.count)
        seen += pages.count * area.pageKiB
        progress(min(seen, total), total)
      }
    }
    let left = GuestProcess.memoryByNode(numaMaps: Self.text(base + "/numa_maps") ?? "")
      .filter { $1 > 0 && !nodes.contains($0) }
    result.count(leftKiB: left.values.reduce(0, +))
    return result
  }

  /// Moves one batch and sleeps as long as the rate wants.
  private func move(
    _ remote: [UInt], of guest: GuestPages, _ pageKiB: Int, _ targets: [Int],
    _ result: inout MovedMemory
  ) {
    guard !remote.isEmpty, !targets.isEmpty else { return }
    let start = Self.now()
    // Where there are several, batch after batch in turn.
    let target = targets[result.remoteKiB / batchKiB % targets.count]
    if let reason = guest.move(remote, to: target) { result.reason = reason }
    let moved = (remote.count - guest.elsewhere(remote).count) * pageKiB
    result.remoteKiB += remote.count * pageKiB
    result.movedKiB += moved
    pause(until: start + Double(moved) / 1024 / Double(max(1, rateMiB)))
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
