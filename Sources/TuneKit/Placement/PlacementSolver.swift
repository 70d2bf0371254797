/// How long and from which seed to search.
public struct PlacementOptions {
  /// Seeds the search; the same seed gives the same solution on every machine.
  public var seed: UInt64 = 1
  /// The most work, in steps of the search; nil for the default, about a second of CPU time.
  public var steps: Int?
  /// The share of a time limit that is used up; the search ends at 1. The clock is the caller's.
  public var elapsedShare: (() -> Double)?

  /// Defaults: seed 1, the standard budget, no time limit.
  public init() {}
}

/// A valid placement and how good it is at least.
public struct PlacementResult: Sendable {
  /// Where everything goes.
  public let solution: PlacementSolution
  /// What that costs, judged PU by PU.
  public let cost: PlacementCost
  /// No solution costs less.
  public let bound: Int
  /// Work done.
  public let steps: Int
  /// The cost of the better of the two customary placements.
  public let baselineCost: Int
  /// Why VMs have no place, in the instance's order.
  public let unplaced: [Unplaced]

  /// A VM without a place.
  public struct Unplaced: Sendable, Hashable {
    /// Its index in the instance.
    public let vm: Int
    /// What it would need and what there is.
    public let reason: String
  }

  /// Whether nothing can be better.
  public var isOptimal: Bool { cost.total == bound }
}

/// Places the VMs of an instance.
public enum PlacementSolver {
  /// Work of the search that takes about one second of CPU time.
  public static let standardSteps = 50_000_000

  /// Finds a good placement and a bound.
  ///
  /// The search is cut by counted steps, never by a clock, unless `elapsedShare` is given. The result
  /// is valid and never worse than the customary placements, however early it is cut.
  public static func solve(
    _ instance: PlacementInstance, _ options: PlacementOptions = PlacementOptions()
  ) -> PlacementResult {
    var run = SolverRun(instance, options)
    return run.solve()
  }
}

/// One run of the solver: constructions, independent searches with a proof between them, and a last
/// search from the best.
struct SolverRun {
  private let instance: PlacementInstance
  private let order: CanonicalOrder
  private let model: SearchModel
  private let state: SearchState
  private let search: RuinRecreate
  private let exact: ExactSearch
  private let budget: Int
  private let elapsedShare: (() -> Double)?
  private var bound: Int
  private var fallback: (solution: PlacementSolution, cost: PlacementCost)

  init(_ instance: PlacementInstance, _ options: PlacementOptions) {
    self.instance = instance
    order = CanonicalOrder(instance)
    model = SearchModel(order.ordered(instance))
    state = SearchState(model)
    search = RuinRecreate(state, seed: options.seed)
    exact = ExactSearch(model)
    budget = max(1, options.steps ?? PlacementSolver.standardSteps)
    elapsedShare = options.elapsedShare
    bound = exact.rootBound
    let empty = PlacementSolution.empty(instance)
    let cost = try? empty.cost(in: instance)
    fallback = (empty, cost ?? PlacementCost(terms: [:], vmTerms: []))
  }

  /// Searches of their own before the last one: which of several valleys a search ends in is decided
  /// early, and a longer search does not leave it.
  private static let searches = 3
  /// The share of the search's budget that each of them has.
  private static let searchShare = 0.2
  /// The share of the budget for the proof, where there is one.
  private static let proofShare = 0.4
  /// Steps per VM without which one search is better than several.
  private static let fewestSteps = 20_000

  mutating func solve() -> PlacementResult {
    construct()
    let baselineCost = fallback.cost.total
    search.findPressureTarget()
    let share = Self.searchShare * (exact.isWorthwhile ? 1 - Self.proofShare : 1)
    search.run(bound: bound, progress: slice(share))
    if exact.isWorthwhile { prove(slice(Self.proofShare)) }
    if search.steps >= Self.fewestSteps * model.vms {
      for _ in 1..<Self.searches where search.bestCost > bound {
        search.clear()
        search.construct(.random)
        search.run(bound: bound, progress: slice(share))
      }
      search.returnToBest()
    }
    search.run(bound: bound, progress: slice(1 - used()))
    return result(baselineCost: baselineCost)
  }

  /// Customary placements and greedy ones in several orders.
  private mutating func construct() {
    search.findPlaceable()
    let layout = HostLayout(instance.host)
    for method in [BaselineStart.Method.novaLike, .firstFit] {
      let solution = BaselineStart.solution(instance, layout, method)
      guard let cost = try? solution.cost(in: instance) else { continue }
      if cost.total < fallback.cost.total { fallback = (solution, cost) }
    }
    for order in InsertionOrder.allCases where order != .random && search.bestCost > bound {
      search.construct(order)
      search.clear()
    }
    search.returnToBest()
  }

  /// The share of the budget used: steps or time, whichever is further.
  private func used() -> Double {
    max(Double(search.steps + exact.steps) / Double(budget), elapsedShare?() ?? 0)
  }

  /// How much of a share of the budget, which begins now, is used; 1 at its end.
  private func slice(_ share: Double) -> () -> Double {
    let begin = used()
    let length = max(1e-9, share)
    let (search, exact, budget, elapsedShare) = (search, exact, budget, elapsedShare)
    return {
      let now = max(
        Double(search.steps + exact.steps) / Double(budget), elapsedShare?() ?? 0)
      return (now - begin) / length
    }
  }

  private mutating func prove(_ progress: @escaping () -> Double) {
    guard search.bestCost > bound else { return }
    switch exact.run(limit: search.bestCost, mayGoOn: { progress() < 1 }) {
    case .open(let cost): bound = max(bound, cost)
    case .proven(let cost): bound = max(bound, cost)
    }
    guard exact.hasAssignment, exact.isExact else { return }
    search.clear()
    if exact.write(into: state) { search.keepBest() }
    search.returnToBest()
  }

  private func result(baselineCost: Int) -> PlacementResult {
    var best = fallback
    let found = order.restored(state.solution(search.best))
    if let cost = try? found.cost(in: instance), cost.total <= best.cost.total {
      best = (found, cost)
    }
    search.returnToBest()
    let unplaced = best.solution.placements.indices.filter { best.solution.placements[$0] == nil }
    return PlacementResult(
      solution: best.solution, cost: best.cost, bound: min(bound, best.cost.total),
      steps: search.steps + exact.steps, baselineCost: baselineCost,
      unplaced: unplaced.map { vm in
        PlacementResult.Unplaced(
          vm: vm, reason: state.obstacle(to: order.vms.firstIndex(of: vm) ?? vm))
      })
  }
}
