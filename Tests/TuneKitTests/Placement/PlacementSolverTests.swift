import Testing

@testable import TuneKit

@Suite struct PlacementSolverTests {
  @Test(arguments: PlacementFixtures.names)
  func solutionsAreValidBoundedAndNoWorseThanBaselines(_ name: String) throws {
    let instance = try PlacementFixtures.instance(name)
    let known = PlacementFixtures.reference[name]
    let nova = try #require(known?["nova_like"]?.intValue)
    let first = try #require(known?["firstfit"]?.intValue)
    let best = try #require(known?["best"]?.intValue)

    let result = PlacementFixtures.solve(instance, steps: 30_000)
    let judged = try result.solution.cost(in: instance)
    #expect(judged.total == result.cost.total)
    #expect(result.baselineCost == min(nova, first), "the baselines are not what they were")
    #expect(result.cost.total <= min(nova, first))
    #expect(result.bound <= result.cost.total)
    #expect(result.bound <= best, "the bound is above a solution's cost")
  }

  @Test func whatTheSearchCountsIsWhatTheJudgeCounts() throws {
    for name in PlacementFixtures.names {
      let model = SearchModel(try PlacementFixtures.instance(name))
      let state = SearchState(model)
      let search = RuinRecreate(state, seed: 3)
      search.findPlaceable()
      search.construct(.random)
      search.returnToBest()
      var rounds = 0.0
      search.run(bound: 0) {
        rounds += 0.25
        return rounds
      }
      let judged = try state.solution(state.records).cost(in: model.instance)
      #expect(judged.total == state.cost, "\(name)")
    }
  }

  @Test func theSameSeedGivesTheSameSolution() throws {
    let instance = try PlacementFixtures.instance("s16-xeon2s-snc2-100-big")
    let one = PlacementFixtures.solve(instance, steps: 20_000, seed: 5)
    let other = PlacementFixtures.solve(instance, steps: 20_000, seed: 5)
    #expect(one.solution == other.solution)
    #expect(one.steps == other.steps)
  }

  @Test func tinyInstancesAreSolvedAsExhaustiveSearchSolvesThem() throws {
    var random = SeededRandom(seed: 11)
    for round in 0..<2000 {
      let instance = TinyInstance.make(&random)
      let exhaustive = Exhaustive(instance)
      guard exhaustive.size < 300 else { continue }
      let best = try exhaustive.best()
      let result = PlacementFixtures.solve(instance, steps: 4000)
      #expect(result.cost.total == best, "round \(round): \(instance)")
      #expect(result.bound <= best, "round \(round): \(instance)")
    }
  }

  @Test func namesAndNumbersDoNotMatter() throws {
    var random = SeededRandom(seed: 23)
    for round in 0..<40 {
      let instance = TinyInstance.make(&random)
      let renamed = TinyInstance.rename(instance, &random)
      let one = PlacementFixtures.solve(instance, steps: 4000)
      let other = PlacementFixtures.solve(renamed, steps: 4000)
      #expect(one.cost.total == other.cost.total, "round \(round): \(instance)")
    }
  }

  @Test func aNewVMMovesNobodyWithoutGain() throws {
    let host = PlacementCostTests.host
    let running = PlacementVM(
      name: "old", vcpus: 2, memoryMiB: 2048,
      current: [.init(node: 0, memoryNode: 0)])
    let new = PlacementVM(name: "new", vcpus: 4, memoryMiB: 4096)
    let instance = PlacementInstance(
      name: "x", host: host, weights: .standard, vms: [running, new])
    let result = PlacementFixtures.solve(instance, steps: 4000)
    #expect(result.cost.total == 0)
    #expect(result.solution.placements[0]?.cells.first?.node == 0)
  }

  /// An isolated vCPU takes the core of one PU, though that breaks the other for its IOThread: else the
  /// pool would be empty.
  @Test func aSharedPoolIsLeftItsPU() throws {
    let host = PlacementHost(
      nodes: [.init(id: 0, memoryMiB: 8192, pages2MiB: 0, pages1GiB: 0, cores: [[0, 1], [2]])],
      l3Groups: [[0, 1], [2]], distances: [[10]], devices: [], reservedPUs: [],
      sharedOvercommitPercent: 400)
    let vms = [
      PlacementVM(
        name: "own", vcpus: 1, memoryMiB: 1024, smt: .isolate, ioThreads: 1, ioThreadPolicy: .own),
      PlacementVM(name: "a", vcpus: 1, memoryMiB: 1024, policy: .shared),
      PlacementVM(name: "b", vcpus: 1, memoryMiB: 1024, policy: .shared),
    ]
    let instance = PlacementInstance(name: "x", host: host, weights: .standard, vms: vms)
    let result = PlacementFixtures.solve(instance, steps: 4000)
    #expect(result.cost.total == 15 + 4 * 60)
    #expect(result.bound <= result.cost.total)
  }

  @Test func aProofIsCutWhenItsWorkIsUsedUp() throws {
    let model = SearchModel(try PlacementFixtures.instance("s16-xeon2s-snc2-100-big"))
    let exact = ExactSearch(model)
    let mostOfAVisit = 50_000
    let outcome = exact.run(limit: 357, mayGoOn: { exact.steps < 100_000 })
    guard case .open = outcome else {
      Issue.record("not cut")
      return
    }
    #expect((100_000..<100_000 + mostOfAVisit).contains(exact.steps))
  }

  @Test func aProofKeepsNothingAlive() throws {
    weak var after: ExactSearch?
    do {
      let exact = ExactSearch(SearchModel(try PlacementFixtures.instance("s02-tiny2n-100-mixed")))
      after = exact
      _ = exact.run(limit: .max, mayGoOn: { exact.steps >= 0 })
    }
    #expect(after == nil)
  }

  @Test func nothingToPlaceEndsAtOnce() throws {
    let host = PlacementCostTests.host
    let tooLarge = PlacementVM(name: "a", vcpus: 2, memoryMiB: 1 << 20)
    for vms in [[], [tooLarge], [tooLarge, PlacementVM(name: "b", vcpus: 99, memoryMiB: 1)]] {
      let instance = PlacementInstance(name: "x", host: host, weights: .standard, vms: vms)
      let result = PlacementFixtures.solve(instance, steps: 1 << 40)
      #expect(result.unplaced.count == vms.count)
    }
  }

  @Test func aVMWithoutAPlaceIsToldWhy() throws {
    let host = PlacementCostTests.host
    func reason(_ vm: PlacementVM) -> String? {
      let instance = PlacementInstance(name: "x", host: host, weights: .standard, vms: [vm])
      return PlacementFixtures.solve(instance, steps: 1000).unplaced.first?.reason
    }
    #expect(
      reason(PlacementVM(name: "a", vcpus: 9, memoryMiB: 1024))
        == "needs 9 free PUs on one node, best has 8")
    #expect(
      reason(PlacementVM(name: "a", vcpus: 5, memoryMiB: 1024, smt: .isolate))
        == "needs 5 free cores on one node, best has 4")
    #expect(
      reason(PlacementVM(name: "a", vcpus: 1, memoryMiB: 5120, pageSize: .huge))
        == "needs 5120 MiB in pages of 1 GiB on one node, best has 4096")
    #expect(
      reason(PlacementVM(name: "a", vcpus: 17, memoryMiB: 1024, policy: .shared))
        == "needs 17 vCPUs of room in the shared pool on one node, best has 8")
  }
}
