// Huge pages must leave the host and the guests without huge pages enough to live on.

enum HugePageRoom {
  /// Keeps for every pool the largest wish, and refuses those that leave too little on their node.
  static func check(_ wishes: [Candidate], _ facts: Facts) -> (
    admitted: [Candidate], refused: [(Candidate, String)]
  ) {
    let largest = largestByPool(wishes)
    var refused: [(Candidate, String)] = []
    for (node, pools) in byNode(largest) {
      guard let reason = shortage(on: node, pools, facts) else { continue }
      refused += wishes.filter { $0.hugePages?.node == node }.map { ($0, reason) }
    }
    let out = Set(refused.map(\.0.key))
    let admitted = wishes.filter { !out.contains($0.key) }.map { wish in
      var result = wish
      if wish.hugePages != nil, let best = largest[wish.key] {
        result.change = best.change
      } else if case .persist(.tmpfile(let path, _)) = wish.change,
        let best = largest.values.first(where: { $0.target == path }), let pages = best.hugePages
      {
        // What makes the pool last follows the pool.
        result.change = .persist(.tmpfile(path: path, value: "\(pages.count)"))
      }
      return result
    }
    return (admitted, refused)
  }

  private static func largestByPool(_ wishes: [Candidate]) -> [String: Candidate] {
    var result: [String: Candidate] = [:]
    for wish in wishes {
      guard let count = wish.hugePages?.count else { continue }
      if count > result[wish.key]?.hugePages?.count ?? -1 { result[wish.key] = wish }
    }
    return result
  }

  private static func byNode(_ wishes: [String: Candidate]) -> [(Int, [Int: Int])] {
    var result: [Int: [Int: Int]] = [:]
    for wish in wishes.values {
      guard let pages = wish.hugePages else { continue }
      result[pages.node, default: [:]][pages.sizeKiB] = pages.count
    }
    return result.sorted { $0.key < $1.key }
  }

  /// Why the pools are too large for their node; nil where they leave enough or nobody can tell.
  static func shortage(on id: Int, _ wanted: [Int: Int], _ facts: Facts) -> String? {
    guard let node = facts.topology.nodes.first(where: { $0.id == id }),
      let total = node.memoryKiB
    else { return nil }
    var huge = 0
    var growth = 0
    for pool in node.pools {
      let count = wanted[pool.pageSizeKiB] ?? pool.total
      let (kib, tooLarge) = count.multipliedReportingOverflow(by: pool.pageSizeKiB)
      let (sum, overflow) = huge.addingReportingOverflow(kib)
      guard !tooLarge, !overflow else { return "node \(id) has no room for so many pages" }
      huge = sum
      growth += max(0, count - pool.total) * pool.pageSizeKiB
    }
    if let spare = facts.spareKiB(ofNode: id), growth > spare {
      return "node \(id) has \(spare / 1024) MiB to spare now, and \(growth / 1024) MiB more of "
        + "huge pages are wanted: stop or move guests there first, or reserve the pages at boot"
    }
    let reserve = reserve(of: total, among: facts.topology.nodes.compactMap(\.memoryKiB))
    guard growth > 0, total - huge < reserve else { return nil }
    return "node \(id) has \(total / 1024) MiB; \(huge / 1024) MiB of huge pages would leave less "
      + "than the \(reserve / 1024) MiB that the host itself needs there"
  }

  /// The node's part of max(2 GiB, 5 %) of the host's memory, at most a quarter of the node so that
  /// small machines are not locked out.
  private static func reserve(of node: Int, among nodes: [Int]) -> Int {
    let total = nodes.reduce(0) { $0 &+ $1 }
    guard total > 0, node > 0 else { return 0 }
    let whole = max(2 << 20, total / 20)
    let share = Double(whole) * Double(node) / Double(total)
    return min(Int(share), node / 4)
  }
}

extension Candidate {
  var hugePages: (node: Int, sizeKiB: Int, count: Int)? {
    guard case .hugePages(let node, let size, let count) = change else { return nil }
    return (node, size, count)
  }
}
