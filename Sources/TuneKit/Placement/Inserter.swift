/// Puts one VM at its cheapest place in a state.
struct Inserter {
  let state: SearchState
  let model: SearchModel
  var finder: CellFinder
  /// Nodes above this pressure are charged for the excess, so that the search sees which way
  /// balance lies although only the highest node costs.
  var pressureTarget = 4
  /// What a quarter-step above the target is charged.
  let guide: Int

  /// Price of the current VM's cell on each node, without and with its extras.
  let plain: FixedBuffer<Int>
  let first: FixedBuffer<Int>
  let pressureThere: FixedBuffer<Int>
  /// MiB this VM has put on each node so far.
  let mine: FixedBuffer<Int>
  let chain: FixedBuffer<Int>
  let chainMemory: FixedBuffer<Int>
  let bestNodes: FixedBuffer<Int>
  let bestMemory: FixedBuffer<Int>
  /// Whether only some nodes may be used: `nodes`.
  var isNarrowed = false
  let nodes: FixedBuffer<Bool>

  init(_ state: SearchState, seed: UInt64) {
    self.state = state
    model = state.model
    finder = CellFinder(state, seed: seed)
    guide = max(1, model.pressureWeight / 8)
    let arena = model.arena
    nodes = arena.buffer(model.nodes, true)
    plain = arena.buffer(model.nodes, 0)
    first = arena.buffer(model.nodes, 0)
    pressureThere = arena.buffer(2 * model.nodes, 0)
    mine = arena.buffer(model.nodes, 0)
    chain = arena.buffer(model.nodes, 0)
    chainMemory = arena.buffer(model.nodes, 0)
    bestNodes = arena.buffer(model.nodes, 0)
    bestMemory = arena.buffer(model.nodes, 0)
  }

  /// The charge for the nodes above the pressure target.
  var guideCost: Int {
    var excess = 0
    for node in 0..<model.nodes where state.pressure[node] > pressureTarget {
      excess += state.pressure[node] - pressureTarget
    }
    return excess * guide
  }

  static let impossible = CellFinder.impossible
  static let scale = CellFinder.scale

  /// Places the VM; false when there is no room.
  mutating func insert(_ vm: Int) -> Bool {
    var best = Self.impossible
    let peak = state.peak
    finder.steps += 8 + model.nodes
    for option in model.optionStart[vm]..<model.optionStart[vm + 1] {
      let cells = model.optionCells[option]
      guard model.optionSpanCost[option] * Self.scale < best else { continue }
      price(vm, option)
      let found: (score: Int, cost: Int)
      switch cells {
      case 1: found = single(vm, option, peak: peak, below: best)
      case 2: found = couple(vm, option, peak: peak, below: best)
      default: found = chain(vm, option, peak: peak, below: best)
      }
      guard found.score < best else { continue }
      best = found.score
      write(vm, option, cost: found.cost)
    }
    guard best < Self.impossible else { return false }
    state.add(vm)
    return true
  }

  /// Prices a cell on every node.
  mutating func price(_ vm: Int, _ option: Int) {
    let hasExtras = model.extras[vm] > 0
    let isShared = model.kind[vm] == .shared
    let several = model.optionCells[option] > 1
    for node in 0..<model.nodes {
      if isNarrowed, !nodes[node] {
        plain[node] = Self.impossible
        first[node] = Self.impossible
        continue
      }
      if isShared {
        plain[node] = priceShared(vm, option, node)
        first[node] = plain[node]
        continue
      }
      plain[node] =
        several || !hasExtras
        ? priceDedicated(vm, option, node, withExtras: false) : Self.impossible
      first[node] =
        hasExtras ? priceDedicated(vm, option, node, withExtras: true) : plain[node]
    }
  }

  mutating func priceShared(_ vm: Int, _ option: Int, _ node: Int) -> Int {
    finder.steps += 1
    if finder.blinks > 0, finder.random.below(1024) < finder.blinks { return Self.impossible }
    let vcpus = model.vcpus[vm] / model.optionCells[option]
    let pool = model.usable[node] - state.nodeTaken[node]
    let shared = state.sharedVCPUs[node] + vcpus
    guard 100 * shared <= model.overcommit * pool, vcpus <= pool else { return Self.impossible }
    let after = state.pressure(shared: shared, pool: pool)
    pressureThere[node] = after
    pressureThere[model.nodes + node] = after
    let taste = finder.taste == .random ? finder.random.below(64) : min(63, after)
    return guideDelta(node, after) * Self.scale + taste
  }

  mutating func priceDedicated(
    _ vm: Int, _ option: Int, _ node: Int, withExtras: Bool
  ) -> Int {
    let found = finder.find(vm: vm, option: option, node: node, withExtras: withExtras)
    guard found < Self.impossible else { return found }
    let shared = state.sharedVCPUs[node]
    guard shared > 0 else {
      pressureThere[(withExtras ? model.nodes : 0) + node] = 0
      return found
    }
    let pool = model.usable[node] - state.nodeTaken[node] - takenMore(vm, node, withExtras)
    guard 100 * shared <= model.overcommit * pool, state.largestShared[node] <= pool else {
      return Self.impossible
    }
    let after = state.pressure(shared: shared, pool: pool)
    pressureThere[(withExtras ? model.nodes : 0) + node] = after
    return found + guideDelta(node, after) * Self.scale
  }

  /// PUs that leave the pool of a node with the cell just found there.
  func takenMore(_ vm: Int, _ node: Int, _ withExtras: Bool) -> Int {
    let offset = finder.offset(withExtras)
    var sum = 0
    for bucket in model.bucketStart[node]..<model.bucketStart[node + 1] {
      let vcpus = finder.vcpus[offset + bucket]
      let extras = finder.extras[offset + bucket]
      guard vcpus + extras > 0 else { continue }
      let after = SearchState.change(
        state.use[bucket], model.kind[vm], vcpus: vcpus, extras: extras, by: 1)
      sum += state.layout(bucket, after).taken - state.taken[bucket]
    }
    return sum
  }

  @inline(__always)
  func guideDelta(_ node: Int, _ after: Int) -> Int {
    let before = state.pressure[node]
    return (max(0, after - pressureTarget) - max(0, before - pressureTarget)) * guide
  }

  /// What the highest pressure costs more when a node reaches `after`.
  @inline(__always)
  func peakCost(_ peak: Int, _ after: Int) -> Int {
    after > peak ? (max(4, after) - max(4, peak)) * model.pressureWeight : 0
  }

  /// The record of L3 cost is part of a VM's own cost; broken cores and pressure are not.
  func groupCost(_ vm: Int, _ option: Int, _ node: Int, _ withExtras: Bool) -> Int {
    guard model.kind[vm] != .shared else { return 0 }
    let offset = finder.offset(withExtras)
    var groups = 0
    for bucket in model.bucketStart[node]..<model.bucketStart[node + 1]
    where finder.vcpus[offset + bucket] > 0 {
      groups += 1
    }
    return (groups - model.optionGroups[option * model.nodes + node]) * model.l3Weight
  }

  /// Writes the record of the place found; what the finder found is still there.
  func write(_ vm: Int, _ option: Int, cost: Int) {
    let records = state.records
    let cells = model.optionCells[option]
    records.cells[vm] = cells
    records.option[vm] = option
    records.cost[vm] = cost
    let firstCell = model.cellStart[vm]
    var entry = model.entryStart[vm]
    for cell in 0..<cells {
      records.cellNode[firstCell + cell] = bestNodes[cell]
      records.cellMemory[firstCell + cell] = bestMemory[cell]
      guard model.kind[vm] != .shared else { continue }
      let node = bestNodes[cell]
      let offset = finder.offset(cell == 0 && model.extras[vm] > 0)
      for bucket in model.bucketStart[node]..<model.bucketStart[node + 1] {
        let vcpus = finder.vcpus[offset + bucket]
        let extras = finder.extras[offset + bucket]
        guard vcpus + extras > 0 else { continue }
        records.entryBucket[entry] = bucket
        records.entryVCPUs[entry] = vcpus
        records.entryExtras[entry] = extras
        entry += 1
      }
    }
    records.entries[vm] = entry - model.entryStart[vm]
  }
}
