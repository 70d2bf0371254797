// The pages of a running guest's memory: which there are, where they lie, how they are moved.

import CLinux
import CNuma
import Glibc
import TuneKit

/// The memory of one process, page by page.
struct GuestPages {
  /// The guest's process.
  let pid: Int
  /// Where its memory belongs.
  let nodes: [Int]

  /// A mapping of guest memory.
  struct Area: Equatable {
    var start: UInt
    var end: UInt
    var pageKiB: Int
    /// The nodes its own policy names; empty where it names none.
    var bound: [Int]
  }

  /// What a look at pages found.
  struct Look: Equatable {
    /// Those on other nodes; what was never touched lies nowhere.
    var elsewhere: [UInt] = []
    /// How many were hidden and lie where they belong: perhaps the look itself moved them.
    var revealed = 0
  }

  /// Looks where pages lie.
  ///
  /// Pages that NUMA balancing has marked for its next look are absent to `move_pages` on some kernels
  /// (6.1 of Debian 12 is one; mended by d74943a2f3cd): `ENOENT`, in transparent huge pages `EFAULT`.
  /// An idle guest leaves them marked. Reading a byte, as the guest itself would, takes the mark off;
  /// the kernel may then move the page to the reader's node.
  func look(_ pages: [UInt]) -> Look {
    var nodes = nodesOf(pages)
    let marked = present(pages.indices.filter { nodes[$0] < 0 }, of: pages)
    if !marked.isEmpty {
      touch(marked.map { pages[$0] })
      for (index, node) in zip(marked, nodesOf(marked.map { pages[$0] })) { nodes[index] = node }
    }
    return Look(
      elsewhere: zip(pages, nodes).filter { $1 >= 0 && !isHome($1) }.map(\.0),
      revealed: marked.count { nodes[$0] >= 0 && isHome(nodes[$0]) })
  }

  private func isHome(_ node: Int32) -> Bool { nodes.contains(Int(node)) }

  /// Moves pages to a node.
  ///
  /// - Returns: those that stayed elsewhere, and why where the kernel says so. What it answers for a
  ///   page that went is of no use: the second small page of a huge one is busy with the first.
  func move(_ pages: [UInt], to node: Int) -> (stayed: [UInt], reason: String?) {
    var addresses = pages.map { UnsafeMutableRawPointer(bitPattern: $0) }
    let wanted = [Int32](repeating: Int32(clamping: node), count: pages.count)
    var status = [Int32](repeating: 0, count: pages.count)
    let outcome = move_pages(
      Int32(clamping: pid), UInt(pages.count), &addresses, wanted, &status, Int32(MPOL_MF_MOVE))
    let error = outcome < 0 ? errno : nil
    let stayed = look(pages).elsewhere
    let lagging = Set(stayed)
    let failed = zip(pages, status).first { $1 < 0 && lagging.contains($0) }.map { -$1 }
    return (stayed, (error ?? failed).map { String(cString: strerror($0)) })
  }

  /// The node of each page, or a negative error number where move_pages sees none.
  private func nodesOf(_ pages: [UInt]) -> [Int32] {
    var addresses = pages.map { UnsafeMutableRawPointer(bitPattern: $0) }
    var status = [Int32](repeating: -EPERM, count: pages.count)
    let outcome = move_pages(Int32(clamping: pid), UInt(pages.count), &addresses, nil, &status, 0)
    return outcome == 0 ? status : [Int32](repeating: -EPERM, count: pages.count)
  }

  /// Those of `indices` whose pages are in memory (bit 63, Documentation/admin-guide/mm/pagemap.rst).
  /// The others must not be touched: reading a page that was never used would make it.
  private func present(_ indices: [Int], of pages: [UInt]) -> [Int] {
    guard let first = indices.first, let last = indices.last else { return [] }
    let descriptor = open("/proc/\(pid)/pagemap", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return [] }
    defer { close(descriptor) }
    let size = UInt(sysconf(Int32(_SC_PAGESIZE)))
    let base = pages[first] / size
    var entries = [UInt64](repeating: 0, count: Int(pages[last] / size - base) + 1)
    let count = entries.withUnsafeMutableBytes {
      pread(descriptor, $0.baseAddress, $0.count, off_t(base) * 8)
    }
    entries.removeLast(entries.count - max(0, count) / 8)
    return indices.filter {
      let at = Int(pages[$0] / size - base)
      return at < entries.count && entries[at] >> 63 == 1
    }
  }

  /// Reads one byte of each page.
  private func touch(_ pages: [UInt]) {
    var rest = pages[...]
    var bytes = [UInt8](repeating: 0, count: 512)
    while !rest.isEmpty {
      var remote = rest.prefix(bytes.count).map {
        iovec(iov_base: UnsafeMutableRawPointer(bitPattern: $0), iov_len: 1)
      }
      let read = bytes.withUnsafeMutableBytes { buffer in
        var local = iovec(iov_base: buffer.baseAddress, iov_len: remote.count)
        return tuned_vm_process_vm_readv(
          pid_t(clamping: pid), &local, 1, &remote, UInt(remote.count))
      }
      // It ends at the first page that can't be read; that one is left as it is.
      rest = rest.dropFirst(read == remote.count ? read : max(0, read) + 1)
    }
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
}
