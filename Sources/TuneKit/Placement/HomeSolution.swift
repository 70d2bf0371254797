/// What a search for places found.
struct HomeSolution {
  struct Placed {
    let vm: PlacementVM
    let placement: PlacementSolution.Placement
  }

  /// CPUs that no pool may have beside those of the VMs placed.
  let taken: CPUSet
  var placed: [String: Placed] = [:]
  var reasons: [String: String] = [:]
  var missing: Set<String> = []
  var housekeeping: [Int: CPUSet] = [:]
  var nodes: [PlacementHost.Node] = []

  init(taken: CPUSet) { self.taken = taken }

  /// CPUs of VMs placed in an earlier search.
  func cpus(_ host: PlacementHost) -> CPUSet {
    placed.values.reduce(CPUSet()) { $0.union($1.cpus(host.nodes)) }
  }

  /// The edits for those that were wanted elsewhere.
  func homes(_ context: Context) -> Homes {
    var places: [String: Home] = [:]
    var obstacles: [String: String] = [:]
    let dedicated = placed.values.filter { $0.vm.policy == .dedicated }
    let owned = dedicated.reduce(CPUSet()) { $0.union($1.cpus(nodes)) }
    let reserved = housekeeping.values.reduce(CPUSet()) { $0.union($1) }
    var pools: [Int: CPUSet] = [:]
    for node in nodes {
      pools[node.id] = CPUSet(node.cores.joined())
        .subtracting(taken).subtracting(owned).subtracting(reserved)
    }
    for domain in context.facts.domains {
      guard let found = placed[domain.key] else {
        if missing.contains(domain.key) {
          obstacles[domain.key] = reasons[domain.key] ?? "no node has room for it"
        }
        continue
      }
      let family = context.family(of: domain)
      let cells = found.placement.cells
      guard cells.allSatisfy({ $0.node == $0.memoryNode }) else {
        obstacles[domain.key] = "no node has both the CPUs and the memory it needs"
        continue
      }
      let edits = PlacementEdits(
        domain: domain, definition: domain.definition, vm: found.vm, placement: found.placement,
        site: PlacementEdits.Site(
          pools: pools, housekeeping: housekeeping, owned: owned.union(taken),
          nodeCPUs: Dictionary(
            nodes.map { ($0.id, CPUSet($0.cores.joined())) }, uniquingKeysWith: { a, _ in a })),
        isStrict: [.latency, .hpc, .network, .db].contains(family))
      places[domain.key] = edits.home(live: edits.mayMoveNow(context))
    }
    return Homes(places: places, obstacles: obstacles)
  }
}

extension HomeSolution.Placed {
  /// The PUs it has, and those that stay idle beside its isolated vCPUs.
  func cpus(_ nodes: [PlacementHost.Node]) -> CPUSet {
    guard vm.policy == .dedicated else { return [] }
    let vcpus = CPUSet(placement.cells.flatMap(\.vcpuPUs))
    var result = vcpus.union(CPUSet(placement.ioThreadPUs))
    if let pu = placement.emulatorPU { result.insert(pu) }
    guard vm.smt == .isolate else { return result }
    for core in nodes.flatMap(\.cores) where core.contains(where: vcpus.contains) {
      result = result.union(CPUSet(core))
    }
    return result
  }
}
