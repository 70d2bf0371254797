/// Every place a VM could have on the empty host, by node: cells, their nodes and memory nodes, with
/// the cost of the VM alone. L3 groups are left out, so the costs are lower bounds.
struct PlaceChoices {
  struct Choice {
    /// Cost of the VM alone, without L3 groups.
    let cost: Int
    let option: Int
    let cells: Int
    /// Where the nodes of the cells, then their memory nodes, begin in `nodes`.
    let start: Int
  }

  /// The choices of VM v are `start[v]..<start[v + 1]`, the cheapest first.
  private(set) var start = [0]
  private(set) var choices: [Choice] = []
  private(set) var nodes: [Int] = []

  /// Lists the choices, or nil when they are more than `limit`.
  init?(_ model: SearchModel, limit: Int) {
    for vm in 0..<model.vms {
      let first = choices.count
      for option in model.optionStart[vm]..<model.optionStart[vm + 1] {
        guard list(model, vm, option, limit: limit) else { return nil }
      }
      choices[first...].sort { ($0.cost, $0.start) < ($1.cost, $1.start) }
      start.append(choices.count)
    }
  }

  private mutating func list(
    _ model: SearchModel, _ vm: Int, _ option: Int, limit: Int
  ) -> Bool {
    let cells = model.optionCells[option]
    let base = model.nodes
    // Cells are tried in every order when the first one carries extras, else in rising order.
    let ordered = model.extras[vm] > 0
    var chosen = Array(repeating: 0, count: 2 * cells)
    func visit(_ position: Int, _ this: inout PlaceChoices) -> Bool {
      if position == 2 * cells {
        this.add(model, vm, option, chosen)
        return this.choices.count <= limit
      }
      for node in 0..<base {
        if position < cells {
          let earlier = chosen[..<position]
          guard model.usable[node] > 0, !earlier.contains(node) else { continue }
          if !ordered, let last = earlier.last, node < last { continue }
        } else {
          let home = model.memory[node * 3 + model.page[vm]]
          guard home >= model.mib[vm] / cells else { continue }
        }
        chosen[position] = node
        guard visit(position + 1, &this) else { return false }
      }
      return true
    }
    return visit(0, &self)
  }

  private mutating func add(_ model: SearchModel, _ vm: Int, _ option: Int, _ chosen: [Int]) {
    let cells = chosen.count / 2
    let mib = model.mib[vm] / cells
    var cost = model.optionSpanCost[option]
    for a in 0..<cells {
      cost += model.remoteCost(mib, from: chosen[a], to: chosen[cells + a])
      for b in (a + 1)..<max(a + 1, cells) {
        cost += (model.distance[chosen[a] * model.nodes + chosen[b]] - 10) * model.spreadWeight
      }
    }
    for device in model.deviceStart[vm]..<model.deviceStart[vm + 1] {
      let home = model.deviceNode[device]
      let nearest = chosen[..<cells].map { model.distance[$0 * model.nodes + home] - 10 }.min()
      cost += max(0, nearest ?? 0) * model.deviceWeight
    }
    let row = model.currentRow[vm] * model.nodes
    if row >= 0 {
      cost += chosen[..<cells].count { !model.isCurrent[row + $0] } * model.moveNodeWeight
      var moved = 0
      for node in Set(chosen[cells...]) {
        let now = mib * chosen[cells...].count { $0 == node }
        moved += max(0, now - model.memoryNow[row + node])
      }
      cost += (model.moveGiBWeight * moved + 1023) / 1024
    }
    choices.append(Choice(cost: cost, option: option, cells: cells, start: nodes.count))
    nodes += chosen
  }
}
