extension HostInstance {
  /// The edits that bring the domains to where a solution has them; nothing for those without a
  /// place, for those whose place numad chooses, and for what is already as wanted.
  public func changes(_ solution: PlacementSolution) -> [DomainChange] {
    let site = site(solution)
    return zip(domains, solution.placements).enumerated().compactMap { index, pair in
      guard let domain = pair.0, let placement = pair.1,
        !domain.definition.hasAutomaticPin
      else { return nil }
      let edits = PlacementEdits(
        domain: domain, definition: domain.definition, vm: instance.vms[index],
        placement: placement, site: site, isStrict: true)
      return edits.change(live: domain.isRunning)
    }
  }

  private func site(_ solution: PlacementSolution) -> PlacementEdits.Site {
    let nodes = instance.host.nodes
    var owned = CPUSet()
    for (vm, placement) in zip(instance.vms, solution.placements) {
      guard let placement else { continue }
      owned = owned.union(HomeSolution.Placed(vm: vm, placement: placement).cpus(nodes))
    }
    let taken = owned.union(CPUSet(instance.host.reservedPUs))
    var pools: [Int: CPUSet] = [:]
    var nodeCPUs: [Int: CPUSet] = [:]
    for node in nodes {
      let all = CPUSet(node.cores.joined())
      nodeCPUs[node.id] = all
      pools[node.id] = all.subtracting(taken)
    }
    return PlacementEdits.Site(
      pools: pools, housekeeping: instance.host.housekeepingByNode, owned: owned,
      nodeCPUs: nodeCPUs)
  }
}
