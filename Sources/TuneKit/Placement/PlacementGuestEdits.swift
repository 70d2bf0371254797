// What of a place the guest sees or its memory follows: topology, cells, nodes.

extension PlacementEdits {
  private var cells: [PlacementSolution.Cell] { placement.cells }

  /// Sockets and threads for a guest that is split, or that gets whole cores and was not told.
  var shape: Home.Shape? {
    let now = definition.cpu?.topology
    let threads = vm.smt == .require && isDedicated ? 2 : now?.threads ?? 1
    let isSplit = cells.count > 1 && (definition.cpu?.cells.count ?? 0) <= 1
    let tellsThreads = threads != (now?.threads ?? 1)
    guard isSplit || tellsThreads else { return nil }
    let sockets = cells.count
    guard vm.vcpus % (sockets * threads) == 0 else { return nil }
    return Home.Shape(sockets: sockets, threads: threads)
  }

  var shapeEdits: [XMLEdit] {
    guard let shape else { return [] }
    return CPUTopology.edits(
      sockets: shape.sockets, cores: vm.vcpus / (shape.sockets * shape.threads),
      threads: shape.threads)
  }

  /// Guest cells for a guest that has none and is split.
  var cellEdits: [XMLEdit] {
    let count = cells.count
    guard count > 1, (definition.cpu?.cells.count ?? 0) <= 1,
      let total = definition.memory.totalKiB
    else { return [] }
    let each = vm.vcpus / count
    return (0..<count).flatMap { cell -> [XMLEdit] in
      let path = XMLPath([
        XMLPath.Step("cpu"), XMLPath.Step("numa"),
        XMLPath.Step("cell", attributes: [XMLPath.Attribute("id", String(cell))]),
      ])
      let cpus = CPUSet(cell * each..<(cell + 1) * each)
      return [
        .setAttribute(path, name: "cpus", value: cpus.description),
        .setAttribute(path, name: "memory", value: String(total / count)),
        .setAttribute(path, name: "unit", value: "KiB"),
      ]
    }
  }

  /// Memory comes from the nodes of the cells. `preferred` takes one node.
  var memoryEdits: [XMLEdit] {
    let nodes = CPUSet(cells.map(\.memoryNode))
    guard site.nodeCPUs.count > 1 || definition.memory.binding != nil else { return [] }
    let path: XMLPath = "numatune/memory"
    var edits: [XMLEdit] = []
    let binding = definition.memory.binding
    let mode = mode(for: nodes)
    if binding?.nodes != nodes || binding?.isAuto == true {
      if binding?.node["placement"] != nil {
        edits.append(.setAttribute(path, name: "placement", value: "static"))
      }
      if binding == nil || (binding?.mode == "preferred" && nodes.count > 1) {
        edits.append(.setAttribute(path, name: "mode", value: mode))
      }
      edits.append(.setAttribute(path, name: "nodeset", value: nodes.description))
    }
    return edits + cellMemoryEdits
  }

  private func mode(for nodes: CPUSet) -> String {
    isStrict || definition.wantsHugePages || nodes.count > 1 ? "strict" : "preferred"
  }

  private var cellMemoryEdits: [XMLEdit] {
    let guestCells = max(cells.count, definition.cpu?.cells.count ?? 1)
    guard guestCells > 1, definition.memory.binding?.mode != "restrictive" else { return [] }
    var edits: [XMLEdit] = []
    for cell in 0..<guestCells {
      let home = cells[cell * cells.count / guestCells].memoryNode
      let now = definition.memory.memNodes.first { $0.cell == cell }
      guard now?.nodes != [home] else { continue }
      let node = XMLPath([
        XMLPath.Step("numatune"),
        XMLPath.Step("memnode", attributes: [XMLPath.Attribute("cellid", String(cell))]),
      ])
      if now == nil {
        edits.append(.setAttribute(node, name: "mode", value: mode(for: [home])))
      }
      edits.append(.setAttribute(node, name: "nodeset", value: String(home)))
    }
    return edits
  }
}
