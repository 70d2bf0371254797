/// Branch and bound over the nodes of VMs.
///
/// Each node counts as one bucket: exact where a node is one L3 group, otherwise a relaxation, since
/// whatever fits groups fits their union with no more broken cores. The least cost over all
/// assignments is therefore a lower bound on every solution's cost, and the search ends with a proof
/// when it finds none below a known solution.
///
/// The bound of a partial assignment adds to its cost, for the VMs not yet decided, either (all
/// placed) their least own costs, the broken cores that the parity of loose PUs forces, and the
/// pressure of all shared vCPUs on all pools together; or (one not placed) the least unplaced cost,
/// and what the lack of PUs or memory makes stay out, as a fractional knapsack. The smaller counts.
final class ExactSearch {
  enum Outcome {
    /// No assignment costs less than this, and some relaxed assignment costs it or `limit`.
    case proven(Int)
    /// Cut off: the bound of the root.
    case open(Int)
  }

  private let model: SearchModel
  private let choices: PlaceChoices?
  private let order: [Int]
  private let leastOwn: [Int]
  /// Suffix sums and minima by position in `order`.
  private let restOwn: [Int]
  private let restLeastUnplaced: [Int]
  private let restTaken: [Int]
  private let restShared: [Int]
  private let restUse: [BucketUse]
  private let restMemory: [[Int]]
  private let restRatio: [[Double]]
  /// The same VM as the one before in `order`: only one order of their choices is looked at.
  private let isTwin: [Bool]
  /// Cost of the VMs that fit nowhere.
  private let base: Int
  /// Largest shared cell of the node before each cell was put there.
  private let largestBefore: FixedBuffer<Int>

  private let use: FixedBuffer<BucketUse>
  private let pairs: FixedBuffer<Int>
  private let singles: FixedBuffer<Int>
  private let halves: FixedBuffer<Int>
  private let taken: FixedBuffer<Int>
  private let broken: FixedBuffer<Int>
  private let shared: FixedBuffer<Int>
  private let largest: FixedBuffer<Int>
  private let freeMemory: FixedBuffer<Int>
  private let picked: FixedBuffer<Int>
  private let bestPicked: FixedBuffer<Int>
  private var limit = Int.max
  private(set) var steps = 0
  private var mayGoOn: () -> Bool = { true }
  private var isCut = false
  /// Whether the best assignment found below the limit stands in `bestPicked`.
  private(set) var hasAssignment = false
  /// Each node is at most one bucket: assignments are solutions.
  let isExact: Bool
  private let sparesSingles: Bool

  init(_ model: SearchModel) {
    self.model = model
    let n = model.nodes
    choices = PlaceChoices(model, limit: 1 << 14)
    let arena = model.arena
    use = arena.buffer(n, BucketUse())
    func sum(_ buffer: FixedBuffer<Int>) -> [Int] {
      (0..<n).map { node in
        (model.bucketStart[node]..<model.bucketStart[node + 1]).reduce(0) { $0 + buffer[$1] }
      }
    }
    pairs = arena.buffer(sum(model.pairs))
    singles = arena.buffer(sum(model.singles))
    halves = arena.buffer(sum(model.halves))
    taken = arena.buffer(n, 0)
    broken = arena.buffer(n, 0)
    shared = arena.buffer(n, 0)
    largest = arena.buffer(n, 0)
    freeMemory = arena.buffer(n * 3, 0)
    freeMemory.copy(from: model.memory)
    picked = arena.buffer(model.vms, -1)
    bestPicked = arena.buffer(model.vms, -1)
    largestBefore = arena.buffer(model.cellStart[model.vms], 0)
    // Isolated vCPUs on cores of one PU may cost broken cores and spare PUs: a trade that the
    // layout of a bucket decides one way only.
    let isMixed = (0..<model.buckets).contains { model.pairs[$0] > 0 && model.singles[$0] > 0 }
    let isolates = (0..<model.vms).contains { model.kind[$0] == .isolate }
    sparesSingles = isMixed && isolates
    isExact =
      !(isMixed && isolates)
      && (0..<n).allSatisfy { model.bucketStart[$0 + 1] - model.bucketStart[$0] <= 1 }

    let plan = ExactPlan(model)
    order = plan.order
    leastOwn = plan.leastOwn
    restOwn = plan.restOwn
    restLeastUnplaced = plan.restLeastUnplaced
    restTaken = plan.restTaken
    restShared = plan.restShared
    restUse = plan.restUse
    restMemory = plan.restMemory
    restRatio = plan.restRatio
    isTwin = plan.isTwin
    base = plan.base
  }

  /// Whether branching has a chance to finish: few nodes, few choices.
  var isWorthwhile: Bool { choices != nil && model.nodes <= 4 }

  /// The bound before any decision.
  var rootBound: Int { bound(0, fixed: base) }

  /// Looks for assignments that cost less than `limit`, as long as `mayGoOn` says.
  func run(limit: Int, mayGoOn: @escaping () -> Bool) -> Outcome {
    let root = rootBound
    guard root < limit else { return .proven(limit) }
    guard choices != nil else { return .open(root) }
    self.limit = limit
    self.mayGoOn = mayGoOn
    isCut = false
    visit(0, fixed: base, least: 0)
    return isCut ? .open(root) : .proven(self.limit)
  }

  // MARK: Bounds

  private func bound(_ position: Int, fixed: Int) -> Int {
    var free = 0
    var pool = 0
    var sharedNow = 0
    var all = restUse[position]
    var two = 0
    var one = 0
    var half = 0
    var peak = 0
    var brokenNow = 0
    for node in 0..<model.nodes {
      let left = model.usable[node] - taken[node]
      pool += left
      sharedNow += shared[node]
      let here = use[node]
      all.isolated += here.isolated
      all.required += here.required
      all.loosePairs += here.loosePairs
      all.looseOdd += here.looseOdd
      two += pairs[node]
      one += singles[node]
      half += halves[node]
      brokenNow += broken[node]
      if shared[node] > 0 { peak = max(peak, (4 * shared[node] + left - 1) / max(1, left)) }
    }
    let totalShared = sharedNow + restShared[position]
    free = pool - restTaken[position]
    let lack = lackCost(position, pool: pool, sharedNow: sharedNow)
    let none =
      restLeastUnplaced[position] == Int.max
      ? Int.max
      : fixed + max(restLeastUnplaced[position], lack) + model.pressureWeight * max(0, peak - 4)
    guard lack == 0 else { return none }
    if totalShared > 0 {
      guard free > 0 else { return none }
      peak = max(peak, (4 * totalShared + free - 1) / free)
    }
    let layout = BucketLayout(all, pairs: two, singles: one, halves: half)
    guard layout.fits else { return none }
    let placed =
      fixed + restOwn[position] + model.brokenWeight * layout.broken
      + model.pressureWeight * max(0, peak - 4)
    return min(placed, none)
  }

  /// What must stay out for lack of PUs or memory costs at least this.
  private func lackCost(_ position: Int, pool: Int, sharedNow: Int) -> Int {
    var cost = 0
    let overcommit = max(1, model.overcommit)
    let totalShared = sharedNow + restShared[position]
    let need = restTaken[position] * overcommit + 100 * totalShared
    let lack = need - pool * overcommit
    if lack > 0 { cost = costOf(lack: lack, ratio: restRatio[position][3]) }
    for page in 0..<3 {
      var free = 0
      for node in 0..<model.nodes { free += freeMemory[node * 3 + page] }
      let lack = restMemory[position][page] - free
      if lack > 0 { cost = max(cost, costOf(lack: lack, ratio: restRatio[position][page])) }
    }
    return cost
  }

  /// The knapsack's fractional bound, a hair lower so that rounding never lifts it.
  private func costOf(lack: Int, ratio: Double) -> Int {
    max(1, Int(Double(lack) * ratio * 0.999_999))
  }

  // MARK: Branching

  private func visit(_ position: Int, fixed: Int, least: Int) {
    steps += 12
    if steps & 0xfff < 12, !mayGoOn() { isCut = true }
    guard !isCut, let choices else { return }
    guard position < order.count else { return leaf(fixed) }
    let vm = order[position]
    let rest = restOwn[position + 1]
    let end = choices.start[vm + 1]
    var index = choices.start[vm]
    if isTwin[position] { index += least }
    let first = choices.start[vm]
    while index < end {
      let choice = choices.choices[index]
      guard fixed + choice.cost + min(rest, restLeastUnplaced[position + 1]) < limit else { break }
      if put(vm, choice, choices) {
        picked[vm] = index
        if bound(position + 1, fixed: fixed + choice.cost) < limit {
          visit(position + 1, fixed: fixed + choice.cost, least: index - first)
        }
        take(vm, choice, choices)
        if isCut { return }
      }
      index += 1
    }
    let out = fixed + model.unplacedCost[vm]
    picked[vm] = -1
    guard out < limit, bound(position + 1, fixed: out) < limit else { return }
    visit(position + 1, fixed: out, least: end - first)
  }

  private func leaf(_ fixed: Int) {
    var peak = 0
    var cost = fixed
    for node in 0..<model.nodes {
      cost += broken[node] * model.brokenWeight
      let left = model.usable[node] - taken[node]
      if shared[node] > 0 { peak = max(peak, (4 * shared[node] + left - 1) / max(1, left)) }
    }
    cost += model.pressureWeight * max(0, peak - 4)
    guard cost < limit else { return }
    limit = cost
    hasAssignment = true
    bestPicked.copy(from: picked)
  }

  /// Puts a VM on the nodes of a choice; false, and nothing changed, when there is no room.
  private func put(_ vm: Int, _ choice: PlaceChoices.Choice, _ choices: PlaceChoices) -> Bool {
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

  private func take(_ vm: Int, _ choice: PlaceChoices.Choice, _ choices: PlaceChoices) {
    let mib = model.mib[vm] / choice.cells
    for cell in 0..<choice.cells {
      _ = change(vm, choice, cell: cell, choices, by: -1)
      freeMemory[choices.nodes[choice.start + choice.cells + cell] * 3 + model.page[vm]] += mib
    }
  }

  /// Adds or takes one cell's CPUs.
  private func change(
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
  private func leastTaken(_ layout: BucketLayout, _ use: BucketUse, _ node: Int) -> Int {
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

/// The order of branching and what the VMs from each position on need at least.
private struct ExactPlan {
  var order: [Int]
  var leastOwn: [Int]
  var restOwn: [Int]
  var restLeastUnplaced: [Int]
  var restTaken: [Int]
  var restShared: [Int]
  var restUse: [BucketUse]
  var restMemory: [[Int]]
  /// Unplaced cost per MiB of each page size, and per hundredth PU × overcommit: the least.
  var restRatio: [[Double]]
  var isTwin: [Bool]
  var base: Int

  init(_ model: SearchModel) {
    let vms = model.vms
    let totalPUs = max(1, (0..<model.nodes).reduce(0) { $0 + model.usable[$1] })
    let hasSingles = (0..<model.buckets).contains { model.singles[$0] > 0 }
    let overcommit = max(1, model.overcommit)
    func taken(_ vm: Int) -> Int {
      guard model.kind[vm] != .shared else { return 0 }
      let width = model.kind[vm] == .isolate && !hasSingles ? 2 : 1
      return width * model.vcpus[vm] + model.extras[vm]
    }
    let totalMemory = (0..<3).map { page in
      max(1, (0..<model.nodes).reduce(0) { $0 + model.memory[$1 * 3 + page] })
    }
    func size(_ vm: Int) -> Int {
      let cpu =
        taken(vm) * 10_000
        + (model.kind[vm] == .shared ? model.vcpus[vm] * 1_000_000 / overcommit : 0)
      return cpu / totalPUs + model.mib[vm] * 10_000 / totalMemory[model.page[vm]]
    }
    let instance = model.instance
    func same(_ a: Int, _ b: Int) -> Bool {
      let x = instance.vms[a]
      let y = instance.vms[b]
      return x.vcpus == y.vcpus && x.memoryMiB == y.memoryMiB && x.pageSize == y.pageSize
        && x.policy == y.policy && x.smt == y.smt && x.maxCells == y.maxCells
        && x.extras == y.extras && x.devices == y.devices && x.priority == y.priority
        && x.current == y.current
    }
    let sizes = (0..<vms).map(size)
    let own = (0..<vms).map { model.leastOwnCost($0) }
    let able = (0..<vms).filter { own[$0] != nil }
    base = (0..<vms).reduce(0) { $0 + (own[$1] == nil ? model.unplacedCost[$1] : 0) }
    let classes = (0..<vms).map { vm in (0..<vm).first { same($0, vm) } ?? vm }
    let order = able.sorted {
      (-sizes[$0], classes[$0], $0) < (-sizes[$1], classes[$1], $1)
    }
    self.order = order
    isTwin = order.indices.map { $0 > 0 && classes[order[$0]] == classes[order[$0 - 1]] }
    leastOwn = own.map { $0 ?? 0 }
    let count = order.count
    restOwn = Array(repeating: 0, count: count + 1)
    restLeastUnplaced = Array(repeating: Int.max, count: count + 1)
    restTaken = restOwn
    restShared = restOwn
    restUse = Array(repeating: BucketUse(), count: count + 1)
    restMemory = Array(repeating: [0, 0, 0], count: count + 1)
    restRatio = Array(repeating: Array(repeating: .infinity, count: 4), count: count + 1)
    for position in stride(from: count - 1, through: 0, by: -1) {
      let vm = order[position]
      let cost = model.unplacedCost[vm]
      restOwn[position] = restOwn[position + 1] + leastOwn[vm]
      restLeastUnplaced[position] = min(restLeastUnplaced[position + 1], cost)
      restTaken[position] = restTaken[position + 1] + taken(vm)
      restShared[position] =
        restShared[position + 1] + (model.kind[vm] == .shared ? model.vcpus[vm] : 0)
      restUse[position] = SearchState.change(
        restUse[position + 1], model.kind[vm], vcpus: model.vcpus[vm], extras: model.extras[vm],
        by: 1)
      restMemory[position] = restMemory[position + 1]
      restMemory[position][model.page[vm]] += model.mib[vm]
      restRatio[position] = restRatio[position + 1]
      let cpu =
        taken(vm) * overcommit + (model.kind[vm] == .shared ? 100 * model.vcpus[vm] : 0)
      restRatio[position][3] = min(restRatio[position][3], Double(cost) / Double(max(1, cpu)))
      restRatio[position][model.page[vm]] = min(
        restRatio[position][model.page[vm]], Double(cost) / Double(model.mib[vm]))
    }
  }
}
