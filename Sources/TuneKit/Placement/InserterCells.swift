// Where one, two or more cells of a VM cost least.

extension Inserter {
  // MARK: One cell
  mutating func single(
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
  func bestMemory(_ vm: Int, _ node: Int) -> (node: Int, cost: Int) {
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
  mutating func couple(
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

  func memoryOfCouple(_ vm: Int, _ a: Int, _ b: Int) -> (a: Int, b: Int, cost: Int) {
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
  mutating func chain(
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
  mutating func grow(_ vm: Int, _ cells: Int, from start: Int) -> Int? {
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
  func takeMemory(_ vm: Int, _ cell: Int, _ cells: Int) -> Bool {
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
}
