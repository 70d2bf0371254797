extension SearchState {
  /// What keeps a VM from a place beside those that have one: what it needs, and the best there is.
  func obstacle(to vm: Int) -> String {
    let description = model.instance.vms[vm]
    let options = model.optionStart[vm]..<model.optionStart[vm + 1]
    guard let most = options.last else {
      return "cannot be split into equal cells of whole pages with an even number of vCPUs where "
        + "it asks for whole cores"
    }
    let cells = model.optionCells[most]
    let vcpus = description.vcpus / cells
    let mib = description.memoryMiB / cells
    let each = cells > 1 ? " for each of \(cells) cells" : ""
    let nodes = 0..<model.nodes
    if let bestMemory = nodes.map({ freeMemory[$0 * 3 + model.page[vm]] }).max(), bestMemory < mib {
      return "needs \(mib) MiB in pages of \(pageName(description)) on one node\(each), "
        + "best has \(bestMemory)"
    }
    let rooms = nodes.map { room(vm, $0) }
    let need = roomNeeded(vm, vcpus)
    let best = rooms.max() ?? 0
    if best < need {
      return "needs \(need) \(unit(vm)) on one node\(each), best has \(best)"
    }
    if cells > 1, rooms.count(where: { $0 >= need }) < cells {
      return "needs \(need) \(unit(vm)) on each of \(cells) nodes, "
        + "\(rooms.count { $0 >= need }) have them"
    }
    return "needs \(need) \(unit(vm)) and \(mib) MiB in pages of \(pageName(description)) "
      + "together\(each); no node within reach has both left"
  }

  private func pageName(_ vm: PlacementVM) -> String {
    switch vm.pageSize {
    case .base: "4 KiB"
    case .large: "2 MiB"
    case .huge: "1 GiB"
    }
  }

  private func unit(_ vm: Int) -> String {
    switch model.kind[vm] {
    case .shared: "vCPUs of room in the shared pool"
    case .prefer: "free PUs"
    case .isolate: "free cores"
    case .require: "free PUs on whole cores"
    }
  }

  private func roomNeeded(_ vm: Int, _ vcpus: Int) -> Int {
    model.kind[vm] == .prefer ? vcpus + model.extras[vm] : vcpus
  }

  /// The most vCPUs of the VM's kind a node still takes.
  private func room(_ vm: Int, _ node: Int) -> Int {
    let pool = model.usable[node] - nodeTaken[node]
    let left = max(0, model.overcommit * pool / 100 - sharedVCPUs[node])
    guard model.kind[vm] != .shared else { return min(left, pool) }
    let free = max(0, spare(node))
    guard model.kind[vm] != .prefer else { return free }
    var cores = 0
    var whole = 0
    for bucket in model.bucketStart[node]..<model.bucketStart[node + 1] {
      let use = use[bucket]
      let onPairs = use.isolated - layout(bucket, use).isolatedOnSingles
      let left =
        model.pairs[bucket] - onPairs - use.required - use.loosePairs
        - max(0, use.looseOdd - model.singles[bucket] + 1) / 2
      whole += max(0, left)
      cores += max(0, left) + max(0, model.singles[bucket] - use.looseOdd)
    }
    let width = model.kind[vm] == .isolate ? (whole > 0 ? 2 : 1) : 1
    return min(model.kind[vm] == .isolate ? cores : 2 * whole, free / width)
  }
}
