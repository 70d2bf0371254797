// What the nodes chosen for the cells cost the VM alone.

extension Inserter {
  @inline(__always)
  func deviceCost(_ vm: Int, _ cells: Int) -> Int {
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
  func moveNodeCost(_ vm: Int, _ cells: Int) -> Int {
    let row = model.currentRow[vm]
    guard row >= 0 else { return 0 }
    var moved = 0
    for cell in 0..<cells where !model.isCurrent[row * model.nodes + chain[cell]] { moved += 1 }
    return moved * model.moveNodeWeight
  }

  func spreadCost(_ cells: Int) -> Int {
    var sum = 0
    for a in 0..<cells {
      for b in (a + 1)..<cells { sum += model.distance[chain[a] * model.nodes + chain[b]] - 10 }
    }
    return sum * model.spreadWeight
  }

  func memoryCost(_ vm: Int, _ cells: Int) -> Int {
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
}
