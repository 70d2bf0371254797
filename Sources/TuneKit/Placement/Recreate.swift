// Putting VMs back.

/// In which order VMs are put back.
enum InsertionOrder: CaseIterable {
  /// None: a random one.
  case random
  /// The most PUs first.
  case width
  /// The most memory first.
  case memory
  /// The dearest to leave out first.
  case importance
  /// Whole cores first, floating ones last.
  case strictness
  /// Those that may be split first.
  case divisibility

  /// One of them; every other time or so none.
  @inline(__always)
  static func any(_ random: inout SeededRandom) -> InsertionOrder {
    switch random.below(8) {
    case 3: .width
    case 4: .memory
    case 5: .importance
    case 6: .strictness
    case 7: .divisibility
    default: .random
    }
  }
}

extension RuinRecreate {
  /// How often a VM that found no place goes first in another attempt.
  private static let retries = 3
  /// Chance per 1024 that a place is overlooked.
  private static let blinks = 20

  /// Puts the VMs taken away back; false when that costs more than `limit`, and some may still be out.
  ///
  /// On a full host most random orders leave some VM over. It goes first next time.
  func recreate(below limit: Int) -> Bool {
    sortRemoved(InsertionOrder.any(&random))
    inserter.finder.taste = random.below(2) == 0 ? .tightest : .random
    inserter.finder.blinks = random.below(4) == 0 ? 0 : Self.blinks
    inserter.isNarrowed = random.below(4) > 0
    defer { inserter.isNarrowed = false }
    if inserter.isNarrowed { narrow() }
    var again = 0
    for _ in 0..<Self.retries {
      switch putBack(below: limit) {
      case .done: return true
      case .dear, .leftOver(0): return false
      case .leftOver(let index): again = index
      }
      for index in 0..<removedCount where state.isPlaced(order[index]) {
        state.remove(order[index])
      }
      moveToFront(again)
    }
    if case .done = putBack(below: limit) { return true }
    return false
  }

  /// Lets VMs go to the nodes that the ruin chose and those it took VMs from.
  private func narrow() {
    inserter.nodes.copy(from: isChosen)
    for index in 0..<removedCount {
      let first = model.cellStart[removed[index]]
      for cell in first..<first + saved.cells[removed[index]] {
        inserter.nodes[saved.cellNode[cell]] = true
      }
    }
  }

  /// How an attempt to put VMs back ended.
  private enum Outcome {
    case done
    /// Leaving those out that found no place costs too much; the index of the first of them.
    case leftOver(Int)
    /// Those already put back cost too much.
    case dear
  }

  /// Puts VMs back in their order until it is certain that the result costs more than `limit`: a cost
  /// never falls when a VM gets a place, but for that VM's being out.
  private func putBack(below limit: Int) -> Outcome {
    var pending = 0
    for index in 0..<removedCount { pending += model.unplacedCost[order[index]] }
    var leftOver: Int?
    for index in 0..<removedCount {
      let vm = order[index]
      pending -= model.unplacedCost[vm]
      let isPlaced = inserter.insert(vm)
      if !isPlaced, leftOver == nil, saved.cells[vm] > 0 { leftOver = index }
      let certain = state.cost - pending
      if !isPlaced, certain > limit { return .leftOver(leftOver ?? index) }
      // A new best counts whatever its balance is.
      if isPlaced, certain >= bestCost, certain + inserter.guideCost > limit { return .dear }
    }
    return .done
  }

  private func moveToFront(_ index: Int) {
    let vm = order[index]
    var slot = index
    while slot > 0 {
      order[slot] = order[slot - 1]
      slot -= 1
    }
    order[0] = vm
  }

  /// Sorts the VMs taken away, the first to put back first.
  func sortRemoved(_ choice: InsertionOrder) {
    for index in 0..<removedCount {
      let vm = removed[index]
      order[index] = vm
      key[index] = sortKey(vm, choice)
    }
    // Insertion sort: the list is short, and nothing is allocated.
    for index in 1..<max(1, removedCount) {
      let vm = order[index]
      let value = key[index]
      var slot = index
      while slot > 0, key[slot - 1] < value {
        order[slot] = order[slot - 1]
        key[slot] = key[slot - 1]
        slot -= 1
      }
      order[slot] = vm
      key[slot] = value
    }
  }

  /// Larger keys go first.
  private func sortKey(_ vm: Int, _ order: InsertionOrder) -> Int {
    let noise = random.below(1 << 10)
    let width = model.vcpus[vm] * (model.kind[vm] == .isolate ? 2 : 1) + model.extras[vm]
    switch order {
    case .random: return noise
    case .width: return width << 10 | noise
    case .memory: return model.mib[vm] << 10 | noise
    case .importance: return model.unplacedCost[vm] << 10 | noise
    case .strictness:
      let rank = model.kind[vm] == .shared ? 0 : model.kind[vm] == .prefer ? 1 : 2
      return (rank << 20 + width) << 10 | noise
    case .divisibility:
      let several = model.optionStart[vm + 1] - model.optionStart[vm] == 1 ? 0 : 1
      return (several << 20 + width) << 10 | noise
    }
  }
}
