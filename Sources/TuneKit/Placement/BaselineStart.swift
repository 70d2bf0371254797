/// The two placements people know, as starts that the search never falls behind.
///
/// `novaLike`: VMs in their order, nodes in theirs, memory local, whole free cores first — what
/// OpenStack Nova describes for pinned instances. `firstFit`: nodes by free memory × free PUs, as
/// numad ranks them, memory elsewhere if it must.
struct BaselineStart {
  enum Method {
    case novaLike, firstFit
  }

  private struct Pick {
    let vcpus: [Int]
    let taken: [Int]
  }

  private let instance: PlacementInstance
  private let layout: HostLayout
  private let method: Method
  private var isFree: [Bool]
  private var freeCount: [Int]
  private var memory: [[PlacementVM.PageSize: Int]]
  private var shared: [Int]
  private var largest: [Int]
  private let cpuNodes: [Int]
  /// Bounds the combinations tried for one VM, and for all.
  private static let tries = 1024
  private var triesLeft = 1 << 16

  static func solution(
    _ instance: PlacementInstance, _ layout: HostLayout, _ method: Method
  ) -> PlacementSolution {
    var start = BaselineStart(instance, layout, method)
    return PlacementSolution(placements: instance.vms.map { start.place($0) })
  }

  private init(_ instance: PlacementInstance, _ layout: HostLayout, _ method: Method) {
    self.instance = instance
    self.layout = layout
    self.method = method
    isFree = layout.puReserved.map { !$0 }
    freeCount = layout.usable
    memory = instance.host.nodes.map { node in
      var pools: [PlacementVM.PageSize: Int] = [:]
      for page in PlacementVM.PageSize.allCases { pools[page] = node.capacityMiB(page) }
      return pools
    }
    shared = Array(repeating: 0, count: layout.nodeCount)
    largest = shared
    cpuNodes = layout.usable.indices.filter { layout.usable[$0] > 0 }
  }

  private mutating func place(_ vm: PlacementVM) -> PlacementSolution.Placement? {
    for cells in 1...min(vm.maxCells, max(1, cpuNodes.count)) where vm.admits(cells: cells) {
      let ranked = ranking(vm)
      let placement =
        method == .novaLike
        ? search(vm, cells, among: cpuNodes, ordered: true, memoryNode: nil)
        : search(vm, cells, among: ranked, ordered: false, memoryNode: nil)
          ?? search(vm, cells, among: ranked, ordered: false, memoryNode: roomiest(vm))
      if let placement { return placement }
    }
    return nil
  }

  private func ranking(_ vm: PlacementVM) -> [Int] {
    guard method == .firstFit else { return cpuNodes }
    func worth(_ node: Int) -> Int { (memory[node][vm.pageSize] ?? 0) * freeCount[node] }
    return cpuNodes.sorted { (-worth($0), $0) < (-worth($1), $1) }
  }

  private func roomiest(_ vm: PlacementVM) -> Int {
    func free(_ node: Int) -> Int { memory[node][vm.pageSize] ?? 0 }
    return memory.indices.min { (-free($0), $0) < (-free($1), $1) } ?? 0
  }

  /// Tries combinations (or permutations) of nodes in lexicographic order.
  private mutating func search(
    _ vm: PlacementVM, _ cells: Int, among nodes: [Int], ordered: Bool, memoryNode: Int?
  ) -> PlacementSolution.Placement? {
    guard cells <= nodes.count else { return nil }
    var indexes = Array(0..<cells)
    for _ in 0..<min(Self.tries, max(cpuNodes.count, triesLeft)) {
      triesLeft -= 1
      let chosen = indexes.map { nodes[$0] }
      let homes = memoryNode.map { Array(repeating: $0, count: cells) } ?? chosen
      if let placement = attempt(vm, chosen, homes) { return placement }
      guard advance(&indexes, below: nodes.count, ordered: ordered) else { return nil }
    }
    return nil
  }

  private func advance(_ indexes: inout [Int], below limit: Int, ordered: Bool) -> Bool {
    var position = indexes.count - 1
    while position >= 0 {
      var next = indexes[position] + 1
      if ordered { while indexes[..<position].contains(next) { next += 1 } }
      let last = ordered ? limit - 1 : limit - (indexes.count - position)
      if next <= last {
        indexes[position] = next
        for later in (position + 1)..<max(position + 1, indexes.count) {
          indexes[later] =
            ordered
            ? (0..<limit).first { !indexes[..<later].contains($0) } ?? 0 : indexes[later - 1] + 1
        }
        return true
      }
      position -= 1
    }
    return false
  }

  private mutating func attempt(
    _ vm: PlacementVM, _ nodes: [Int], _ homes: [Int]
  ) -> PlacementSolution.Placement? {
    let each = vm.vcpus / nodes.count
    let mib = vm.memoryMiB / nodes.count
    var need: [Int: Int] = [:]
    for home in homes { need[home, default: 0] += mib }
    guard need.allSatisfy({ (memory[$0.key][vm.pageSize] ?? 0) >= $0.value }) else { return nil }
    guard
      let placement = vm.policy == .shared
        ? attemptShared(nodes, homes, each) : attemptDedicated(vm, nodes, homes, each)
    else { return nil }
    for (home, mib) in need { memory[home][vm.pageSize, default: 0] -= mib }
    return placement
  }

  private mutating func attemptShared(
    _ nodes: [Int], _ homes: [Int], _ each: Int
  ) -> PlacementSolution.Placement? {
    guard nodes.allSatisfy({ poolHolds($0, freeCount[$0], more: each) }) else { return nil }
    for node in nodes {
      shared[node] += each
      largest[node] = max(largest[node], each)
    }
    return PlacementSolution.Placement(
      cells: zip(nodes, homes).map { cell($0, $1, []) })
  }

  private mutating func attemptDedicated(
    _ vm: PlacementVM, _ nodes: [Int], _ homes: [Int], _ each: Int
  ) -> PlacementSolution.Placement? {
    var cells: [PlacementSolution.Cell] = []
    var taken: [[Int]] = []
    for (node, home) in zip(nodes, homes) {
      guard let pick = pick(node, vm.smt, each) else { return nil }
      taken.append(pick.taken)
      cells.append(cell(node, home, pick.vcpus))
    }
    var spare = freePUs(nodes[0]).filter { !taken[0].contains($0) }
    spare.sort { layout.puNumber[$0] < layout.puNumber[$1] }
    guard spare.count >= vm.extras else { return nil }
    spare = Array(spare.prefix(vm.extras))
    taken[0] += spare
    for (node, pus) in zip(nodes, taken)
    where !poolHolds(node, freeCount[node] - pus.count, more: 0) { return nil }
    for (node, pus) in zip(nodes, taken) {
      for pu in pus { isFree[pu] = false }
      freeCount[node] -= pus.count
    }
    let numbers = spare.map { layout.puNumber[$0] }
    return PlacementSolution.Placement(
      cells: cells, emulatorPU: vm.isolatesEmulator ? numbers.first : nil,
      ioThreadPUs: Array(numbers.dropFirst(vm.isolatesEmulator ? 1 : 0)))
  }

  private func cell(_ node: Int, _ home: Int, _ pus: [Int]) -> PlacementSolution.Cell {
    PlacementSolution.Cell(
      node: instance.host.nodes[node].id, memoryNode: instance.host.nodes[home].id,
      vcpuPUs: pus.map { layout.puNumber[$0] })
  }

  private func poolHolds(_ node: Int, _ pool: Int, more: Int) -> Bool {
    100 * (shared[node] + more) <= instance.host.sharedOvercommitPercent * pool
      && max(largest[node], more) <= pool
  }

  private func freePUs(_ node: Int) -> [Int] {
    layout.cores[layout.nodeCores[node]].flatMap { $0.pus.filter { isFree[$0] } }
  }

  /// PUs for one cell, and those that leave the pool with them.
  private func pick(_ node: Int, _ smt: PlacementVM.SMT, _ need: Int) -> Pick? {
    let cores = layout.cores[layout.nodeCores[node]].map { core in
      (pus: core.pus.filter { isFree[$0] }, core: core)
    }
    let whole = cores.filter { $0.core.whole && $0.pus.count == $0.core.pus.count }.map(\.pus)
    switch smt {
    case .isolate:
      guard whole.count >= need else { return nil }
      let chosen = whole.prefix(need)
      return Pick(vcpus: chosen.map { $0[0] }, taken: chosen.flatMap { $0 })
    case .require:
      let pairs = whole.filter { $0.count == 2 }
      guard need % 2 == 0, 2 * pairs.count >= need else { return nil }
      return same(pairs.flatMap { $0 }, need)
    case .prefer: return pickAny(cores.map(\.pus), need)
    }
  }

  private func pickAny(_ cores: [[Int]], _ need: Int) -> Pick? {
    var flat = cores.flatMap { $0 }
    if method == .novaLike {
      let twos = cores.filter { $0.count >= 2 }
      if 2 * twos.count >= need { return same(twos.flatMap { $0 }, need) }
      let ones = cores.compactMap(\.first)
      if ones.count >= need { return same(ones, need) }
    } else {
      flat.sort { layout.puNumber[$0] < layout.puNumber[$1] }
    }
    return flat.count >= need ? same(flat, need) : nil
  }

  private func same(_ pus: [Int], _ need: Int) -> Pick {
    let chosen = Array(pus.prefix(need))
    return Pick(vcpus: chosen, taken: chosen)
  }
}
