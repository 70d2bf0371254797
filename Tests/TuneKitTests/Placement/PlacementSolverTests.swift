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

  /// The same on large hosts, where the search ends long before it has seen everything.
  @Test(arguments: [
    "s09-xeon2s-95-mixed", "s14-memoryless-90-mixed", "s15-halfreserved-100-dedicated",
    "s16-xeon2s-snc2-100-big", "s19-epyc-nps4-90-mixed", "s24-eight-socket-95-big",
    "s26-epyc-max-102-mixed",
  ])
  func namesAndNumbersDoNotMatterOnLargeHosts(_ name: String) throws {
    let instance = try PlacementFixtures.instance(name)
    let result = PlacementFixtures.solve(instance, steps: 200_000)
    var random = SeededRandom(seed: 29)
    for _ in 0..<3 {
      let renamed = TinyInstance.rename(instance, &random)
      let other = PlacementFixtures.solve(renamed, steps: 200_000)
      #expect(other.cost.total == result.cost.total)
      #expect(other.steps == result.steps)
    }
  }

  /// Four sockets of four nodes, all alike: which node goes first is a matter of mirror images, but
  /// the nodes of its socket must follow it.
  @Test func theOrderOfLikeNodesFollowsTheirDistances() {
    let nodes = (0..<16).map { id in
      PlacementHost.Node(
        id: id, memoryMiB: 4096, pages2MiB: 0, pages1GiB: 0, cores: [[2 * id, 2 * id + 1]])
    }
    // Sockets are the remainders of 4.
    let host = PlacementHost(
      nodes: nodes, l3Groups: nodes.map { $0.cores[0] },
      distances: (0..<16).map { a in
        (0..<16).map { $0 == a ? 10 : $0 % 4 == a % 4 ? 12 : 32 }
      }, devices: [.init(id: "d", node: 7)], reservedPUs: [], sharedOvercommitPercent: 400)
    let vms = [
      PlacementVM(name: "a", vcpus: 2, memoryMiB: 1024, devices: ["d"]),
      PlacementVM(name: "b", vcpus: 1, memoryMiB: 1024),
    ]
    let instance = PlacementInstance(name: "x", host: host, weights: .standard, vms: vms)
    let ordered = CanonicalOrder(instance).ordered(instance)
    var random = SeededRandom(seed: 31)
    for _ in 0..<20 {
      let renamed = TinyInstance.rename(instance, &random)
      let other = CanonicalOrder(renamed).ordered(renamed)
      #expect(other.host.distances == ordered.host.distances)
      #expect(other.vms.map(\.vcpus) == ordered.vms.map(\.vcpus))
      #expect(
        other.host.nodes.firstIndex { $0.id == other.host.devices[0].node }
          == ordered.host.nodes.firstIndex { $0.id == 7 })
    }
  }

  /// Each VM's place is its own again, whatever order it was searched in.
  @Test func anOrderedSolutionIsRestored() throws {
    let instance = try PlacementFixtures.instance("s09-xeon2s-95-mixed")
    let order = CanonicalOrder(instance)
    #expect(order.vms != Array(instance.vms.indices), "nothing to restore")
    #expect(order.vms.sorted() == Array(instance.vms.indices))
    let names = order.ordered(instance).vms.map(\.name)
    #expect(names == order.vms.map { instance.vms[$0].name })
    let numbered = PlacementSolution(
      placements: order.vms.map { vm in
        PlacementSolution.Placement(cells: [.init(node: vm, memoryNode: vm, vcpuPUs: [])])
      })
    let restored = order.restored(numbered)
    #expect(restored.placements.map { $0?.cells[0].node } == Array(instance.vms.indices))
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
