/// The nodes for a VM that is about to start, while everything else stays where it is.
public struct PlacementAdvice: Sendable {
  /// The nodes.
  public let nodes: CPUSet

  /// Work of the search: a tenth of a second.
  private static let steps = 3_000_000

  /// Asks the solver.
  ///
  /// - Throws: 65 where the host's nodes aren't known.
  public init(_ facts: Facts, vcpus: Int, memoryMiB: Int) throws(HostPlacementError) {
    // Whoever runs does not move for a newcomer.
    var weights = PlacementWeights.standard.values
    weights[.moveNode] = InstanceLimits.weight
    weights[.moveGiB] = InstanceLimits.weight
    let settings = HostPlacementSettings(
      overcommitPercent: 100_000, weights: PlacementWeights(weights))
    let full = facts.topology.fullNodes.map(\.id)
    let imagined = HostInstance.Imagined(
      vcpus: vcpus, memoryMiB: memoryMiB, isShared: true, maxCells: max(1, min(4, full.count)))
    let host = try HostInstance(facts, settings, imagined: imagined)
    var options = PlacementOptions()
    options.steps = Self.steps
    let result = PlacementSolver.solve(host.instance, options)
    if let placement = result.solution.placements.last ?? nil {
      nodes = CPUSet(placement.cells.map(\.memoryNode))
    } else {
      nodes = CPUSet(full.isEmpty ? facts.topology.nodes.map(\.id) : full)
    }
  }
}
