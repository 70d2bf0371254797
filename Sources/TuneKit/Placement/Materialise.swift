extension SearchState {
  /// Turns counts per bucket into PU numbers, the lowest first.
  func solution(_ records: SearchRecords) -> PlacementSolution {
    var pus = Array(repeating: [Int: [Int]](), count: model.vms)
    var occupants = Array(repeating: [Int](), count: model.buckets)
    for vm in 0..<model.vms where records.cells[vm] > 0 && model.kind[vm] != .shared {
      let first = model.entryStart[vm]
      for entry in first..<first + records.entries[vm] {
        occupants[records.entryBucket[entry]].append(vm)
      }
    }
    for bucket in 0..<model.buckets where !occupants[bucket].isEmpty {
      var dealer = BucketDealer(model, bucket)
      for (vm, list) in dealer.deal(occupants[bucket], records) { pus[vm][bucket] = list }
    }
    return PlacementSolution(
      placements: (0..<model.vms).map { placement($0, records, pus: pus[$0]) })
  }

  private func placement(
    _ vm: Int, _ records: SearchRecords, pus: [Int: [Int]]
  ) -> PlacementSolution.Placement? {
    guard records.cells[vm] > 0 else { return nil }
    let nodes = model.instance.host.nodes
    let description = model.instance.vms[vm]
    var spare: [Int] = []
    var cells: [PlacementSolution.Cell] = []
    let firstCell = model.cellStart[vm]
    for cell in firstCell..<firstCell + records.cells[vm] {
      let node = records.cellNode[cell]
      var chosen: [Int] = []
      let first = model.entryStart[vm]
      for entry in first..<first + (model.kind[vm] == .shared ? 0 : records.entries[vm]) {
        let bucket = records.entryBucket[entry]
        guard model.bucketNode[bucket] == node, let list = pus[bucket] else { continue }
        let count = records.entryVCPUs[entry]
        chosen += list.prefix(count)
        spare += list.dropFirst(count)
      }
      let numbers = chosen.map { model.layout.puNumber[$0] }
      cells.append(
        PlacementSolution.Cell(
          node: nodes[node].id, memoryNode: nodes[records.cellMemory[cell]].id,
          vcpuPUs: description.inOrderOfPins(numbers)))
    }
    let numbers = spare.map { model.layout.puNumber[$0] }
    return PlacementSolution.Placement(
      cells: cells, emulatorPU: description.isolatesEmulator ? numbers.first : nil,
      ioThreadPUs: Array(numbers.dropFirst(description.isolatesEmulator ? 1 : 0)))
  }
}

extension SearchState {
  /// Fills the state, which is empty, from a solution. False, and nothing kept, when counts per
  /// bucket cannot express it.
  func load(_ solution: PlacementSolution) -> Bool {
    guard let cost = try? solution.cost(in: model.instance) else { return false }
    for (vm, placement) in solution.placements.enumerated() {
      guard let placement, write(vm, placement) else { continue }
      records.cost[vm] = cost.vmTerms[vm].values.reduce(0, +)
      add(vm)
    }
    for node in 0..<model.nodes {
      let pool = model.usable[node] - nodeTaken[node]
      guard 100 * sharedVCPUs[node] <= model.overcommit * pool, largestShared[node] <= pool else {
        for vm in 0..<model.vms where isPlaced(vm) { remove(vm) }
        return false
      }
    }
    return true
  }

  private func write(_ vm: Int, _ placement: PlacementSolution.Placement) -> Bool {
    let count = placement.cells.count
    guard
      let option = (model.optionStart[vm]..<model.optionStart[vm + 1])
        .first(where: { model.optionCells[$0] == count })
    else { return false }
    var entries: [(bucket: Int, vcpus: Int, extras: Int)] = []
    func note(_ number: Int, isVCPU: Bool) {
      guard let pu = model.layout.indexOfPU[number] else { return }
      let bucket = bucketOfCore(model.layout.puCore[pu])
      let index = entries.firstIndex { $0.bucket == bucket } ?? entries.count
      if index == entries.count { entries.append((bucket, 0, 0)) }
      if isVCPU { entries[index].vcpus += 1 } else { entries[index].extras += 1 }
    }
    for (index, cell) in placement.cells.enumerated() {
      records.cellNode[model.cellStart[vm] + index] = model.layout.indexOfNode[cell.node] ?? 0
      records.cellMemory[model.cellStart[vm] + index] =
        model.layout.indexOfNode[cell.memoryNode] ?? 0
      for pu in cell.vcpuPUs { note(pu, isVCPU: true) }
    }
    if let pu = placement.emulatorPU { note(pu, isVCPU: false) }
    for pu in placement.ioThreadPUs { note(pu, isVCPU: false) }
    records.cells[vm] = count
    records.option[vm] = option
    records.entries[vm] = entries.count
    for (index, entry) in entries.enumerated() {
      records.entryBucket[model.entryStart[vm] + index] = entry.bucket
      records.entryVCPUs[model.entryStart[vm] + index] = entry.vcpus
      records.entryExtras[model.entryStart[vm] + index] = entry.extras
    }
    return true
  }

  private func bucketOfCore(_ core: Int) -> Int {
    model.bucketCores.firstIndex { $0.contains(core) } ?? 0
  }
}
