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
  private let plain: FixedBuffer<Int>
  private let first: FixedBuffer<Int>
  private let pressureThere: FixedBuffer<Int>
  /// MiB this VM has put on each node so far.
  private let mine: FixedBuffer<Int>
  private let chain: FixedBuffer<Int>
  private let chainMemory: FixedBuffer<Int>
  private let bestNodes: FixedBuffer<Int>
  private let bestMemory: FixedBuffer<Int>

  init(_ state: SearchState, seed: UInt64) {
    self.state = state
    model = state.model
    finder = CellFinder(state, seed: seed)
    guide = max(1, model.pressureWeight / 8)
    let arena = model.arena
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

  private static let impossible = CellFinder.impossible
  private static let scale = CellFinder.scale

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
  private mutating func price(_ vm: Int, _ option: Int) {
    let hasExtras = model.extras[vm] > 0
    let isShared = model.kind[vm] == .shared
    let several = model.optionCells[option] > 1
    for node in 0..<model.nodes {
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

  private mutating func priceShared(_ vm: Int, _ option: Int, _ node: Int) -> Int {
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

  private mutating func priceDedicated(
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
  private func takenMore(_ vm: Int, _ node: Int, _ withExtras: Bool) -> Int {
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
  private func guideDelta(_ node: Int, _ after: Int) -> Int {
    let before = state.pressure[node]
    return (max(0, after - pressureTarget) - max(0, before - pressureTarget)) * guide
  }

  /// What the highest pressure costs more when a node reaches `after`.
  @inline(__always)
  private func peakCost(_ peak: Int, _ after: Int) -> Int {
    after > peak ? (max(4, after) - max(4, peak)) * model.pressureWeight : 0
  }

  /// The record of L3 cost is part of a VM's own cost; broken cores and pressure are not.
  private func groupCost(_ vm: Int, _ option: Int, _ node: Int, _ withExtras: Bool) -> Int {
    guard model.kind[vm] != .shared else { return 0 }
    let offset = finder.offset(withExtras)
    var groups = 0
    for bucket in model.bucketStart[node]..<model.bucketStart[node + 1]
    where finder.vcpus[offset + bucket] > 0 {
      groups += 1
    }
    return (groups - model.optionGroups[option * model.nodes + node]) * model.l3Weight
  }

  // MARK: One cell

  private mutating func single(
    _ vm: Int, _ option: Int, peak: Int, below bound: Int
  ) -> (score: Int, cost: Int) {
    var best = bound
    var bestCost = 0
    for node in 0..<model.nodes where first[node] < Self.impossible {
      let known =
        first[node]
        + (model.optionSpanCost[option]
          + peakCost(peak, pressureThere[model.extras[vm] > 0 ? model.nodes + node : node]))
        * Self.scale
      guard known < best else { continue }
      chain[0] = node
      let own = model.optionSpanCost[option] + deviceCost(vm, 1) + moveNodeCost(vm, 1)
      let home = bestMemory(vm, node)
      guard home.node >= 0 else { continue }
      let score = known + (own - model.optionSpanCost[option] + home.cost) * Self.scale
      if score < best {
        best = score
        bestCost = own + home.cost
        bestNodes[0] = node
        bestMemory[0] = home.node
      }
    }
    guard best < bound else { return (Self.impossible, 0) }
    bestCost += groupCost(vm, option, bestNodes[0], model.extras[vm] > 0)
    return (best, bestCost)
  }

  /// The cheapest node for all of a VM's memory.
  private func bestMemory(_ vm: Int, _ node: Int) -> (node: Int, cost: Int) {
    let mib = model.mib[vm]
    let page = model.page[vm]
    let row = model.currentRow[vm]
    if row < 0, state.freeMemory[node * 3 + page] >= mib { return (node, 0) }
    var best = Int.max
    var home = -1
    for index in 0..<model.nodes {
      let memory = (node + index) % model.nodes
      guard state.freeMemory[memory * 3 + page] >= mib else { continue }
      var cost = model.remoteCost(mib, from: node, to: memory)
      if row >= 0 {
        let moved = max(0, mib - model.memoryNow[row * model.nodes + memory])
        cost += (model.moveGiBWeight * moved + 1023) / 1024
      }
      if cost < best {
        best = cost
        home = memory
      }
    }
    return (home, best)
  }

  // MARK: Two cells

  private mutating func couple(
    _ vm: Int, _ option: Int, peak: Int, below bound: Int
  ) -> (score: Int, cost: Int) {
    var best = bound
    var bestCost = 0
    let ordered = model.extras[vm] > 0
    for a in 0..<model.nodes where first[a] < Self.impossible {
      for b in (ordered ? 0 : a + 1)..<model.nodes where b != a && plain[b] < Self.impossible {
        let spread = (model.distance[a * model.nodes + b] - 10) * model.spreadWeight
        let high = max(
          pressureThere[ordered ? model.nodes + a : a], pressureThere[b])
        let base = model.optionSpanCost[option] + spread
        let known = first[a] + plain[b] + (base + peakCost(peak, high)) * Self.scale
        guard known < best else { continue }
        chain[0] = a
        chain[1] = b
        let more = deviceCost(vm, 2) + moveNodeCost(vm, 2)
        guard known + more * Self.scale < best else { continue }
        let homes = memoryOfCouple(vm, a, b)
        guard homes.a >= 0 else { continue }
        let score = known + (more + homes.cost) * Self.scale
        if score < best {
          best = score
          bestCost = base + more + homes.cost
          bestNodes[0] = a
          bestNodes[1] = b
          bestMemory[0] = homes.a
          bestMemory[1] = homes.b
        }
      }
    }
    guard best < bound else { return (Self.impossible, 0) }
    bestCost += groupCost(vm, option, bestNodes[0], ordered)
    bestCost += groupCost(vm, option, bestNodes[1], false)
    return (best, bestCost)
  }

  private func memoryOfCouple(_ vm: Int, _ a: Int, _ b: Int) -> (a: Int, b: Int, cost: Int) {
    let mib = model.mib[vm] / 2
    let page = model.page[vm]
    let row = model.currentRow[vm]
    if row < 0, state.freeMemory[a * 3 + page] >= mib, state.freeMemory[b * 3 + page] >= mib {
      return (a, b, 0)
    }
    var best = (a: -1, b: -1, cost: Int.max)
    for x in 0..<model.nodes where state.freeMemory[x * 3 + page] >= mib {
      let near = model.remoteCost(mib, from: a, to: x)
      guard near < best.cost else { continue }
      for y in 0..<model.nodes {
        guard state.freeMemory[y * 3 + page] >= (x == y ? 2 * mib : mib) else { continue }
        var cost = near + model.remoteCost(mib, from: b, to: y)
        guard cost < best.cost else { continue }
        if row >= 0 {
          let base = row * model.nodes
          var moved: Int
          if x == y {
            moved = max(0, 2 * mib - model.memoryNow[base + x])
          } else {
            moved =
              max(0, mib - model.memoryNow[base + x]) + max(0, mib - model.memoryNow[base + y])
          }
          cost += (model.moveGiBWeight * moved + 1023) / 1024
        }
        if cost < best.cost { best = (x, y, cost) }
      }
    }
    return best
  }

  // MARK: More cells

  /// Cells one after the other, each where it costs least beside those before it.
  private mutating func chain(
    _ vm: Int, _ option: Int, peak: Int, below bound: Int
  ) -> (score: Int, cost: Int) {
    var best = bound
    var bestCost = 0
    let cells = model.optionCells[option]
    let tries = min(model.nodes, 16)
    let shift = finder.random.below(model.nodes)
    for index in 0..<tries {
      let start = (index + shift) % model.nodes
      guard first[start] < Self.impossible else { continue }
      guard let score = grow(vm, cells, from: start) else { continue }
      var high = pressureThere[model.extras[vm] > 0 ? model.nodes + start : start]
      for cell in 1..<cells { high = max(high, pressureThere[chain[cell]]) }
      let own =
        model.optionSpanCost[option] + spreadCost(cells) + deviceCost(vm, cells)
        + moveNodeCost(vm, cells) + memoryCost(vm, cells)
      let total = score + (own + peakCost(peak, high)) * Self.scale
      guard total < best else { continue }
      best = total
      bestCost = own
      for cell in 0..<cells {
        bestNodes[cell] = chain[cell]
        bestMemory[cell] = chainMemory[cell]
      }
    }
    guard best < bound else { return (Self.impossible, 0) }
    for cell in 0..<cells {
      bestCost += groupCost(vm, option, bestNodes[cell], cell == 0 && model.extras[vm] > 0)
    }
    return (best, bestCost)
  }

  /// Grows a chain of cells from a first node; the sum of the cells' prices, or nil.
  private mutating func grow(_ vm: Int, _ cells: Int, from start: Int) -> Int? {
    for node in 0..<model.nodes { mine[node] = 0 }
    var sum = first[start]
    chain[0] = start
    guard takeMemory(vm, 0, cells) else { return nil }
    for cell in 1..<cells {
      var best = Self.impossible
      var chosen = -1
      for node in 0..<model.nodes where plain[node] < Self.impossible {
        var price = plain[node]
        var used = false
        for earlier in 0..<cell {
          used = used || chain[earlier] == node
          price +=
            (model.distance[chain[earlier] * model.nodes + node] - 10) * model.spreadWeight
            * Self.scale
        }
        guard !used, price < best else { continue }
        best = price
        chosen = node
      }
      guard chosen >= 0 else { return nil }
      chain[cell] = chosen
      sum += plain[chosen]
      guard takeMemory(vm, cell, cells) else { return nil }
    }
    return sum
  }

  /// Chooses the nearest node with room for the memory of a cell of the chain.
  private func takeMemory(_ vm: Int, _ cell: Int, _ cells: Int) -> Bool {
    let mib = model.mib[vm] / cells
    let page = model.page[vm]
    var best = Int.max
    var home = -1
    for index in 0..<model.nodes {
      let memory = (chain[cell] + index) % model.nodes
      guard state.freeMemory[memory * 3 + page] - mine[memory] >= mib else { continue }
      let cost = model.remoteCost(mib, from: chain[cell], to: memory)
      if cost < best {
        best = cost
        home = memory
      }
    }
    guard home >= 0 else { return false }
    mine[home] += mib
    chainMemory[cell] = home
    return true
  }

  private func spreadCost(_ cells: Int) -> Int {
    var sum = 0
    for a in 0..<cells {
      for b in (a + 1)..<cells { sum += model.distance[chain[a] * model.nodes + chain[b]] - 10 }
    }
    return sum * model.spreadWeight
  }

  private func memoryCost(_ vm: Int, _ cells: Int) -> Int {
    let mib = model.mib[vm] / cells
    var cost = 0
    for cell in 0..<cells {
      cost += model.remoteCost(mib, from: chain[cell], to: chainMemory[cell])
    }
    let row = model.currentRow[vm]
    guard row >= 0 else { return cost }
    var moved = 0
    for node in 0..<model.nodes {
      moved += max(0, mine[node] - model.memoryNow[row * model.nodes + node])
    }
    return cost + (model.moveGiBWeight * moved + 1023) / 1024
  }

  // MARK: Costs of the nodes in `chain`

  @inline(__always)
  private func deviceCost(_ vm: Int, _ cells: Int) -> Int {
    var sum = 0
    for device in model.deviceStart[vm]..<model.deviceStart[vm + 1] {
      var nearest = Int.max
      for cell in 0..<cells {
        nearest = min(nearest, model.distance[chain[cell] * model.nodes + model.deviceNode[device]])
      }
      sum += max(0, nearest - 10)
    }
    return sum * model.deviceWeight
  }

  @inline(__always)
  private func moveNodeCost(_ vm: Int, _ cells: Int) -> Int {
    let row = model.currentRow[vm]
    guard row >= 0 else { return 0 }
    var moved = 0
    for cell in 0..<cells where !model.isCurrent[row * model.nodes + chain[cell]] { moved += 1 }
    return moved * model.moveNodeWeight
  }

  /// Writes the record of the place found; what the finder found is still there.
  private func write(_ vm: Int, _ option: Int, cost: Int) {
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
