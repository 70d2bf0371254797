// How many huge pages the domains need on which node, and what the pools must become.
//
// All huge-page rules take their numbers from here, so that they never ask for two values of one
// pool.

/// Pages of one size that one domain takes from a pool.
struct HugePageDemand: Sendable, Equatable {
  /// Page size in KiB.
  let sizeKiB: Int
  /// Pages.
  let pages: Int
  /// The one host node they must come from; nil where any will do.
  let node: Int?

  /// What a definition takes at its start; nil where a size or the memory is not known.
  static func of(_ definition: DomainDefinition, defaultPageKiB: Int?) -> [HugePageDemand]? {
    let memory = definition.memory
    guard let total = memory.totalKiB else { return nil }
    let cells = definition.cpu?.cells ?? []
    let parts: [(cell: Int, kib: Int)] =
      cells.isEmpty
      ? [(0, total)] : cells.map { ($0.id, $0.memoryKiB ?? total / max(cells.count, 1)) }
    let devices = memory.devices.filter { $0.model == "dimm" || $0.model == "virtio-mem" }
      .map { ($0.cell ?? 0, $0.sizeKiB) }
    var demands: [HugePageDemand] = []
    for (cell, kib) in parts + devices where kib > 0 {
      let page =
        memory.pages.first { $0.cells?.contains(cell) == true }
        ?? memory.pages.first { $0.cells == nil }
      guard let size = page?.sizeKiB ?? defaultPageKiB, size > 0 else { return nil }
      // libvirt takes 4 KiB pages asked for by name as ordinary memory.
      if size <= 4 { continue }
      demands.append(
        HugePageDemand(
          sizeKiB: size, pages: (kib - 1) / size + 1, node: definition.boundNode(ofCell: cell)))
    }
    return demands
  }
}

extension DomainDefinition {
  /// The single host node that a guest cell's memory must come from; nil where there are several
  /// or none is named.
  func boundNode(ofCell cell: Int) -> Int? {
    let own = memory.memNodes.first { $0.cell == cell }
    let nodes = own?.nodes ?? memory.binding?.nodes
    let mode = own?.mode ?? memory.binding?.mode ?? "strict"
    guard let nodes, nodes.count == 1, mode == "strict" || mode == "restrictive" else { return nil }
    return nodes.first
  }
}

/// What the pools must become for every domain that waits for its start.
struct HugePagePlan: Sendable {
  /// A pool of one node.
  struct Pool: Sendable, Hashable {
    let node: Int
    let sizeKiB: Int
  }

  /// Pages that waiting domains need from each node, those that any node can give not included.
  private(set) var bound: [Pool: Int] = [:]
  /// Pages that waiting domains need from any node, by size.
  private(set) var floating: [Int: Int] = [:]
  /// Domains that need pages of a size.
  private(set) var askers: [Int: [String]] = [:]
  /// Domains whose need is not known.
  private(set) var unclear: [String] = []
  /// What each pool must become; only pools that grow.
  private(set) var targets: [Pool: Int] = [:]

  private let nodes: [Topology.Node]
  private var free: [Pool: Int] = [:]
  /// KiB that a node can give for good, and those that it can give now, where that is known.
  private var room: [Int: Int] = [:]
  private var spare: [Int: Int] = [:]

  /// Works out the needs of all domains that are not running.
  init(_ facts: Facts) {
    nodes = facts.topology.fullNodes
    for node in facts.topology.nodes {
      var huge = 0
      for pool in node.pools {
        free[Pool(node: node.id, sizeKiB: pool.pageSizeKiB)] = pool.free
        huge =
          huge.addingReportingOverflow(
            pool.total.multipliedReportingOverflow(by: pool.pageSizeKiB).partialValue
          ).partialValue
      }
      let total = node.memoryKiB ?? 0
      room[node.id] = total - huge - max(total / 20, 1 << 20)
      spare[node.id] = facts.spareKiB(ofNode: node.id)
    }
    for pool in facts.memory.pools.value ?? [] {
      let reserved = max(pool.reserved.value ?? 0, 0)
      // The kernel doesn't say on which node promised pages lie: the fullest one gives them.
      guard reserved > 0,
        let most = free.filter({ $0.key.sizeKiB == pool.pageSizeKiB }).max(by: {
          ($0.value, $1.key.node) < ($1.value, $0.key.node)
        })
      else { continue }
      free[most.key] = max(0, most.value - reserved)
    }
    let size = facts.memory.defaultPageKiB.value
    let waiting = facts.domains.filter { $0.runs != true && $0.definition.wantsHugePages }
    for domain in waiting {
      guard let demands = HugePageDemand.of(domain.definition, defaultPageKiB: size) else {
        unclear.append(domain.key)
        continue
      }
      for demand in demands { askers[demand.sizeKiB, default: []].append(domain.key) }
      // Nodes first: what any node can give takes what is left.
      for demand in demands where demand.node != nil { add(demand) }
    }
    for domain in waiting {
      let demands = HugePageDemand.of(domain.definition, defaultPageKiB: size) ?? []
      for demand in demands where demand.node == nil { add(demand) }
    }
  }

  /// Whether the nodes have memory for a demand, beside what is planned already.
  func hasRoom(for demand: HugePageDemand) -> Bool {
    if let node = demand.node { return missing(demand.pages, on: node, demand.sizeKiB) >= 0 }
    return bestNode(for: demand) != nil || spreads(demand)
  }

  /// Plans one more demand.
  mutating func add(_ demand: HugePageDemand) {
    if let node = demand.node {
      bound[Pool(node: node, sizeKiB: demand.sizeKiB), default: 0] += demand.pages
      take(demand.pages, from: node, demand.sizeKiB)
    } else {
      floating[demand.sizeKiB, default: 0] += demand.pages
      if let node = bestNode(for: demand) {
        take(demand.pages, from: node, demand.sizeKiB)
      } else {
        takeFromAll(demand)
      }
    }
  }

  /// The nodes whose pools grow for a demand, with what they become.
  func growth(sizeKiB: Int) -> [(node: Int, count: Int)] {
    targets.filter { $0.key.sizeKiB == sizeKiB }.map { ($0.key.node, $0.value) }
      .sorted { $0.node < $1.node }
  }

  /// Room in KiB that would be left on a node; negative where it is too small.
  private func missing(_ pages: Int, on node: Int, _ size: Int) -> Int {
    let kib = growthKiB(pages, on: node, size)
    return kib == .max ? -1 : (room[node] ?? 0) - kib
  }

  /// A node that has the memory now before one that has to be emptied first; then the one with most.
  private func bestNode(for demand: HugePageDemand) -> Int? {
    let fitting = nodes.map(\.id).filter { missing(demand.pages, on: $0, demand.sizeKiB) >= 0 }
    return fitting.max { left, right in
      let a = missing(demand.pages, on: left, demand.sizeKiB)
      let b = missing(demand.pages, on: right, demand.sizeKiB)
      return (fitsNow(demand, on: left) ? 1 : 0, a, -left)
        < (fitsNow(demand, on: right) ? 1 : 0, b, -right)
    }
  }

  private func fitsNow(_ demand: HugePageDemand, on node: Int) -> Bool {
    growthKiB(demand.pages, on: node, demand.sizeKiB) <= spare[node] ?? .max
  }

  /// By how many KiB a pool must grow to give so many pages.
  private func growthKiB(_ pages: Int, on node: Int, _ size: Int) -> Int {
    let grow = max(0, pages - (free[Pool(node: node, sizeKiB: size)] ?? 0))
    let (kib, overflow) = grow.multipliedReportingOverflow(by: size)
    return overflow ? .max : kib
  }

  private func spreads(_ demand: HugePageDemand) -> Bool {
    let share = demand.pages / max(nodes.count, 1) + 1
    return nodes.count > 1 && nodes.allSatisfy { missing(share, on: $0.id, demand.sizeKiB) >= 0 }
  }

  private mutating func takeFromAll(_ demand: HugePageDemand) {
    let count = max(nodes.count, 1)
    for (place, node) in nodes.enumerated() {
      take(
        demand.pages / count + (place < demand.pages % count ? 1 : 0), from: node.id,
        demand.sizeKiB)
    }
  }

  private mutating func take(_ pages: Int, from node: Int, _ size: Int) {
    let pool = Pool(node: node, sizeKiB: size)
    let there = free[pool] ?? 0
    let grow = max(0, pages - there)
    free[pool] = max(0, there - pages)
    guard grow > 0 else { return }
    let total = nodes.first { $0.id == node }?.pools.first { $0.pageSizeKiB == size }?.total ?? 0
    targets[pool] = (targets[pool] ?? total) + grow
    let kib = grow.multipliedReportingOverflow(by: size).partialValue
    room[node, default: 0] -= kib
    if let left = spare[node] { spare[node] = left - kib }
  }
}

extension Remedy {
  /// Reserves pages on nodes, now and at each boot.
  static func reserve(
    _ growth: [(node: Int, count: Int)], sizeKiB: Int, then edits: [Change] = [],
    _ summary: String, effect: RemedyClass = .live
  ) -> Remedy {
    let changes = growth.flatMap { node, count -> [Change] in
      let path =
        "/sys/devices/system/node/node\(node)/hugepages/hugepages-\(sizeKiB)kB/nr_hugepages"
      return [
        .hugePages(node: node, pageSizeKiB: sizeKiB, count: count),
        .persist(.tmpfile(path: path, value: "\(count)")),
      ]
    }
    return Remedy(
      effect, summary,
      risk: "The kernel may have to move memory and may grant fewer pages than asked.",
      persistence: growth.isEmpty ? nil : "tmpfiles.d", changes: changes + edits)
  }
}
