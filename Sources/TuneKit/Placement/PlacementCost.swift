/// The cost of a valid solution, by term.
public struct PlacementCost: Sendable, Hashable {
  /// What each term contributes, weight included.
  public let terms: [PlacementTerm: Int]
  /// What each VM contributes alone, in the instance's order: all terms but broken cores and pressure.
  public let vmTerms: [[PlacementTerm: Int]]

  /// The sum.
  public var total: Int { terms.values.reduce(0, +) }

  /// Cost by term as JSON, in the order of the format.
  public var json: JSONValue {
    .object(
      PlacementTerm.allCases.map { JSONMember($0.rawValue, .integer(terms[$0] ?? 0)) })
  }
}

/// A rule a solution breaks, named as in the format.
public struct PlacementViolation: Error, Sendable, Hashable, CustomStringConvertible {
  /// `cells`, `exclusive`, `memory`, ….
  public let rule: String
  /// What breaks it.
  public let detail: String

  /// Rule and detail.
  public var description: String { "\(rule): \(detail)" }
}

extension PlacementSolution {
  /// Checks every hard constraint and adds up the cost, PU by PU, exactly as the format says and
  /// without anything the search keeps: what the search claims is judged by this.
  public func cost(in instance: PlacementInstance) throws(PlacementViolation) -> PlacementCost {
    guard placements.count == instance.vms.count else {
      throw PlacementViolation(rule: "format", detail: "\(placements.count) placements")
    }
    var judge = PlacementJudge(instance)
    for (index, placement) in placements.enumerated() {
      try judge.add(instance.vms[index], placement, index: index)
    }
    return try judge.finish()
  }
}

/// Checks and adds up one VM after the other.
struct PlacementJudge {
  private let instance: PlacementInstance
  private let layout: HostLayout
  private let capacities: EmptyHostCapacities
  private var owner: [Int]
  private var idledBy: [Int]
  private var isolated: [Bool]
  private var usedMemory: [[PlacementVM.PageSize: Int]]
  private var sharedVCPUs: [Int]
  private var largestShared: [Int]
  private var terms: [PlacementTerm: Int] = [:]
  private var vmTerms: [[PlacementTerm: Int]] = []

  init(_ instance: PlacementInstance) {
    self.instance = instance
    layout = HostLayout(instance.host)
    capacities = EmptyHostCapacities(layout)
    owner = Array(repeating: -1, count: layout.puNumber.count)
    idledBy = owner
    isolated = Array(repeating: false, count: layout.cores.count)
    usedMemory = Array(repeating: [:], count: layout.nodeCount)
    sharedVCPUs = Array(repeating: 0, count: layout.nodeCount)
    largestShared = sharedVCPUs
  }

  mutating func add(
    _ vm: PlacementVM, _ placement: PlacementSolution.Placement?, index: Int
  ) throws(PlacementViolation) {
    vmTerms.append([:])
    guard let placement else {
      return charge(.unplaced, vm.priority * (vm.vcpus + (vm.memoryMiB + 4095) / 4096))
    }
    let count = placement.cells.count
    guard vm.admits(cells: count) else {
      throw PlacementViolation(rule: "cells", detail: "\(vm.name) cannot have \(count) cells")
    }
    var nodes: [Int] = []
    for cell in placement.cells {
      guard let node = layout.indexOfNode[cell.node],
        let memory = layout.indexOfNode[cell.memoryNode]
      else { throw PlacementViolation(rule: "format", detail: "\(vm.name): unknown node") }
      guard !nodes.contains(node) else {
        throw PlacementViolation(rule: "cells", detail: "\(vm.name): two cells on a node")
      }
      nodes.append(node)
      try addCell(vm, cell, node: node, memory: memory, index: index, cells: count)
    }
    try addExtras(vm, placement, node: nodes[0], index: index)
    chargeWhole(vm, placement, nodes: nodes)
  }

  private mutating func addCell(
    _ vm: PlacementVM, _ cell: PlacementSolution.Cell, node: Int, memory: Int, index: Int,
    cells: Int
  ) throws(PlacementViolation) {
    let vcpus = vm.vcpus / cells
    let mib = vm.memoryMiB / cells
    usedMemory[memory][vm.pageSize, default: 0] += mib
    let away = layout.distances[node][memory] - layout.distances[node][node]
    if away > 0 {
      charge(.remoteMemory, cost: ceilDivide(weight(.remoteMemory) * mib * away, 10240))
    }
    guard vm.policy == .dedicated else {
      guard cell.vcpuPUs.isEmpty else {
        throw PlacementViolation(rule: "format", detail: "\(vm.name) is shared but has PUs")
      }
      sharedVCPUs[node] += vcpus
      largestShared[node] = max(largestShared[node], vcpus)
      return
    }
    guard cell.vcpuPUs.count == vcpus else {
      throw PlacementViolation(rule: "vcpus", detail: "\(vm.name): a cell needs \(vcpus) PUs")
    }
    var groups: Set<Int> = []
    var mine: Set<Int> = []
    for number in cell.vcpuPUs {
      let pu = try take(number, vm, node: node, index: index)
      mine.insert(pu)
      groups.insert(layout.puGroup[pu])
    }
    try checkSiblings(vm, mine, index: index)
    charge(
      .l3, groups.count - capacities.fewestGroups(node: node, smt: vm.smt, vcpus: vcpus))
  }

  private mutating func take(
    _ number: Int, _ vm: PlacementVM, node: Int, index: Int
  ) throws(PlacementViolation) -> Int {
    guard let pu = layout.indexOfPU[number] else {
      throw PlacementViolation(rule: "pu", detail: "\(vm.name): no PU \(number)")
    }
    guard !layout.puReserved[pu] else {
      throw PlacementViolation(rule: "reserved", detail: "\(vm.name): PU \(number)")
    }
    guard layout.cores[layout.puCore[pu]].node == node else {
      throw PlacementViolation(rule: "locality", detail: "\(vm.name): PU \(number)")
    }
    guard owner[pu] < 0 else {
      throw PlacementViolation(rule: "exclusive", detail: "\(vm.name): PU \(number)")
    }
    owner[pu] = index
    return pu
  }

  private mutating func checkSiblings(
    _ vm: PlacementVM, _ mine: Set<Int>, index: Int
  ) throws(PlacementViolation) {
    guard vm.smt != .prefer else { return }
    for pu in mine.sorted() {
      let core = layout.cores[layout.puCore[pu]]
      let siblings = core.pus.filter { $0 != pu }
      if vm.smt == .isolate {
        guard core.whole else {
          throw PlacementViolation(rule: "isolate", detail: "\(vm.name): a reserved sibling")
        }
        isolated[layout.puCore[pu]] = true
        for sibling in siblings { idledBy[sibling] = index }
      } else {
        guard !siblings.isEmpty, siblings.allSatisfy(mine.contains) else {
          throw PlacementViolation(rule: "require", detail: "\(vm.name): part of a core")
        }
      }
    }
  }

  private mutating func addExtras(
    _ vm: PlacementVM, _ placement: PlacementSolution.Placement, node: Int, index: Int
  ) throws(PlacementViolation) {
    guard (placement.emulatorPU != nil) == vm.isolatesEmulator else {
      throw PlacementViolation(rule: "emulator", detail: vm.name)
    }
    guard placement.ioThreadPUs.count == vm.dedicatedIOThreads else {
      throw PlacementViolation(rule: "iothreads", detail: vm.name)
    }
    if let emulator = placement.emulatorPU {
      _ = try take(emulator, vm, node: node, index: index)
    }
    for pu in placement.ioThreadPUs { _ = try take(pu, vm, node: node, index: index) }
  }

  private mutating func chargeWhole(
    _ vm: PlacementVM, _ placement: PlacementSolution.Placement, nodes: [Int]
  ) {
    charge(.span, nodes.count - capacities.fewestCells(vm))
    for (position, a) in nodes.enumerated() {
      for b in nodes[(position + 1)...] { charge(.spread, layout.distances[a][b] - 10) }
    }
    for device in vm.devices {
      guard let home = layout.deviceNode[device] else { continue }
      let nearest = nodes.map { layout.distances[$0][home] - 10 }.min() ?? 0
      charge(.device, max(0, nearest))
    }
    guard !vm.current.isEmpty else { return }
    let before = Set(vm.current.map(\.node))
    charge(.moveNode, placement.cells.count { !before.contains($0.node) })
    let share = vm.memoryMiB / vm.current.count
    var memory: [Int: Int] = [:]
    for cell in vm.current { memory[cell.memoryNode, default: 0] -= share }
    for cell in placement.cells {
      memory[cell.memoryNode, default: 0] += vm.memoryMiB / nodes.count
    }
    let used = Set(placement.cells.map(\.memoryNode))
    let moved = used.reduce(0) { $0 + max(0, memory[$1] ?? 0) }
    charge(.moveGiB, cost: ceilDivide(weight(.moveGiB) * moved, 1024))
  }

  mutating func finish() throws(PlacementViolation) -> PlacementCost {
    for pu in owner.indices where idledBy[pu] >= 0 && owner[pu] >= 0 {
      throw PlacementViolation(rule: "isolate", detail: "PU \(layout.puNumber[pu]) must stay idle")
    }
    try checkMemory()
    let peak = try checkPools()
    charge(.pressure, cost: weight(.pressure) * max(0, peak - 4), ofVM: false)
    for (index, core) in layout.cores.enumerated() where core.pus.count == 2 && !isolated[index] {
      guard owner[core.pus[0]] != owner[core.pus[1]] else { continue }
      charge(.brokenCore, cost: weight(.brokenCore), ofVM: false)
    }
    return PlacementCost(terms: terms, vmTerms: vmTerms)
  }

  private func checkMemory() throws(PlacementViolation) {
    for (index, node) in instance.host.nodes.enumerated() {
      for (page, mib) in usedMemory[index] where mib > node.capacityMiB(page) {
        throw PlacementViolation(rule: "memory", detail: "node \(node.id), \(page.kib) KiB pages")
      }
    }
  }

  /// The greatest quarter-step of shared vCPUs per PU of a node's pool.
  private func checkPools() throws(PlacementViolation) -> Int {
    var pool = layout.usable
    for pu in owner.indices where !layout.puReserved[pu] && (owner[pu] >= 0 || idledBy[pu] >= 0) {
      pool[layout.cores[layout.puCore[pu]].node] -= 1
    }
    var peak = 0
    for node in pool.indices where sharedVCPUs[node] > 0 {
      guard
        100 * sharedVCPUs[node] <= instance.host.sharedOvercommitPercent * pool[node],
        largestShared[node] <= pool[node]
      else {
        throw PlacementViolation(
          rule: "overcommit", detail: "node \(instance.host.nodes[node].id)")
      }
      peak = max(peak, ceilDivide(4 * sharedVCPUs[node], pool[node]))
    }
    return peak
  }

  private func weight(_ term: PlacementTerm) -> Int { instance.weights[term] }

  private mutating func charge(_ term: PlacementTerm, _ amount: Int) {
    charge(term, cost: weight(term) * amount)
  }

  private mutating func charge(_ term: PlacementTerm, cost: Int, ofVM: Bool = true) {
    guard cost != 0 else { return }
    terms[term, default: 0] += cost
    if ofVM { vmTerms[vmTerms.count - 1][term, default: 0] += cost }
  }
}

extension PlacementHost.Node {
  /// The memory of a pool, in MiB.
  func capacityMiB(_ page: PlacementVM.PageSize) -> Int {
    switch page {
    case .base: memoryMiB
    case .large: pages2MiB * 2
    case .huge: pages1GiB * 1024
    }
  }
}

/// Division that rounds up; the divisor is positive.
func ceilDivide(_ value: Int, _ divisor: Int) -> Int {
  value >= 0 ? (value + divisor - 1) / divisor : -(-value / divisor)
}
