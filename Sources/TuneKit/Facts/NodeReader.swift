// NUMA nodes from the node directories of sysfs.

struct NodeReader {
  let snapshot: Snapshot
  /// The online CPUs; nil where nobody knows, then nothing is cut.
  let online: CPUSet?

  private static let directory = "/sys/devices/system/node"

  func nodes() -> [Topology.Node] {
    let numbers = SnapshotPaths(snapshot).numbers(Self.directory, "node")
    let order = distanceOrder(numbers)
    return numbers.map { node($0, order) }
  }

  /// The nodes in the order of the numbers in a `distance` file: the online ones.
  private func distanceOrder(_ numbers: [Int]) -> [Int] {
    let listed = snapshot.text(Self.directory + "/online").value.flatMap { CPUSet(list: $0) }
    guard let listed, !listed.isEmpty else { return numbers }
    return Array(listed)
  }

  private func node(_ id: Int, _ order: [Int]) -> Topology.Node {
    let base = "\(Self.directory)/node\(id)"
    return Topology.Node(
      id: id, memoryKiB: memory(base), cpus: cpus(base), distances: distances(base, order),
      pools: pools(base))
  }

  private func cpus(_ base: String) -> CPUSet {
    let set =
      snapshot.text(base + "/cpulist").value.flatMap { CPUSet(list: $0) }
      ?? snapshot.text(base + "/cpumap").value.flatMap { CPUSet(mask: $0) }
      ?? linked(base)
    guard let online else { return set }
    return set.intersection(online)
  }

  /// Some captures keep only the cpuN links.
  private func linked(_ base: String) -> CPUSet {
    CPUSet((snapshot.names(base) ?? []).compactMap { SnapshotPaths.number($0, "cpu") })
  }

  private func memory(_ base: String) -> Int? {
    guard let text = snapshot.raw(base + "/meminfo").value else { return nil }
    for line in text.lines {
      let words = line.words
      guard let at = words.firstIndex(of: "MemTotal:"), at + 1 < words.count else { continue }
      guard let value = Int(words[at + 1]), value >= 0, value < 1 << 50 else { return nil }
      return value
    }
    return nil
  }

  private func distances(_ base: String, _ order: [Int]) -> [Int: Int] {
    guard let text = snapshot.text(base + "/distance").value else { return [:] }
    let values = text.words.map { Int($0) }
    let known = values.compactMap { $0 }
    // Kernels print the online nodes, or the possible ones.
    let possible = snapshot.text(Self.directory + "/possible").value.flatMap { CPUSet(list: $0) }
    let candidates = [
      order, SnapshotPaths(snapshot).numbers(Self.directory, "node"), Array(possible ?? CPUSet()),
    ]
    guard let names = candidates.first(where: { $0.count == known.count }) else { return [:] }
    guard known.count == values.count else { return [:] }
    return Dictionary(zip(names, known), uniquingKeysWith: { first, _ in first })
  }

  private func pools(_ base: String) -> [Topology.HugePagePool] {
    let directory = base + "/hugepages"
    let sizes = HugePageSizes.list(snapshot, directory)
    return sizes.compactMap { size in
      let pool = "\(directory)/hugepages-\(size)kB"
      guard let total = snapshot.integer(pool + "/nr_hugepages").value,
        let free = snapshot.integer(pool + "/free_hugepages").value,
        HugePageSizes.isPlausible(total, sizeKiB: size),
        HugePageSizes.isPlausible(free, sizeKiB: size)
      else { return nil }
      return Topology.HugePagePool(pageSizeKiB: size, total: total, free: free)
    }
  }
}

/// The huge-page sizes of a directory `…/hugepages`.
enum HugePageSizes {
  /// Whether so many pages can be: their memory stays far below what an Int counts in KiB.
  static func isPlausible(_ count: Int, sizeKiB: Int) -> Bool {
    let (kib, overflow) = count.multipliedReportingOverflow(by: sizeKiB)
    return count >= 0 && !overflow && kib < 1 << 50
  }

  /// Sizes in KiB, upwards.
  static func list(_ snapshot: Snapshot, _ directory: String) -> [Int] {
    (snapshot.names(directory) ?? []).compactMap { name in
      guard name.hasPrefix("hugepages-"), name.hasSuffix("kB") else { return nil }
      return Int(name.dropFirst("hugepages-".count).dropLast(2))
    }.filter { $0 > 0 && $0 < 1 << 40 }.sorted()
  }
}
