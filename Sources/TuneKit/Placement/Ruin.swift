// Taking VMs away.

extension RuinRecreate {
  /// The most VMs taken from places at once.
  private static let most = 23
  /// The most VMs without a place that are tried beside them.
  private static let mostWaiting = 12

  /// Takes some VMs of a few nodes away, and adds some that have no place.
  func ruin() {
    removedCount = 0
    // The smaller of two numbers: small ruins are cheap, and succeed more often.
    let range = min(Self.most - 1, max(2, model.vms))
    let limit = min(model.vms, 2 + min(random.below(range), random.below(range)))
    for node in 0..<model.nodes { isChosen[node] = false }
    let seed = random.below(model.vms)
    if state.isPlaced(seed) {
      take(seed)
      isChosen[state.records.cellNode[model.cellStart[seed]]] = true
    }
    let more = 1 + random.below(model.nodes > 2 ? 3 : 2)
    for _ in 0..<more { isChosen[random.below(model.nodes)] = true }
    var count = 0
    for vm in 0..<model.vms where state.isPlaced(vm) && touches(vm) {
      candidates[count] = vm
      count += 1
    }
    while removedCount < limit, count > 0 {
      let index = random.below(count)
      take(candidates[index])
      count -= 1
      candidates[index] = candidates[count]
    }
    takeWaiting()
  }

  /// Adds some VMs that have no place, from a random one on.
  private func takeWaiting() {
    let taken = removedCount
    let shift = random.below(model.vms)
    var index = 0
    while index < model.vms, removedCount < taken + Self.mostWaiting {
      let vm = index + shift < model.vms ? index + shift : index + shift - model.vms
      index += 1
      guard placeable[vm], !state.isPlaced(vm), !isRemoved(vm, among: taken) else { continue }
      saved.cells[vm] = 0
      removed[removedCount] = vm
      removedCount += 1
    }
  }

  private func isRemoved(_ vm: Int, among count: Int) -> Bool {
    for index in 0..<count where removed[index] == vm { return true }
    return false
  }

  @inline(__always)
  private func touches(_ vm: Int) -> Bool {
    let first = model.cellStart[vm]
    for cell in first..<first + state.records.cells[vm] {
      if isChosen[state.records.cellNode[cell]] || isChosen[state.records.cellMemory[cell]] {
        return true
      }
    }
    return false
  }

  private func take(_ vm: Int) {
    saved.copy(vm, from: state.records, model)
    state.remove(vm)
    removed[removedCount] = vm
    removedCount += 1
  }
}
