/// The machine by indexes: nodes, cores and PUs numbered from 0 in the order of the instance, with
/// the capacities of the empty host that `kmin` and `lmin` of the format are defined by.
struct HostLayout {
  struct Core {
    let pus: [Int]
    let node: Int
    /// No PU of it is reserved.
    let whole: Bool
  }

  let nodeCount: Int
  let cores: [Core]
  /// The cores of each node.
  let nodeCores: [Range<Int>]
  /// By PU index.
  let puNumber: [Int]
  let puCore: [Int]
  let puGroup: [Int]
  let puReserved: [Bool]
  let indexOfPU: [Int: Int]
  let indexOfNode: [Int: Int]
  /// Usable PUs of each node.
  let usable: [Int]
  let distances: [[Int]]
  /// Node index of each device.
  let deviceNode: [String: Int]

  init(_ host: PlacementHost) {
    nodeCount = host.nodes.count
    distances = host.distances
    var indexOfNode: [Int: Int] = [:]
    for (index, node) in host.nodes.enumerated() { indexOfNode[node.id] = index }
    let reserved = Set(host.reservedPUs)
    var groupOf: [Int: Int] = [:]
    for (index, group) in host.l3Groups.enumerated() { for pu in group { groupOf[pu] = index } }

    var cores: [Core] = []
    var nodeCores: [Range<Int>] = []
    var number: [Int] = []
    var puCore: [Int] = []
    for (node, description) in host.nodes.enumerated() {
      let first = cores.count
      for pus in description.cores {
        let start = number.count
        number += pus
        puCore += pus.map { _ in cores.count }
        cores.append(
          Core(
            pus: Array(start..<number.count), node: node,
            whole: !pus.contains(where: reserved.contains)))
      }
      nodeCores.append(first..<cores.count)
    }
    self.cores = cores
    self.nodeCores = nodeCores
    self.puCore = puCore
    puNumber = number
    puGroup = number.map { groupOf[$0] ?? 0 }
    puReserved = number.map(reserved.contains)
    indexOfPU = Dictionary(zip(number, number.indices), uniquingKeysWith: { first, _ in first })
    self.indexOfNode = indexOfNode
    var usable = Array(repeating: 0, count: host.nodes.count)
    for (index, pu) in number.enumerated() where !reserved.contains(pu) {
      usable[cores[puCore[index]].node] += 1
    }
    self.usable = usable
    var deviceNode: [String: Int] = [:]
    for device in host.devices { deviceNode[device.id] = indexOfNode[device.node] ?? 0 }
    self.deviceNode = deviceNode
  }

  /// Capacities of the L3 groups of a node on the empty host, largest first.
  func groupCapacities(node: Int, smt: PlacementVM.SMT) -> [Int] {
    var capacities: [Int: Int] = [:]
    for core in cores[nodeCores[node]] {
      if smt == .prefer {
        for pu in core.pus where !puReserved[pu] { capacities[puGroup[pu], default: 0] += 1 }
      } else if core.whole, smt == .isolate || core.pus.count == 2 {
        capacities[puGroup[core.pus[0]], default: 0] += smt == .isolate ? 1 : 2
      }
    }
    return capacities.values.sorted(by: >)
  }
}

/// Capacities of the empty host for one kind of cell, computed once.
struct EmptyHostCapacities {
  private let groups: [PlacementVM.SMT: [[Int]]]
  private let totals: [PlacementVM.SMT: [Int]]

  init(_ layout: HostLayout) {
    var groups: [PlacementVM.SMT: [[Int]]] = [:]
    var totals: [PlacementVM.SMT: [Int]] = [:]
    for smt in PlacementVM.SMT.allCases {
      let capacities = (0..<layout.nodeCount).map { layout.groupCapacities(node: $0, smt: smt) }
      groups[smt] = capacities
      totals[smt] = capacities.map { $0.reduce(0, +) }
    }
    self.groups = groups
    self.totals = totals
  }

  /// The capacity of a node.
  func capacity(node: Int, smt: PlacementVM.SMT) -> Int { totals[smt]?[node] ?? 0 }

  /// The fewest L3 groups of a node that hold this many vCPUs.
  func fewestGroups(node: Int, smt: PlacementVM.SMT, vcpus: Int) -> Int {
    var total = 0
    for (index, capacity) in (groups[smt]?[node] ?? []).enumerated() {
      total += capacity
      if total >= vcpus { return index + 1 }
    }
    return 1
  }

  /// The least admissible number of cells for which enough nodes could hold one cell each.
  func fewestCells(_ vm: PlacementVM) -> Int {
    let capacities = totals[vm.smt] ?? []
    for cells in 1...max(1, vm.maxCells) where vm.admits(cells: cells) {
      let need = vm.vcpus / cells
      if vm.smt == .require, need % 2 != 0 { continue }
      if capacities.count(where: { $0 >= need }) >= cells { return cells }
    }
    return 1
  }
}
