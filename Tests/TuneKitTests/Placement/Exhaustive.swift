@testable import TuneKit

/// Tries every placement of every VM, PU by PU, and asks the judge for the cost.
struct Exhaustive {
  private let instance: PlacementInstance
  private var options: [[PlacementSolution.Placement?]] = []

  init(_ instance: PlacementInstance) {
    self.instance = instance
    options = instance.vms.map { vm in [nil] + placements(vm) }
  }

  /// How many combinations there are.
  var size: Int { options.reduce(1) { min($0 * $1.count, 1 << 40) } }

  func best() throws -> Int {
    var best = Int.max
    var chosen: [PlacementSolution.Placement?] = []
    func visit(_ used: Set<Int>) {
      guard chosen.count < options.count else {
        let cost = try? PlacementSolution(placements: chosen).cost(in: instance).total
        best = min(best, cost ?? Int.max)
        return
      }
      for option in options[chosen.count] {
        let pus =
          (option?.cells.flatMap(\.vcpuPUs) ?? []) + (option?.ioThreadPUs ?? [])
          + (option?.emulatorPU.map { [$0] } ?? [])
        guard used.isDisjoint(with: pus) else { continue }
        chosen.append(option)
        visit(used.union(pus))
        chosen.removeLast()
      }
    }
    visit([])
    return best
  }

  private func placements(_ vm: PlacementVM) -> [PlacementSolution.Placement] {
    var found: [PlacementSolution.Placement] = []
    let nodes = instance.host.nodes.map(\.id)
    for count in 1...vm.maxCells where vm.admits(cells: count) && count <= 2 {
      for cpu in tuples(nodes, count) where Set(cpu).count == count {
        for memory in tuples(nodes, count) {
          found += fill(vm, cpu, memory)
        }
      }
    }
    // What one VM alone cannot have, it cannot have beside others.
    let alone = PlacementInstance(
      name: "", host: instance.host, weights: instance.weights, vms: [vm])
    return found.filter { (try? PlacementSolution(placements: [$0]).cost(in: alone)) != nil }
  }

  private func fill(
    _ vm: PlacementVM, _ cpu: [Int], _ memory: [Int]
  ) -> [PlacementSolution.Placement] {
    let need = vm.policy == .shared ? 0 : vm.vcpus / cpu.count
    var partial: [[PlacementSolution.Cell]] = [[]]
    for (node, home) in zip(cpu, memory) {
      partial = partial.flatMap { cells in
        subsets(free(node), need).map {
          cells + [PlacementSolution.Cell(node: node, memoryNode: home, vcpuPUs: $0)]
        }
      }
    }
    return partial.flatMap { cells -> [PlacementSolution.Placement] in
      let taken = Set(cells.flatMap(\.vcpuPUs))
      let spare = free(cpu[0]).filter { !taken.contains($0) }
      return subsets(spare, vm.extras).map { extras in
        PlacementSolution.Placement(
          cells: cells, emulatorPU: vm.isolatesEmulator ? extras.first : nil,
          ioThreadPUs: Array(extras.dropFirst(vm.isolatesEmulator ? 1 : 0)))
      }
    }
  }

  private func free(_ node: Int) -> [Int] {
    let reserved = instance.host.reservedPUs
    return instance.host.nodes.first { $0.id == node }?.cores.flatMap { $0 }
      .filter { !reserved.contains($0) } ?? []
  }

  private func tuples(_ items: [Int], _ count: Int) -> [[Int]] {
    count == 0 ? [[]] : tuples(items, count - 1).flatMap { head in items.map { head + [$0] } }
  }

  private func subsets(_ items: [Int], _ count: Int) -> [[Int]] {
    guard count > 0 else { return [[]] }
    guard items.count >= count, let first = items.first else { return [] }
    let rest = Array(items.dropFirst())
    return subsets(rest, count - 1).map { [first] + $0 } + subsets(rest, count)
  }
}

/// Random instances small enough for exhaustive search.
enum TinyInstance {
  static func make(_ random: inout SeededRandom) -> PlacementInstance {
    func pick<T>(_ items: [T]) -> T { items[random.below(items.count)] }
    let nodeCount = pick([1, 2, 2])
    var next = 0
    var groups: [[Int]] = []
    var reserved: [Int] = []
    let width = pick([[1, 1], [2, 2], [2, 2], [2, 1]])
    let nodes = (0..<nodeCount).map { id in
      let cores = (0..<2).map { core -> [Int] in
        let pus = Array(next..<next + width[core])
        next += width[core]
        return pus
      }
      groups += random.below(2) == 0 ? [cores.flatMap { $0 }] : cores
      if random.below(4) == 0 { reserved.append(cores[0][0]) }
      return PlacementHost.Node(
        id: id, memoryMiB: pick([2048, 4096, 8192]), pages2MiB: pick([0, 1024]), pages1GiB: 0,
        cores: cores)
    }
    let far = pick([12, 21])
    let host = PlacementHost(
      nodes: nodes, l3Groups: groups,
      distances: (0..<nodeCount).map { a in (0..<nodeCount).map { $0 == a ? 10 : far } },
      devices: [.init(id: "d", node: nodeCount - 1)], reservedPUs: reserved,
      sharedOvercommitPercent: pick([100, 200, 400]))
    let vms = (0..<pick([1, 2, 3, 3])).map { index -> PlacementVM in
      let isShared = random.below(3) == 0
      let smt = isShared ? PlacementVM.SMT.prefer : pick([.prefer, .prefer, .isolate, .require])
      let vcpus = pick([1, 2, 2, 3])
      return PlacementVM(
        name: "v\(index)", vcpus: vcpus, memoryMiB: pick([1024, 2048, 3072]),
        pageSize: pick([.base, .base, .large]), policy: isShared ? .shared : .dedicated, smt: smt,
        maxCells: pick([1, 1, 2]), emulator: !isShared && random.below(5) == 0 ? .own : .share,
        ioThreads: 1, ioThreadPolicy: !isShared && random.below(6) == 0 ? .own : .share,
        devices: random.below(3) == 0 ? ["d"] : [], priority: pick([1, 1, 2]),
        current: random.below(4) == 0
          ? [.init(node: random.below(nodeCount), memoryNode: random.below(nodeCount))] : [])
    }
    return PlacementInstance(name: "tiny", host: host, weights: .standard, vms: vms)
  }

  /// The same instance with other numbers, names and order.
  static func rename(
    _ instance: PlacementInstance, _ random: inout SeededRandom
  ) -> PlacementInstance {
    let host = instance.host
    let pus = host.nodes.flatMap { $0.cores.flatMap { $0 } }
    let newPU = Dictionary(
      uniqueKeysWithValues: zip(pus, pus.indices.map { 100 + $0 * 3 }.shuffled(using: &random)))
    let order = Array(host.nodes.indices).shuffled(using: &random)
    func node(_ id: Int) -> Int { 50 - id }
    func pu(_ id: Int) -> Int { newPU[id] ?? id }
    let renamed = PlacementHost(
      nodes: order.map { index in
        let old = host.nodes[index]
        return PlacementHost.Node(
          id: node(old.id), memoryMiB: old.memoryMiB, pages2MiB: old.pages2MiB,
          pages1GiB: old.pages1GiB,
          cores: old.cores.shuffled(using: &random).map { $0.map(pu) })
      },
      l3Groups: host.l3Groups.shuffled(using: &random).map { $0.map(pu) },
      distances: order.map { a in order.map { host.distances[a][$0] } },
      devices: host.devices.map { .init(id: "x" + $0.id, node: node($0.node)) },
      reservedPUs: host.reservedPUs.map(pu),
      sharedOvercommitPercent: host.sharedOvercommitPercent)
    let vms = instance.vms.shuffled(using: &random).map { vm in
      PlacementVM(
        name: "renamed-" + vm.name, vcpus: vm.vcpus, memoryMiB: vm.memoryMiB,
        pageSize: vm.pageSize, policy: vm.policy, smt: vm.smt, maxCells: vm.maxCells,
        emulator: vm.emulator, ioThreads: vm.ioThreads, ioThreadPolicy: vm.ioThreadPolicy,
        devices: vm.devices.map { "x" + $0 }, priority: vm.priority,
        current: vm.current.map { .init(node: node($0.node), memoryNode: node($0.memoryNode)) })
    }
    return PlacementInstance(
      name: "renamed", host: renamed, weights: instance.weights, vms: vms)
  }
}
