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
