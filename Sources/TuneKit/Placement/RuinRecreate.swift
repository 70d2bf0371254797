/// Large-neighbourhood search by ruin and recreate: take some VMs of one to four nodes away, put
/// them back greedily in a random order with random blinks, and keep the result by the rule of
/// simulated annealing (Schrimpf et al. 2000; Christiaens and Vanden Berghe 2020).
final class RuinRecreate {
  let model: SearchModel
  let state: SearchState
  var inserter: Inserter
  var random: SeededRandom
  /// The records of the best placement so far.
  let best: SearchRecords
  private(set) var bestCost: Int
  /// The records of the VMs taken away, as they were.
  let saved: SearchRecords
  /// The VMs taken away, and those that wait for a place.
  let removed: FixedBuffer<Int>
  var removedCount = 0
  /// The same in the order they are put back.
  let order: FixedBuffer<Int>
  let key: FixedBuffer<Int>
  let isChosen: FixedBuffer<Bool>
  let candidates: FixedBuffer<Int>
  /// VMs that can be placed at all.
  let placeable: FixedBuffer<Bool>

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
    isChosen = arena.buffer(model.nodes, false)
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
    inserter.pressureTarget = pool > 0 ? max(4, (4 * shared + pool - 1) / pool) : 4
  }

  /// Adds all VMs greedily in an order.
  func construct(_ order: InsertionOrder) {
    removedCount = 0
    for vm in 0..<model.vms where placeable[vm] && !state.isPlaced(vm) {
      removed[removedCount] = vm
      removedCount += 1
    }
    sortRemoved(order)
    inserter.finder.taste = .tightest
    inserter.finder.blinks = 0
    for index in 0..<removedCount { _ = inserter.insert(self.order[index]) }
    keepBest()
  }

  /// Searches from the state as it is, until the share of the budget used, as told by `progress`,
  /// reaches 1 or the cost reaches `bound`.
  func run(bound: Int, progress: () -> Double) {
    guard (0..<model.vms).contains(where: { placeable[$0] }) else { return }
    var current = state.cost + inserter.guideCost
    var annealing = Annealing()
    var round = 0
    while bestCost > bound {
      if round & 31 == 0 {
        let share = progress()
        if share >= 1 { return }
        annealing.cool(to: share)
      }
      round += 1
      // A round costs something also when it finds nothing to place.
      inserter.finder.steps += 16
      let limit = max(bestCost, current + annealing.tolerance(&random))
      ruin()
      guard recreate(below: limit) else {
        undo()
        continue
      }
      let guided = state.cost + inserter.guideCost
      if state.cost < bestCost {
        keepBest()
        current = guided
      } else if guided <= limit {
        current = guided
      } else {
        undo()
      }
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
