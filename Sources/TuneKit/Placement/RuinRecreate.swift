/// Large-neighbourhood search by ruin and recreate: take some VMs of one to three nodes away, put
/// them back greedily in a random order with random blinks, and keep the result by the rule of
/// simulated annealing (Schrimpf et al. 2000; Christiaens and Vanden Berghe 2020).
final class RuinRecreate {
  let model: SearchModel
  let state: SearchState
  private var inserter: Inserter
  private var random: SeededRandom
  /// The records of the best placement so far.
  let best: SearchRecords
  private(set) var bestCost: Int
  private let saved: SearchRecords
  private let removed: FixedBuffer<Int>
  private var removedCount = 0
  private let order: FixedBuffer<Int>
  private let key: FixedBuffer<Int>
  private let chosenNodes: FixedBuffer<Bool>
  private let candidates: FixedBuffer<Int>
  /// VMs that can be placed at all.
  private let placeable: FixedBuffer<Bool>
  private var lowestPressure = 4

  init(_ state: SearchState, seed: UInt64) {
    self.state = state
    model = state.model
    inserter = Inserter(state, seed: seed ^ 0x5151)
    random = SeededRandom(seed: seed)
    let arena = model.arena
    best = SearchRecords(model)
    saved = SearchRecords(model)
    removed = arena.buffer(model.vms, 0)
    order = arena.buffer(model.vms, 0)
    key = arena.buffer(model.vms, 0)
    chosenNodes = arena.buffer(model.nodes, false)
    candidates = arena.buffer(model.vms, 0)
    placeable = arena.buffer(model.vms, false)
    bestCost = state.cost
    best.copy(from: state.records)
    for vm in 0..<model.vms where !state.isPlaced(vm) { placeable[vm] = true }
  }

  /// Work done, in bucket layouts.
  var steps: Int { inserter.finder.steps }

  /// Notes which VMs fit the empty host; the state is empty.
  func findPlaceable() {
    for vm in 0..<model.vms {
      placeable[vm] = inserter.insert(vm)
      if placeable[vm] { state.remove(vm) }
    }
  }

  /// Whether the VM fits the empty host.
  func isPlaceable(_ vm: Int) -> Bool { placeable[vm] }

  /// Keeps the state if it is the best.
  func keepBest() {
    let cost = state.cost
    guard cost < bestCost else { return }
    bestCost = cost
    best.copy(from: state.records)
  }

  /// Replaces the state's placement by the best one.
  func returnToBest() {
    clear()
    for vm in 0..<model.vms where best.cells[vm] > 0 {
      state.records.copy(vm, from: best, model)
      state.add(vm)
    }
  }

  /// Takes every VM away.
  func clear() {
    for vm in 0..<model.vms where state.isPlaced(vm) { state.remove(vm) }
  }

  /// Sets the pressure below which more balance is no use: what all shared vCPUs make on all that
  /// dedicated VMs leave.
  func findPressureTarget() {
    var shared = 0
    var pool = 0
    for node in 0..<model.nodes { pool += model.usable[node] }
    for vm in 0..<model.vms where placeable[vm] {
      let vcpus = model.vcpus[vm]
      switch model.kind[vm] {
      case .shared: shared += vcpus
      case .isolate: pool -= 2 * vcpus + model.extras[vm]
      default: pool -= vcpus + model.extras[vm]
      }
    }
    lowestPressure = pool > 0 ? max(4, (4 * shared + pool - 1) / pool) : 4
    inserter.pressureTarget = lowestPressure
  }

  /// Adds all VMs greedily in the order of a key.
  func construct(_ taste: Int) {
    removedCount = 0
    for vm in 0..<model.vms where placeable[vm] && !state.isPlaced(vm) {
      removed[removedCount] = vm
      removedCount += 1
    }
    sortRemoved(by: taste)
    inserter.finder.taste = .tightest
    inserter.finder.blinks = 0
    for index in 0..<removedCount { _ = inserter.insert(order[index]) }
    keepBest()
  }

  /// Searches until the share of the budget used, as told by `progress`, reaches 1 or the cost
  /// reaches `bound`.
  func run(bound: Int, progress: () -> Double) {
    guard (0..<model.vms).contains(where: { placeable[$0] }) else { return }
    var current = state.cost + inserter.guideCost
    var temperature = 0.0
    var round = 0
    while bestCost > bound {
      if round & 31 == 0 {
        let share = progress()
        if share >= 1 { return }
        temperature = self.temperature(share)
      }
      round += 1
      // A round costs something also when it finds nothing to place.
      inserter.finder.steps += 16
      ruin()
      recreate()
      let cost = state.cost
      let guided = cost + inserter.guideCost
      if cost < bestCost {
        bestCost = cost
        best.copy(from: state.records)
        current = guided
        if state.peak - 1 < inserter.pressureTarget, inserter.pressureTarget > lowestPressure {
          inserter.pressureTarget = max(lowestPressure, state.peak - 1)
          current = cost + inserter.guideCost
        }
      } else if Double(guided) < Double(current) + temperature * -log(random) {
        current = guided
      } else {
        undo()
      }
    }
  }

  private func temperature(_ share: Double) -> Double {
    // From 40 to 1, geometrically: 40^(1 - share), by repeated squaring of a root.
    let steps = Int(share * 64)
    var value = 40.0
    for _ in 0..<steps { value *= 0.944 }
    return value
  }

  /// ln of a uniform number in (0, 1]; a table-free approximation is enough here.
  @inline(__always)
  private func log(_ random: SeededRandom) -> Double {
    let bits = self.random.next() >> 11
    let uniform = (Double(bits) + 1) * 0x1p-53
    let exponent = Double(uniform.exponent)
    let m = uniform.significand
    // ln m on [1, 2): Padé approximant around 1, error below 0.0004.
    let ln = (m - 1) * (m + 5) / (4 * m + 2)
    return exponent * 0.693_147_180_559_945_3 + ln
  }

  // MARK: Ruin

  private func ruin() {
    removedCount = 0
    let limit = min(model.vms, 2 + random.below(min(14, max(2, model.vms))))
    for node in 0..<model.nodes { chosenNodes[node] = false }
    let seed = random.below(model.vms)
    if state.isPlaced(seed) {
      take(seed)
      chosenNodes[state.records.cellNode[model.cellStart[seed]]] = true
    }
    let more = 1 + random.below(model.nodes > 2 ? 3 : 2)
    for _ in 0..<more { chosenNodes[random.below(model.nodes)] = true }
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
    while index < model.vms, removedCount < taken + 12 {
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
      if chosenNodes[state.records.cellNode[cell]] || chosenNodes[state.records.cellMemory[cell]] {
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

  // MARK: Recreate

  private func recreate() {
    let choice = random.below(8)
    sortRemoved(by: choice)
    inserter.finder.taste = random.below(2) == 0 ? .tightest : .random
    inserter.finder.blinks = random.below(4) == 0 ? 0 : 20
    for index in 0..<removedCount { _ = inserter.insert(order[index]) }
  }

  private func sortRemoved(by choice: Int) {
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
  private func sortKey(_ vm: Int, _ choice: Int) -> Int {
    let noise = random.below(1 << 10)
    let width = model.vcpus[vm] * (model.kind[vm] == .isolate ? 2 : 1) + model.extras[vm]
    switch choice {
    case 0, 1, 2: return noise
    case 3: return width << 10 | noise
    case 4: return model.mib[vm] << 10 | noise
    case 5: return model.unplacedCost[vm] << 10 | noise
    case 6:
      let rank = model.kind[vm] == .shared ? 0 : model.kind[vm] == .prefer ? 1 : 2
      return (rank << 20 + width) << 10 | noise
    default:
      let single = model.optionStart[vm + 1] - model.optionStart[vm] == 1 ? 0 : 1
      return (single << 20 + width) << 10 | noise
    }
  }

  private func undo() {
    for index in 0..<removedCount where state.isPlaced(removed[index]) {
      state.remove(removed[index])
    }
    for index in 0..<removedCount where saved.cells[removed[index]] > 0 {
      state.records.copy(removed[index], from: saved, model)
      state.add(removed[index])
    }
  }
}
