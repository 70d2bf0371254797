/// Where each VM is, as counts per bucket. Cells and entries of VM v begin at the model's
/// `cellStart[v]` and `entryStart[v]`.
struct SearchRecords {
  /// Number of cells; 0 when the VM is not placed.
  let cells: FixedBuffer<Int>
  /// Chosen option.
  let option: FixedBuffer<Int>
  /// Cost of the VM alone: span, spread, memory, devices, L3 groups, moves.
  let cost: FixedBuffer<Int>
  let cellNode: FixedBuffer<Int>
  let cellMemory: FixedBuffer<Int>
  let entries: FixedBuffer<Int>
  let entryBucket: FixedBuffer<Int>
  let entryVCPUs: FixedBuffer<Int>
  let entryExtras: FixedBuffer<Int>

  init(_ model: SearchModel) {
    let arena = model.arena
    let cellCount = model.cellStart[model.vms]
    let entryCount = model.entryStart[model.vms]
    cells = arena.buffer(model.vms, 0)
    option = arena.buffer(model.vms, 0)
    cost = arena.buffer(model.vms, 0)
    cellNode = arena.buffer(cellCount, 0)
    cellMemory = arena.buffer(cellCount, 0)
    entries = arena.buffer(model.vms, 0)
    entryBucket = arena.buffer(entryCount, 0)
    entryVCPUs = arena.buffer(entryCount, 0)
    entryExtras = arena.buffer(entryCount, 0)
  }

  func copy(from other: SearchRecords) {
    cells.copy(from: other.cells)
    option.copy(from: other.option)
    cost.copy(from: other.cost)
    cellNode.copy(from: other.cellNode)
    cellMemory.copy(from: other.cellMemory)
    entries.copy(from: other.entries)
    entryBucket.copy(from: other.entryBucket)
    entryVCPUs.copy(from: other.entryVCPUs)
    entryExtras.copy(from: other.entryExtras)
  }

  /// Copies the record of one VM.
  @inline(__always)
  func copy(_ vm: Int, from other: SearchRecords, _ model: SearchModel) {
    let count = other.cells[vm]
    cells[vm] = count
    option[vm] = other.option[vm]
    cost[vm] = other.cost[vm]
    let firstCell = model.cellStart[vm]
    for cell in firstCell..<firstCell + count {
      cellNode[cell] = other.cellNode[cell]
      cellMemory[cell] = other.cellMemory[cell]
    }
    let entryCount = count == 0 ? 0 : other.entries[vm]
    entries[vm] = entryCount
    let firstEntry = model.entryStart[vm]
    for entry in firstEntry..<firstEntry + entryCount {
      entryBucket[entry] = other.entryBucket[entry]
      entryVCPUs[entry] = other.entryVCPUs[entry]
      entryExtras[entry] = other.entryExtras[entry]
    }
  }
}
