// Putting a VM on nodes and taking it away again, and the assignment as a placement.

extension ExactSearch {
  /// Puts a VM on the nodes of a choice; false, and nothing changed, when there is no room.
  func put(_ vm: Int, _ choice: PlaceChoices.Choice, _ choices: PlaceChoices) -> Bool {
    let mib = model.mib[vm] / choice.cells
    let page = model.page[vm]
    var done = 0
    while done < choice.cells {
      let home = choices.nodes[choice.start + choice.cells + done] * 3 + page
      guard freeMemory[home] >= mib else { break }
      freeMemory[home] -= mib
      done += 1
    }
    var placed = 0
    if done == choice.cells {
      while placed < choice.cells {
        guard change(vm, choice, cell: placed, choices, by: 1) else { break }
        placed += 1
      }
      if placed == choice.cells { return true }
    }
    for cell in 0..<placed { _ = change(vm, choice, cell: cell, choices, by: -1) }
    for cell in 0..<done {
      freeMemory[choices.nodes[choice.start + choice.cells + cell] * 3 + page] += mib
    }
    return false
  }

  func take(_ vm: Int, _ choice: PlaceChoices.Choice, _ choices: PlaceChoices) {
    let mib = model.mib[vm] / choice.cells
    for cell in 0..<choice.cells {
      _ = change(vm, choice, cell: cell, choices, by: -1)
      freeMemory[choices.nodes[choice.start + choice.cells + cell] * 3 + model.page[vm]] += mib
    }
  }

  /// Adds or takes one cell's CPUs.
  func change(
    _ vm: Int, _ choice: PlaceChoices.Choice, cell: Int, _ choices: PlaceChoices, by sign: Int
  ) -> Bool {
    let node = choices.nodes[choice.start + cell]
    let vcpus = model.vcpus[vm] / choice.cells
    guard model.kind[vm] != .shared else {
      let pool = model.usable[node] - taken[node]
      let after = shared[node] + sign * vcpus
      let slot = model.cellStart[vm] + cell
      if sign > 0 {
        guard 100 * after <= model.overcommit * pool, vcpus <= pool else { return false }
        largestBefore[slot] = largest[node]
        largest[node] = max(largest[node], vcpus)
      } else {
        largest[node] = largestBefore[slot]
      }
      shared[node] = after
      return true
    }
    let after = SearchState.change(
      use[node], model.kind[vm], vcpus: vcpus, extras: cell == 0 ? model.extras[vm] : 0, by: sign)
    let layout = BucketLayout(
      after, pairs: pairs[node], singles: singles[node], halves: halves[node])
    if sign > 0 {
      guard layout.fits else { return false }
      let pool = model.usable[node] - leastTaken(layout, after, node)
      guard 100 * shared[node] <= model.overcommit * pool, largest[node] <= pool else {
        return false
      }
    }
    use[node] = after
    taken[node] = leastTaken(layout, after, node)
    broken[node] = layout.broken
    return true
  }

  @inline(__always)
  func leastTaken(_ layout: BucketLayout, _ use: BucketUse, _ node: Int) -> Int {
    guard sparesSingles else { return layout.taken }
    return layout.taken - (min(use.isolated, singles[node]) - layout.isolatedOnSingles)
  }

  /// Writes the assignment found into records; false where nodes are more than one bucket.
  func write(into state: SearchState) -> Bool {
    guard hasAssignment, isExact, let choices else { return false }
    let records = state.records
    for vm in 0..<model.vms where bestPicked[vm] >= 0 {
      let choice = choices.choices[bestPicked[vm]]
      records.cells[vm] = choice.cells
      records.option[vm] = choice.option
      records.cost[vm] = choice.cost
      let firstCell = model.cellStart[vm]
      let firstEntry = model.entryStart[vm]
      for cell in 0..<choice.cells {
        let node = choices.nodes[choice.start + cell]
        records.cellNode[firstCell + cell] = node
        records.cellMemory[firstCell + cell] = choices.nodes[choice.start + choice.cells + cell]
        guard model.kind[vm] != .shared else { continue }
        records.entryBucket[firstEntry + cell] = model.bucketStart[node]
        records.entryVCPUs[firstEntry + cell] = model.vcpus[vm] / choice.cells
        records.entryExtras[firstEntry + cell] = cell == 0 ? model.extras[vm] : 0
      }
      records.entries[vm] = model.kind[vm] == .shared ? 0 : choice.cells
      state.add(vm)
    }
    return true
  }
}
