// Moves a running guest's memory to the nodes it belongs on, page by page, no faster than asked.
// Memory that was moved is not moved back: nobody knows where each page lay.

import CNuma
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

  /// Counts what numa_maps showed elsewhere before and after the last sweep.
  mutating func countSweep(leftKiB: Int, restKiB: Int) {
    remoteKiB = movedKiB + leftKiB
    movedKiB += max(0, leftKiB - restKiB)
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

  /// A mapping of guest memory.
  struct Area: Equatable {
    var start: UInt
    var end: UInt
    var pageKiB: Int
    /// The nodes its own policy names; empty where it names none.
    var bound: [Int]
  }

  private static let batchKiB = 16 << 10

  /// Moves what lies elsewhere.
  ///
  /// - Throws: `SystemError` where the process can't be looked into at all.
  func run() throws(SystemError) -> MovedMemory {
    let base = "/proc/\(pid)"
    guard let maps = Self.text(base + "/maps"), let numa = Self.text(base + "/numa_maps") else {
      throw SystemError("read", base + "/numa_maps", errno)
    }
    let areas = Self.areas(maps: maps, numaMaps: numa)
    let total = areas.reduce(0) { $0 + Int(($1.end - $1.start) >> 10) }
    var result = MovedMemory()
    var seen = 0
    for area in areas {
      let wanted = area.bound.filter(nodes.contains)
      let targets = wanted.isEmpty ? nodes : wanted
      let step = UInt(area.pageKiB) << 10
      let count = max(1, Self.batchKiB / area.pageKiB)
      var at = area.start
      while at < area.end {
        if shouldStop() {
          result.reason = "it was interrupted"
          return result
        }
        let pages = stride(from: at, to: area.end, by: Int(step)).prefix(count).map { $0 }
        move(pages, area.pageKiB, targets, &result)
        at += step * UInt(pages.count)
        seen += pages.count * area.pageKiB
        progress(min(seen, total), total)
      }
    }
    sweep(base + "/numa_maps", &result)
    return result
  }

  /// Takes along what `move_pages` doesn't see. Pages that NUMA balancing has marked for its next
  /// look are absent to it on some kernels (6.1 of Debian 12 is one; mended by d74943a2f3cd), and an
  /// idle guest leaves them marked. `migrate_pages` moves them, but all at once and never slower, so
  /// it comes last and only where numa_maps still shows memory elsewhere.
  private func sweep(_ path: String, _ result: inout MovedMemory) {
    let left = elsewhere(path)
    guard !left.isEmpty, !nodes.isEmpty else { return result.countSweep(leftKiB: 0, restKiB: 0) }
    let words = 1 + max(nodes.max() ?? 0, left.keys.max() ?? 0) / UInt.bitWidth
    let from = Self.mask(Array(left.keys), words)
    let to = Self.mask(nodes, words)
    // The kernel takes one bit less than it is told.
    let outcome = migrate_pages(
      Int32(clamping: pid), UInt(words * UInt.bitWidth + 1), from, to)
    if outcome < 0 { result.reason = String(cString: strerror(errno)) }
    let rest = elsewhere(path).values.reduce(0, +)
    result.countSweep(leftKiB: outcome < 0 ? rest : left.values.reduce(0, +), restKiB: rest)
  }

  /// KiB of guest memory on other nodes, as numa_maps has it; empty where it can't be read.
  private func elsewhere(_ path: String) -> [Int: Int] {
    GuestProcess.memoryByNode(numaMaps: Self.text(path) ?? "")
      .filter { $1 > 0 && !nodes.contains($0) }
  }

  /// A node mask as the kernel takes it.
  private static func mask(_ nodes: [Int], _ count: Int) -> [UInt] {
    var words = [UInt](repeating: 0, count: count)
    for node in nodes where node >= 0 { words[node / UInt.bitWidth] |= 1 << (node % UInt.bitWidth) }
    return words
  }

  /// Moves one batch and sleeps as long as the rate wants.
  private func move(
    _ pages: [UInt], _ pageKiB: Int, _ targets: [Int], _ result: inout MovedMemory
  ) {
    let remote = elsewhere(pages)
    guard !remote.isEmpty else { return }
    let start = Self.now()
    // Where there are several, batch after batch in turn.
    let turn = result.remoteKiB / Self.batchKiB % targets.count
    var addresses = remote.map { UnsafeMutableRawPointer(bitPattern: $0) }
    let wanted = [Int32](repeating: Int32(clamping: targets[turn]), count: remote.count)
    var status = [Int32](repeating: 0, count: remote.count)
    let outcome = move_pages(
      Int32(clamping: pid), UInt(remote.count), &addresses, wanted, &status,
      Int32(MPOL_MF_MOVE))
    if outcome < 0 {
      result.reason = String(cString: strerror(errno))
    } else if let failed = status.first(where: { $0 < 0 }) {
      result.reason = String(cString: strerror(-failed))
    }
    let stayed = elsewhere(remote).count
    let moved = (remote.count - stayed) * pageKiB
    result.remoteKiB += remote.count * pageKiB
    result.movedKiB += moved
    let due = Double(moved) / 1024 / Double(max(1, rateMiB))
    let rest = due - (Self.now() - start)
    if rest > 0 { usleep(UInt32(min(rest, 1) * 1_000_000)) }
  }

  /// The pages that lie on other nodes; what was never touched lies nowhere.
  private func elsewhere(_ pages: [UInt]) -> [UInt] {
    var addresses = pages.map { UnsafeMutableRawPointer(bitPattern: $0) }
    var status = [Int32](repeating: -1, count: pages.count)
    guard
      move_pages(Int32(clamping: pid), UInt(pages.count), &addresses, nil, &status, 0) == 0
    else { return [] }
    return zip(pages, status).filter { $1 >= 0 && !nodes.contains(Int($1)) }.map(\.0)
  }

  /// Mappings that hold guest memory: anonymous, memfd, huge pages; never libraries.
  static func areas(maps: String, numaMaps: String) -> [Area] {
    var ends: [UInt: UInt] = [:]
    for line in maps.split(separator: "\n") {
      let range = line.prefix { $0 != " " }.split(separator: "-")
      guard range.count == 2, let start = UInt(range[0], radix: 16),
        let end = UInt(range[1], radix: 16), end > start
      else { continue }
      ends[start] = end
    }
    return numaMaps.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ")
      guard words.count > 2, let start = UInt(words[0], radix: 16), let end = ends[start],
        GuestProcess.isGuestMemory(line)
      else { return nil }
      let page =
        words.first { $0.hasPrefix("kernelpagesize_kB=") }
        .flatMap { Int($0.dropFirst("kernelpagesize_kB=".count)) } ?? 4
      let policy = words[1].split(separator: ":")
      let bound = policy.count == 2 ? CPUSet(list: policy[1]).map(Array.init) ?? [] : []
      guard page > 0, page <= 1 << 20 else { return nil }
      return Area(start: start, end: end, pageKiB: page, bound: bound)
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
