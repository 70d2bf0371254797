extension SearchModel {
  /// The least cost of a VM alone over all places on the empty host, found without listing them;
  /// nil when it fits nowhere. Terms are minimised one by one, so this is a lower bound.
  func leastOwnCost(_ vm: Int) -> Int? {
    var best: Int?
    for option in optionStart[vm]..<optionStart[vm + 1] {
      let cells = optionCells[option]
      guard let cost = cells == 1 ? leastSingle(vm) : leastSeveral(vm, cells) else { continue }
      best = min(best ?? Int.max, cost + optionSpanCost[option])
    }
    return best
  }

  private func holds(_ vm: Int, _ cells: Int, _ node: Int, extras: Int) -> Bool {
    let need = vcpus[vm] / cells
    let smt = kind[vm] == .shared ? PlacementVM.SMT.prefer : instance.vms[vm].smt
    return capacities.capacity(node: node, smt: smt) >= need && usable[node] >= need + extras
  }

  private func leastSingle(_ vm: Int) -> Int? {
    var best: Int?
    for node in 0..<nodes where holds(vm, 1, node, extras: extras[vm]) {
      var fixed = 0
      for device in deviceStart[vm]..<deviceStart[vm + 1] {
        fixed += max(0, distance[node * nodes + deviceNode[device]] - 10) * deviceWeight
      }
      let row = currentRow[vm] * nodes
      if row >= 0, !isCurrent[row + node] { fixed += moveNodeWeight }
      for home in 0..<nodes where memory[home * 3 + page[vm]] >= mib[vm] {
        var cost = fixed + remoteCost(mib[vm], from: node, to: home)
        if row >= 0 {
          cost += (moveGiBWeight * max(0, mib[vm] - memoryNow[row + home]) + 1023) / 1024
        }
        best = min(best ?? Int.max, cost)
      }
    }
    return best
  }

  /// Of several cells: the nearest pairs of nodes; devices, memory and moves count as nothing.
  private func leastSeveral(_ vm: Int, _ cells: Int) -> Int? {
    let able = (0..<nodes).filter { holds(vm, cells, $0, extras: 0) }
    guard able.count >= cells else { return nil }
    var nearest = Int.max
    for a in able {
      for b in able where b != a { nearest = min(nearest, distance[a * nodes + b] - 10) }
    }
    return cells * (cells - 1) / 2 * nearest * spreadWeight
  }
}
