/// The instance as the search reads it: everything by index, in flat buffers.
///
/// Cores of one kind within one (node, L3 group) are interchangeable. Such a *bucket* is known by
/// three numbers: whole cores of two PUs (`pairs`), usable cores of one PU (`singles`), and cores of
/// two PUs of which one is reserved (`halves`). The search decides counts per bucket; PU numbers are
/// chosen last.
final class SearchModel {
  /// What a VM asks of cores.
  enum Kind: UInt8 {
    case shared, prefer, isolate, require
  }

  let arena = Arena()
  let instance: PlacementInstance
  let layout: HostLayout
  let capacities: EmptyHostCapacities

  let nodes: Int
  let buckets: Int
  let vms: Int
  /// The buckets of node n are `bucketStart[n]..<bucketStart[n + 1]`.
  let bucketStart: FixedBuffer<Int>
  let bucketNode: FixedBuffer<Int>
  let pairs: FixedBuffer<Int>
  let singles: FixedBuffer<Int>
  let halves: FixedBuffer<Int>
  /// The cores of each bucket, by layout index.
  let bucketCores: [[Int]]
  let usable: FixedBuffer<Int>
  /// Capacity in MiB of pool `node * 3 + page`.
  let memory: FixedBuffer<Int>
  let distance: FixedBuffer<Int>

  let kind: FixedBuffer<Kind>
  let vcpus: FixedBuffer<Int>
  let mib: FixedBuffer<Int>
  let page: FixedBuffer<Int>
  let extras: FixedBuffer<Int>
  let unplacedCost: FixedBuffer<Int>
  /// The numbers of cells VM v may have are options `optionStart[v]..<optionStart[v + 1]`.
  let optionStart: FixedBuffer<Int>
  let optionCells: FixedBuffer<Int>
  let optionSpanCost: FixedBuffer<Int>
  /// Fewest L3 groups of option o on node n, at `o * nodes + n`.
  let optionGroups: FixedBuffer<Int>
  let deviceStart: FixedBuffer<Int>
  let deviceNode: FixedBuffer<Int>
  /// Row of the VM in `isCurrent` and `memoryNow`, or -1 when it does not run.
  let currentRow: FixedBuffer<Int>
  let isCurrent: FixedBuffer<Bool>
  let memoryNow: FixedBuffer<Int>
  /// Where the cells and entries of VM v begin in the records of a state.
  let cellStart: FixedBuffer<Int>
  let entryStart: FixedBuffer<Int>
  /// Index of a VM's cell size among the sizes of shared cells, by option.
  let optionSize: FixedBuffer<Int>
  let sharedSizes: FixedBuffer<Int>

  let overcommit: Int
  let spreadWeight: Int
  let remoteWeight: Int
  let deviceWeight: Int
  let l3Weight: Int
  let brokenWeight: Int
  let pressureWeight: Int
  let moveNodeWeight: Int
  let moveGiBWeight: Int

  init(_ instance: PlacementInstance) {
    self.instance = instance
    let host = instance.host
    let layout = HostLayout(host)
    self.layout = layout
    capacities = EmptyHostCapacities(layout)
    nodes = layout.nodeCount
    vms = instance.vms.count
    let found = Self.buckets(of: layout)
    buckets = found.cores.count
    bucketCores = found.cores
    bucketStart = arena.buffer(found.start)
    bucketNode = arena.buffer(found.cores.map { layout.cores[$0[0]].node })
    let shapes = found.cores.map { Self.shape(of: $0, layout) }
    pairs = arena.buffer(shapes.map { $0[0] })
    singles = arena.buffer(shapes.map { $0[1] })
    halves = arena.buffer(shapes.map { $0[2] })
    usable = arena.buffer(layout.usable)
    memory = arena.buffer(
      host.nodes.flatMap { node in PlacementVM.PageSize.allCases.map(node.capacityMiB) })
    distance = arena.buffer(host.distances.flatMap { $0 })

    let weights = instance.weights
    overcommit = host.sharedOvercommitPercent
    spreadWeight = weights[.spread]
    remoteWeight = weights[.remoteMemory]
    deviceWeight = weights[.device]
    l3Weight = weights[.l3]
    brokenWeight = weights[.brokenCore]
    pressureWeight = weights[.pressure]
    moveNodeWeight = weights[.moveNode]
    moveGiBWeight = weights[.moveGiB]

    let list = instance.vms
    kind = arena.buffer(list.map(Self.kind))
    vcpus = arena.buffer(list.map(\.vcpus))
    mib = arena.buffer(list.map(\.memoryMiB))
    page = arena.buffer(
      list.map { PlacementVM.PageSize.allCases.firstIndex(of: $0.pageSize) ?? 0 })
    extras = arena.buffer(list.map(\.extras))
    unplacedCost = arena.buffer(
      list.map { weights[.unplaced] * $0.priority * ($0.vcpus + ceilDivide($0.memoryMiB, 4096)) })

    let options = VMOptions(instance, layout, capacities)
    optionStart = arena.buffer(options.start)
    optionCells = arena.buffer(options.cells)
    optionSpanCost = arena.buffer(options.spanCost)
    optionGroups = arena.buffer(options.groups)
    optionSize = arena.buffer(options.size)
    sharedSizes = arena.buffer(options.sizes)
    cellStart = arena.buffer(options.cellStart)
    entryStart = arena.buffer(
      Self.running(
        list.map { $0.policy == .shared ? 0 : min(found.cores.count, $0.vcpus + $0.extras) }))

    deviceStart = arena.buffer(Self.running(list.map(\.devices.count)))
    deviceNode = arena.buffer(list.flatMap { $0.devices.map { layout.deviceNode[$0] ?? 0 } })
    let running = list.filter { !$0.current.isEmpty }
    currentRow = arena.buffer(Self.rows(list))
    isCurrent = arena.buffer(running.count * layout.nodeCount, false)
    memoryNow = arena.buffer(running.count * layout.nodeCount, 0)
    for (row, vm) in running.enumerated() {
      let share = vm.memoryMiB / vm.current.count
      for cell in vm.current {
        isCurrent[row * nodes + (layout.indexOfNode[cell.node] ?? 0)] = true
        memoryNow[row * nodes + (layout.indexOfNode[cell.memoryNode] ?? 0)] += share
      }
    }
  }

  /// The cost of memory away from its vCPUs.
  @inline(__always)
  func remoteCost(_ mib: Int, from node: Int, to memoryNode: Int) -> Int {
    let away = distance[node * nodes + memoryNode] - distance[node * nodes + node]
    return away > 0 ? (remoteWeight * mib * away + 10239) / 10240 : 0
  }

  private static func kind(_ vm: PlacementVM) -> Kind {
    guard vm.policy == .dedicated else { return .shared }
    switch vm.smt {
    case .prefer: return .prefer
    case .isolate: return .isolate
    case .require: return .require
    }
  }

  private static func running(_ counts: [Int]) -> [Int] {
    var total = 0
    return [0]
      + counts.map { count in
        total += count
        return total
      }
  }

  private static func rows(_ list: [PlacementVM]) -> [Int] {
    var next = 0
    return list.map { vm in
      guard !vm.current.isEmpty else { return -1 }
      next += 1
      return next - 1
    }
  }

  /// Cores with a usable PU, by node and the L3 group of their first PU.
  private static func buckets(of layout: HostLayout) -> (cores: [[Int]], start: [Int]) {
    var cores: [[Int]] = []
    var start = [0]
    for node in layout.nodeCores.indices {
      cores += buckets(of: layout, node: node)
      start.append(cores.count)
    }
    return (cores, start)
  }

  /// The buckets of a node, the smallest first (of equal candidates the first is taken, and small ones
  /// serve fewer VMs): their order does not hang on how PUs are numbered.
  private static func buckets(of layout: HostLayout, node: Int) -> [[Int]] {
    var order: [Int] = []
    var members: [Int: [Int]] = [:]
    for core in layout.nodeCores[node] {
      let list = layout.cores[core].pus
      guard list.contains(where: { !layout.puReserved[$0] }) else { continue }
      let group = layout.puGroup[list[0]]
      if members[group] == nil { order.append(group) }
      members[group, default: []].append(core)
    }
    let found = order.compactMap { members[$0] }
    let shapes = found.map { shape(of: $0, layout) }
    return found.indices.sorted { a, b in
      shapes[a] == shapes[b] ? a < b : shapes[a].lexicographicallyPrecedes(shapes[b])
    }.map { found[$0] }
  }

  /// Whole cores of two PUs, usable cores of one, and cores of which one PU is reserved.
  private static func shape(of cores: [Int], _ layout: HostLayout) -> [Int] {
    [
      cores.count { layout.cores[$0].pus.count == 2 && layout.cores[$0].whole },
      cores.count { layout.cores[$0].pus.count == 1 && layout.cores[$0].whole },
      cores.count { !layout.cores[$0].whole },
    ]
  }

  /// The shapes of the buckets of a node, in their order.
  static func shapes(of layout: HostLayout, node: Int) -> [Int] {
    buckets(of: layout, node: node).flatMap { shape(of: $0, layout) }
  }
}

/// The numbers of cells each VM may have, and what follows from them.
struct VMOptions {
  var start = [0]
  var cells: [Int] = []
  var spanCost: [Int] = []
  var groups: [Int] = []
  var size: [Int] = []
  var sizes: [Int] = []
  var cellStart = [0]

  init(_ instance: PlacementInstance, _ layout: HostLayout, _ capacities: EmptyHostCapacities) {
    var sizeIndex: [Int: Int] = [:]
    let cpuNodes = layout.usable.count { $0 > 0 }
    for vm in instance.vms {
      let fewest = capacities.fewestCells(vm)
      var most = 0
      for count in 1...max(1, min(vm.maxCells, cpuNodes)) where vm.admits(cells: count) {
        let each = vm.vcpus / count
        if vm.smt == .require, each % 2 != 0 { continue }
        most = count
        cells.append(count)
        spanCost.append((count - fewest) * instance.weights[.span])
        for node in 0..<layout.nodeCount {
          groups.append(capacities.fewestGroups(node: node, smt: vm.smt, vcpus: each))
        }
        if vm.policy == .shared, sizeIndex[each] == nil { sizeIndex[each] = 0 }
      }
      start.append(cells.count)
      cellStart.append(cellStart[cellStart.count - 1] + most)
    }
    sizes = sizeIndex.keys.sorted()
    for (index, value) in sizes.enumerated() { sizeIndex[value] = index }
    for (index, vm) in instance.vms.enumerated() {
      for option in start[index]..<start[index + 1] {
        size.append(sizeIndex[vm.vcpus / cells[option]] ?? 0)
      }
    }
  }
}
