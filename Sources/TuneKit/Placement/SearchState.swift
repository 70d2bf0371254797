/// A valid, possibly partial placement with its cost, kept up to date as VMs come and go.
final class SearchState {
  let model: SearchModel
  let records: SearchRecords

  let use: FixedBuffer<BucketUse>
  let broken: FixedBuffer<Int>
  let taken: FixedBuffer<Int>
  let freeMemory: FixedBuffer<Int>
  /// PUs of the node outside its pool.
  let nodeTaken: FixedBuffer<Int>
  let sharedVCPUs: FixedBuffer<Int>
  /// How many shared cells of each size a node has, at `node * sizes + size`.
  let sharedCells: FixedBuffer<Int>
  let largestShared: FixedBuffer<Int>
  /// Quarter-steps of shared vCPUs per PU of the node's pool.
  let pressure: FixedBuffer<Int>

  /// Sums, in one buffer so that writing them costs no exclusivity checks:
  /// cost of the VMs alone, broken cores, unplaced cost.
  private let sums: FixedBuffer<Int>

  init(_ model: SearchModel) {
    self.model = model
    let arena = model.arena
    records = SearchRecords(model)
    use = arena.buffer(model.buckets, BucketUse())
    broken = arena.buffer(model.buckets, 0)
    taken = arena.buffer(model.buckets, 0)
    freeMemory = arena.buffer(model.nodes * 3, 0)
    freeMemory.copy(from: model.memory)
    nodeTaken = arena.buffer(model.nodes, 0)
    sharedVCPUs = arena.buffer(model.nodes, 0)
    sharedCells = arena.buffer(model.nodes * model.sharedSizes.count, 0)
    largestShared = arena.buffer(model.nodes, 0)
    pressure = arena.buffer(model.nodes, 0)
    sums = arena.buffer(3, 0)
    for vm in 0..<model.vms { sums[2] += model.unplacedCost[vm] }
  }

  /// The highest pressure of a node.
  @inline(__always)
  var peak: Int {
    var peak = 0
    for node in 0..<model.nodes where pressure[node] > peak { peak = pressure[node] }
    return peak
  }

  /// The whole cost.
  @inline(__always)
  var cost: Int {
    sums[0] + sums[1] * model.brokenWeight + sums[2] + model.pressureWeight * max(0, peak - 4)
  }

  /// The cost of what is not placed.
  var unplacedCost: Int { sums[2] }

  @inline(__always)
  func isPlaced(_ vm: Int) -> Bool { records.cells[vm] > 0 }

  /// Puts a VM where its record says; there is room.
  @inline(__always)
  func add(_ vm: Int) { change(vm, by: 1) }

  /// Takes a VM away; its record says it is not placed afterwards.
  @inline(__always)
  func remove(_ vm: Int) {
    change(vm, by: -1)
    records.cells[vm] = 0
  }

  private func change(_ vm: Int, by sign: Int) {
    let count = records.cells[vm]
    let firstCell = model.cellStart[vm]
    let mib = model.mib[vm] / count
    let page = model.page[vm]
    for cell in firstCell..<firstCell + count {
      freeMemory[records.cellMemory[cell] * 3 + page] -= sign * mib
    }
    if model.kind[vm] == .shared {
      changeShared(vm, by: sign)
    } else {
      changeDedicated(vm, by: sign)
      for cell in firstCell..<firstCell + count { refreshPressure(records.cellNode[cell]) }
    }
    sums[0] += sign * records.cost[vm]
    sums[2] -= sign * model.unplacedCost[vm]
  }

  private func changeShared(_ vm: Int, by sign: Int) {
    let count = records.cells[vm]
    let firstCell = model.cellStart[vm]
    let vcpus = model.vcpus[vm] / count
    let size = model.optionSize[records.option[vm]]
    let sizes = model.sharedSizes.count
    for cell in firstCell..<firstCell + count {
      let node = records.cellNode[cell]
      sharedVCPUs[node] += sign * vcpus
      sharedCells[node * sizes + size] += sign
      if sign > 0 {
        if vcpus > largestShared[node] { largestShared[node] = vcpus }
      } else if vcpus == largestShared[node] {
        var index = size
        while index >= 0, sharedCells[node * sizes + index] == 0 { index -= 1 }
        largestShared[node] = index >= 0 ? model.sharedSizes[index] : 0
      }
      refreshPressure(node)
    }
  }

  private func changeDedicated(_ vm: Int, by sign: Int) {
    let first = model.entryStart[vm]
    let kind = model.kind[vm]
    for entry in first..<first + records.entries[vm] {
      let bucket = records.entryBucket[entry]
      let after = Self.change(
        use[bucket], kind, vcpus: records.entryVCPUs[entry], extras: records.entryExtras[entry],
        by: sign)
      use[bucket] = after
      let layout = layout(bucket, after)
      sums[1] += layout.broken - broken[bucket]
      nodeTaken[model.bucketNode[bucket]] += layout.taken - taken[bucket]
      broken[bucket] = layout.broken
      taken[bucket] = layout.taken
    }
  }

  /// How many PUs of a node may still leave its pool, for the shared VMs there.
  @inline(__always)
  func spare(_ node: Int) -> Int {
    let pool = model.usable[node] - nodeTaken[node]
    guard sharedVCPUs[node] > 0 else { return pool }
    return pool
      - max(largestShared[node], ceilDivide(100 * sharedVCPUs[node], max(1, model.overcommit)))
  }

  @inline(__always)
  func layout(_ bucket: Int, _ use: BucketUse) -> BucketLayout {
    BucketLayout(
      use, pairs: model.pairs[bucket], singles: model.singles[bucket],
      halves: model.halves[bucket])
  }

  /// The use of a bucket with some of a VM more or less.
  @inline(__always)
  static func change(
    _ use: BucketUse, _ kind: SearchModel.Kind, vcpus: Int, extras: Int, by sign: Int
  ) -> BucketUse {
    var use = use
    var loose = extras
    switch kind {
    case .prefer: loose += vcpus
    case .isolate: use.isolated += sign * vcpus
    case .require: use.required += sign * (vcpus / 2)
    case .shared: break
    }
    use.loosePairs += sign * (loose / 2)
    use.looseOdd += sign * (loose & 1)
    return use
  }

  @inline(__always)
  private func refreshPressure(_ node: Int) {
    pressure[node] = pressure(
      shared: sharedVCPUs[node], pool: model.usable[node] - nodeTaken[node])
  }

  @inline(__always)
  func pressure(shared: Int, pool: Int) -> Int {
    shared == 0 ? 0 : (4 * shared + pool - 1) / max(1, pool)
  }
}
