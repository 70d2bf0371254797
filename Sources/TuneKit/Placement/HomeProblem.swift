/// The search for places as one instance, or two where CPUs are isolated from the scheduler: first
/// guests with CPUs of their own on isolated CPUs, then the rest on the others.
struct HomeProblem {
  private let finder: HomeFinder
  private let occupancy: HomeOccupancy
  private let smt: [String: PlacementVM.SMT]
  private let settings: HostPlacementSettings
  private var context: Context { finder.context }
  private var wanted: Set<String> { finder.wanted }

  init(_ finder: HomeFinder, _ occupancy: HomeOccupancy, _ smt: [String: PlacementVM.SMT]) {
    self.finder = finder
    self.occupancy = occupancy
    self.smt = smt
    settings = finder.context.placementSettings
  }

  func solve() throws(HostPlacementError) -> HomeSolution {
    let topology = context.facts.topology
    let online = topology.online.value ?? []
    let isolated = topology.isolated.intersection(online)
    var solution = HomeSolution(taken: occupancy.cpus.union(isolated))
    var rest = guests
    if !isolated.isEmpty {
      let own = rest.filter { wanted.contains($0.key) && context.wantsOwnCPUs($0) }
      try run(own, avoiding: online.subtracting(isolated), &solution)
      rest = rest.filter { solution.placed[$0.key] == nil }
    }
    try run(rest, avoiding: isolated, &solution)
    solution.missing = wanted.filter { solution.placed[$0] == nil }
    return solution
  }

  /// The domains to be placed, and those that float beside them.
  private var guests: [Domain] {
    let domains = context.facts.domains.filter { domain in
      guard !wanted.contains(domain.key) else { return true }
      return domain.runs != false && !domain.definition.isDedicated && !domain.current.isDedicated
    }
    let most = InstanceLimits.vms
    guard domains.count > most else { return domains }
    let first = domains.filter { wanted.contains($0.key) }
    return Array((first + domains.filter { !wanted.contains($0.key) }).prefix(most))
  }

  private func run(
    _ domains: [Domain], avoiding: CPUSet, _ solution: inout HomeSolution
  ) throws(HostPlacementError) {
    guard !domains.isEmpty else { return }
    let growsPools = poolsMustGrow(domains)
    let base = try PlacementHost(context.facts, settings)
    let host = base.without(
      occupancy.cpus.union(avoiding).union(solution.cpus(base)),
      memory: occupancy.memory, mergingPools: growsPools)
    var vms: [PlacementVM] = []
    for domain in domains {
      let isWanted = wanted.contains(domain.key)
      let wish = DomainVM.Wish(
        wantsOwn: isWanted && context.wantsOwnCPUs(domain), smt: smt[domain.key] ?? .prefer,
        maySplit: isWanted && finder.mayReshape, priority: isWanted ? 64 : 1,
        housekeeping: Set(base.reservedPUs), growsPools: growsPools)
      vms.append(
        try DomainVM(
          context.facts, host, domain, isWanted ? domain.definition : domain.current, wish
        ).vm())
    }
    let instance = PlacementInstance(
      name: "host", host: host, weights: weights, vms: vms)
    var options = PlacementOptions()
    options.steps = HomeFinder.steps
    options.elapsedShare = finder.elapsedShare
    let result = PlacementSolver.solve(instance, options)
    for (index, domain) in domains.enumerated() {
      guard let placement = result.solution.placements[index] else { continue }
      solution.placed[domain.key] = HomeSolution.Placed(vm: vms[index], placement: placement)
    }
    for unplaced in result.unplaced {
      solution.reasons[domains[unplaced.vm].key] = unplaced.reason
    }
    if solution.housekeeping.isEmpty { solution.housekeeping = base.housekeepingByNode }
    solution.nodes = base.nodes
  }

  /// A place is taken at the next start, when memory is new: moving it costs nothing then, and leaving
  /// it far would be no place at all.
  private var weights: PlacementWeights {
    var values = settings.weights.values
    values[.moveGiB] = 0
    values[.remoteMemory] = min(InstanceLimits.weight, 1000 * max(1, values[.remoteMemory] ?? 1))
    return PlacementWeights(values)
  }

  /// Pools that are too small for the guests that ask for pages can still grow.
  private func poolsMustGrow(_ domains: [Domain]) -> Bool {
    var asked: [Int: Int] = [:]
    for domain in domains where domain.definition.wantsHugePages {
      let size = domain.definition.memory.pages.compactMap(\.sizeKiB).first ?? 2048
      asked[size, default: 0] += domain.definition.memory.totalKiB ?? 0
    }
    return asked.contains { size, kib in
      let there = context.facts.topology.nodes.reduce(0) { sum, node in
        let pages = node.pools.first { $0.pageSizeKiB == size }?.total ?? 0
        return sum + min(pages, 1 << 32) * size
      }
      return there < kib
    }
  }
}

extension PlacementHost {
  /// The reserved PUs of each node.
  var housekeepingByNode: [Int: CPUSet] {
    let reserved = CPUSet(reservedPUs)
    var result: [Int: CPUSet] = [:]
    for node in nodes {
      let own = CPUSet(node.cores.joined()).intersection(reserved)
      if !own.isEmpty { result[node.id] = own }
    }
    return result
  }

  /// The same machine with more PUs reserved and less memory.
  func without(
    _ cpus: CPUSet, memory taken: [Int: [PlacementVM.PageSize: Int]], mergingPools: Bool
  ) -> PlacementHost {
    let pus = Set(nodes.flatMap { $0.cores.joined() })
    let nodes = nodes.map { node -> Node in
      func left(_ page: PlacementVM.PageSize, _ mib: Int) -> Int {
        max(0, mib - (taken[node.id]?[page] ?? 0) / 1024)
      }
      let base = left(.base, node.memoryMiB)
      let large = left(.large, node.pages2MiB * 2)
      let huge = left(.huge, node.pages1GiB * 1024)
      return Node(
        id: node.id, memoryMiB: mergingPools ? base + large + huge : base,
        pages2MiB: mergingPools ? 0 : large / 2, pages1GiB: mergingPools ? 0 : huge / 1024,
        cores: node.cores)
    }
    return PlacementHost(
      nodes: nodes, l3Groups: l3Groups, distances: distances, devices: devices,
      reservedPUs: CPUSet(reservedPUs).union(cpus).filter(pus.contains),
      sharedOvercommitPercent: sharedOvercommitPercent)
  }
}
