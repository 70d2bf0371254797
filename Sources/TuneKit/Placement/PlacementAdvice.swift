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
    let result = PlacementSolver.solve(host.instance, options)
    if let placement = result.solution.placements.last ?? nil {
      // libvirt takes CPUs and memory from these nodes, so both must be there.
      nodes = CPUSet(placement.cells.flatMap { [$0.node, $0.memoryNode] })
    } else {
      nodes = all
    }
  }
}
