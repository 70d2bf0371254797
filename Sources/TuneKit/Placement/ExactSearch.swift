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

  let model: SearchModel
  let choices: PlaceChoices?
  let order: [Int]
  let leastOwn: [Int]
  /// Suffix sums and minima by position in `order`.
  let restOwn: [Int]
  let restLeastUnplaced: [Int]
  let restTaken: [Int]
  let restShared: [Int]
  let restUse: [BucketUse]
  let restMemory: [[Int]]
  let restRatio: [[Double]]
  /// The same VM as the one before in `order`: only one order of their choices is looked at.
  let isTwin: [Bool]
  /// Cost of the VMs that fit nowhere.
  let base: Int
  /// Largest shared cell of the node before each cell was put there.
  let largestBefore: FixedBuffer<Int>

  let use: FixedBuffer<BucketUse>
  let pairs: FixedBuffer<Int>
  let singles: FixedBuffer<Int>
  let halves: FixedBuffer<Int>
  let taken: FixedBuffer<Int>
  let broken: FixedBuffer<Int>
  let shared: FixedBuffer<Int>
  let largest: FixedBuffer<Int>
  let freeMemory: FixedBuffer<Int>
  let picked: FixedBuffer<Int>
  let bestPicked: FixedBuffer<Int>
  var limit = Int.max
  private(set) var steps = 0
  private var nextLook = 0
  var mayGoOn: () -> Bool = { true }
  var isCut = false
  /// Whether the best assignment found below the limit stands in `bestPicked`.
  private(set) var hasAssignment = false
  /// Each node is at most one bucket: assignments are solutions.
  let isExact: Bool
  let sparesSingles: Bool

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
    let (pairs, singles) = (pairs, singles)
    let isMixed = (0..<n).contains { pairs[$0] > 0 && singles[$0] > 0 }
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
    self.mayGoOn = { true }
    return isCut ? .open(root) : .proven(self.limit)
  }

  // MARK: Branching

  /// Work of one choice, in steps of the search: measured, so that a step is as long everywhere.
  private static let putSteps = 6
  private static let boundSteps = 8
  private static let boundStepsPerNode = 2
  /// Work between two looks at the budget.
  private static let stepsPerLook = 4096

  func visit(_ position: Int, fixed: Int, least: Int) {
    if steps >= nextLook {
      nextLook = steps + Self.stepsPerLook
      if !mayGoOn() { isCut = true }
    }
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
      steps += Self.putSteps
      if put(vm, choice, choices) {
        steps += Self.boundSteps + Self.boundStepsPerNode * model.nodes
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

  func leaf(_ fixed: Int) {
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
}
