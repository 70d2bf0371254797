/// Draws the PUs of each node, core by core, with the VM that has them.
struct PlacementPicture {
  private let instance: PlacementInstance
  private let solution: PlacementSolution
  private let layout: HostLayout
  /// A short label for each VM.
  let labels: [String]
  private let owner: [Int]

  init(_ instance: PlacementInstance, _ solution: PlacementSolution) {
    self.instance = instance
    self.solution = solution
    let layout = HostLayout(instance.host)
    self.layout = layout
    labels = Self.labels(instance.vms.count)
    var owner = Array(repeating: -1, count: layout.puNumber.count)
    for (vm, placement) in solution.placements.enumerated() {
      guard let placement else { continue }
      let extras = placement.ioThreadPUs + (placement.emulatorPU.map { [$0] } ?? [])
      for number in placement.cells.flatMap(\.vcpuPUs) + extras {
        if let pu = layout.indexOfPU[number] { owner[pu] = vm }
      }
    }
    self.owner = owner
  }

  /// Letters, as many as it takes: a … z, or aa … zz.
  private static func labels(_ count: Int) -> [String] {
    var width = 1
    var reach = 26
    while reach < count {
      width += 1
      reach *= 26
    }
    return (0..<count).map { index in
      var rest = index
      var letters: [Character] = []
      for _ in 0..<width {
        letters.insert(Character(UnicodeScalar(UInt8(97 + rest % 26))), at: 0)
        rest /= 26
      }
      return String(letters)
    }
  }

  func lines(width: Int, legend: Bool = true) -> [String] {
    var lines: [String] = []
    for (index, node) in instance.host.nodes.enumerated() {
      lines.append(heading(node, index))
      lines += groups(of: index, width: width)
    }
    if legend {
      lines.append("# housekeeping, . shared pool or free, - idle beside an isolated vCPU")
    }
    return lines
  }

  private func heading(_ node: PlacementHost.Node, _ index: Int) -> String {
    var shared = 0
    var bound: [PlacementVM.PageSize: Int] = [:]
    for (vm, placement) in zip(instance.vms, solution.placements) {
      guard let placement else { continue }
      for cell in placement.cells {
        if cell.memoryNode == node.id {
          bound[vm.pageSize, default: 0] += vm.memoryMiB / placement.cells.count
        }
        if cell.node == node.id, vm.policy == .shared {
          shared += vm.vcpus / placement.cells.count
        }
      }
    }
    let owned = layout.cores[layout.nodeCores[index]].reduce(0) {
      $0 + $1.pus.count { owner[$0] >= 0 }
    }
    var text = "node \(node.id): \(owned) of \(layout.usable[index]) PUs dedicated"
    if shared > 0 { text += ", \(shared) shared vCPUs" }
    for (page, name) in [(PlacementVM.PageSize.base, "4K"), (.large, "2M"), (.huge, "1G")] {
      guard node.capacityMiB(page) > 0 else { continue }
      text += ", \(name) \(bound[page] ?? 0)/\(node.capacityMiB(page)) MiB"
    }
    return text
  }

  private func groups(of node: Int, width: Int) -> [String] {
    var order: [Int] = []
    var members: [Int: [HostLayout.Core]] = [:]
    for core in layout.cores[layout.nodeCores[node]] {
      let group = layout.puGroup[core.pus[0]]
      if members[group] == nil { order.append(group) }
      members[group, default: []].append(core)
    }
    return order.flatMap { group in
      wrapped((members[group] ?? []).map(cell), prefix: "  L3 \(group)  ", width: width)
    }
  }

  private func cell(_ core: HostLayout.Core) -> String {
    let isolated = core.pus.contains { pu in
      owner[pu] >= 0 && instance.vms[owner[pu]].smt == .isolate && isVCPU(pu)
    }
    let size = labels.first?.count ?? 1
    func filled(_ mark: Character) -> String { String(repeating: mark, count: size) }
    let parts = core.pus.map { pu in
      if owner[pu] >= 0 { return labels[owner[pu]] }
      if layout.puReserved[pu] { return filled("#") }
      return filled(isolated ? "-" : ".")
    }
    return parts.joined(separator: size > 1 ? " " : "")
  }

  private func isVCPU(_ pu: Int) -> Bool {
    solution.placements[owner[pu]]?.cells.contains {
      $0.vcpuPUs.contains(layout.puNumber[pu])
    } ?? false
  }

  private func wrapped(_ cells: [String], prefix: String, width: Int) -> [String] {
    var lines: [String] = []
    var line = prefix
    for cell in cells {
      if line.count > prefix.count, line.count + 1 + cell.count > width {
        lines.append(line)
        line = String(repeating: " ", count: prefix.count)
      }
      line += (line.count > prefix.count ? "|" : "") + cell
    }
    lines.append(line)
    return lines
  }
}
