/// The nodes for a VM that is about to start, while everything else stays where it is.
public struct PlacementAdvice: Sendable {
  /// The nodes.
  public let nodes: CPUSet

  /// Work of the search: a tenth of a second.
  private static let steps = 3_000_000

  /// Asks the solver.
  ///
  /// - Parameter elapsedShare: the share of a time limit that is used up.
  /// - Throws: 65 where the host's nodes aren't known.
  public init(
    _ facts: Facts, vcpus: Int, memoryMiB: Int, elapsedShare: (() -> Double)? = nil
  ) throws(HostPlacementError) {
    // Whoever runs does not move for a newcomer.
    var weights = PlacementWeights.standard.values
    weights[.moveNode] = InstanceLimits.weight
    weights[.moveGiB] = InstanceLimits.weight
    let settings = HostPlacementSettings(
      overcommitPercent: 100_000, weights: PlacementWeights(weights))
    let topology = facts.topology
    let full = topology.fullNodes.map(\.id)
    let all = CPUSet(full.isEmpty ? topology.nodes.map(\.id) : full)
    // On one node there is nothing to choose, whatever its cores look like.
    guard all.count > 1, topology.cores.allSatisfy({ $0.cpus.count <= 2 }) else {
      guard !all.isEmpty else {
        throw HostPlacementError("the host's NUMA nodes are not known")
      }
      nodes = all
      return
    }
    let imagined = HostInstance.Imagined(
      vcpus: max(1, min(vcpus, InstanceLimits.vcpus)),
      memoryMiB: max(1, min(memoryMiB, InstanceLimits.memoryMiB)), isShared: true,
      maxCells: max(1, min(4, full.count)))
    let host = try HostInstance(facts, settings, imagined: imagined, onlyRunning: true)
    var options = PlacementOptions()
    options.steps = Self.steps
    options.elapsedShare = elapsedShare
    let instance = Self.asItStands(host, facts.snapshot)
    let result = PlacementSolver.solve(instance, options)
    if let placement = Self.leastLoaded(result, instance) {
      // libvirt takes CPUs and memory from these nodes, so both must be there.
      nodes = CPUSet(placement.cells.flatMap { [$0.node, $0.memoryNode] })
    } else {
      nodes = all
    }
  }

  /// The VM's place; of single nodes that cost the same, the one whose PUs and memory are used least.
  private static func leastLoaded(
    _ result: PlacementResult, _ instance: PlacementInstance
  ) -> PlacementSolution.Placement? {
    let placements = result.solution.placements
    guard let found = placements.last ?? nil, found.cells.count == 1 else {
      return placements.last ?? nil
    }
    let others = Array(placements.dropLast())
    var best: (load: Int, placement: PlacementSolution.Placement)?
    for node in instance.host.nodes where !node.cores.isEmpty {
      let here = PlacementSolution.Placement(
        cells: [PlacementSolution.Cell(node: node.id, memoryNode: node.id, vcpuPUs: [])])
      let solution = PlacementSolution(placements: others + [here])
      guard let cost = try? solution.cost(in: instance), cost.total == result.cost.total else {
        continue
      }
      let load = load(of: node, others, instance)
      if load < best?.load ?? Int.max { best = (load, here) }
    }
    return best?.placement ?? found
  }

  /// How much of a node would be used with the newcomer, the last of the VMs, in thousandths of its
  /// vCPU time and of its memory together.
  private static func load(
    of node: PlacementHost.Node, _ placements: [PlacementSolution.Placement?],
    _ instance: PlacementInstance
  ) -> Int {
    var vcpus = instance.vms.last?.vcpus ?? 0
    var mib = instance.vms.last?.memoryMiB ?? 0
    for (vm, placement) in zip(instance.vms, placements) {
      for cell in placement?.cells ?? [] {
        let cells = placement?.cells.count ?? 1
        if cell.node == node.id { vcpus += vm.vcpus / cells }
        if cell.memoryNode == node.id { mib += vm.memoryMiB / cells }
      }
    }
    let pus = node.cores.joined().count { !instance.host.reservedPUs.contains($0) }
    return vcpus * 1000 / max(1, pus) + mib * 1000 / max(1, node.memoryMiB)
  }

  /// The instance of what is left beside the guests that have CPUs of their own, which no search may
  /// move, however odd their pins are: those CPUs are reserved, and their memory is gone. No other CPU
  /// is kept from the newcomer, since libvirt takes all of a node. No node has more memory than is
  /// free there now beside what its guests have: others take memory too.
  private static func asItStands(_ host: HostInstance, _ snapshot: Snapshot) -> PlacementInstance {
    let all = host.instance.host
    var taken = CPUSet()
    var gone: [Int: Int] = [:]
    var floating: [Int: Int] = [:]
    var vms: [PlacementVM] = []
    for (domain, vm) in zip(host.domains, host.instance.vms) {
      let own = vm.policy == .dedicated ? domain?.current.pinnedCPUs ?? [] : []
      taken = taken.union(own)
      if own.isEmpty { vms.append(vm) }
      guard domain != nil, vm.pageSize == .base else { continue }
      let homes = vm.current.isEmpty ? all.nodes.map(\.id) : vm.current.map(\.memoryNode)
      for home in homes {
        let share = (vm.memoryMiB + homes.count - 1) / homes.count
        if own.isEmpty {
          floating[home, default: 0] += share
        } else {
          gone[home, default: 0] += share
        }
      }
    }
    let nodes = all.nodes.map { node -> PlacementHost.Node in
      let others = floating[node.id] ?? 0
      var room = node.memoryMiB - (gone[node.id] ?? 0)
      if let free = free(node.id, snapshot) { room = min(room, free + others) }
      return PlacementHost.Node(
        id: node.id, memoryMiB: max(0, others, room), pages2MiB: node.pages2MiB,
        pages1GiB: node.pages1GiB, cores: node.cores)
    }
    return PlacementInstance(
      name: host.instance.name,
      host: PlacementHost(
        nodes: nodes, l3Groups: all.l3Groups, distances: all.distances, devices: all.devices,
        reservedPUs: all.nodes.flatMap { $0.cores.joined() }.filter(taken.contains),
        sharedOvercommitPercent: all.sharedOvercommitPercent),
      weights: host.instance.weights, vms: vms)
  }

  /// MiB that are free on a node or hold files that nobody used lately; nil where unreadable.
  private static func free(_ node: Int, _ snapshot: Snapshot) -> Int? {
    guard let text = snapshot.raw("/sys/devices/system/node/node\(node)/meminfo").value else {
      return nil
    }
    var kib: Int?
    for line in text.lines {
      guard line.contains(" MemFree:") || line.contains(" Inactive(file):"),
        let value = line.words.dropLast().last.flatMap({ Int($0) }), value >= 0, value < 1 << 50
      else { continue }
      kib = (kib ?? 0) + value
    }
    return kib.map { $0 / 1024 }
  }
}
