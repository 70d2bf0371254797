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
    let instance = Self.asItStands(host.instance, facts.snapshot)
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

  /// How much of a node is used, in thousandths of its vCPU time and of its memory together.
  private static func load(
    of node: PlacementHost.Node, _ placements: [PlacementSolution.Placement?],
    _ instance: PlacementInstance
  ) -> Int {
    var vcpus = 0
    var mib = 0
    for (vm, placement) in zip(instance.vms, placements) {
      for cell in placement?.cells ?? [] {
        let cells = placement?.cells.count ?? 1
        if cell.node == node.id { vcpus += vm.vcpus / cells }
        if cell.memoryNode == node.id { mib += vm.memoryMiB / cells }
      }
    }
    let pus = node.cores.reduce(0) { $0 + $1.count }
    return vcpus * 1000 / max(1, pus) + mib * 1000 / max(1, node.memoryMiB)
  }

  /// The instance with no more memory on a node than is free there now beside what its guests have:
  /// others than guests take memory too.
  private static func asItStands(
    _ instance: PlacementInstance, _ snapshot: Snapshot
  ) -> PlacementInstance {
    var guests: [Int: Int] = [:]
    for vm in instance.vms.dropLast() {
      let homes =
        vm.current.isEmpty ? instance.host.nodes.map(\.id) : vm.current.map(\.memoryNode)
      for home in homes { guests[home, default: 0] += vm.memoryMiB / homes.count }
    }
    let nodes = instance.host.nodes.map { node -> PlacementHost.Node in
      guard let free = free(node.id, snapshot) else { return node }
      return PlacementHost.Node(
        id: node.id, memoryMiB: min(node.memoryMiB, free + (guests[node.id] ?? 0)),
        pages2MiB: node.pages2MiB, pages1GiB: node.pages1GiB, cores: node.cores)
    }
    let host = instance.host
    return PlacementInstance(
      name: instance.name,
      host: PlacementHost(
        nodes: nodes, l3Groups: host.l3Groups, distances: host.distances, devices: host.devices,
        reservedPUs: host.reservedPUs, sharedOvercommitPercent: host.sharedOvercommitPercent),
      weights: instance.weights, vms: instance.vms)
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
