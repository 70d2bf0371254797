extension HostInstance {
  /// The edits that bring the domains to where a solution has them; nothing for those without a
  /// place, and for what is already as wanted.
  public func changes(_ solution: PlacementSolution) -> [DomainChange] {
    let pools = pools(solution)
    return zip(domains, solution.placements).enumerated().compactMap { index, pair in
      guard let domain = pair.0, let placement = pair.1 else { return nil }
      let writer = PlacementEdits(
        domain: domain, vm: instance.vms[index], placement: placement, pools: pools,
        reserved: CPUSet(instance.host.reservedPUs))
      return writer.change
    }
  }

  /// The PUs of each node that no dedicated VM has.
  private func pools(_ solution: PlacementSolution) -> [Int: CPUSet] {
    var taken = CPUSet(instance.host.reservedPUs)
    for (vm, placement) in zip(instance.vms, solution.placements) {
      guard let placement else { continue }
      for pu in placement.cells.flatMap(\.vcpuPUs) + placement.ioThreadPUs { taken.insert(pu) }
      if let pu = placement.emulatorPU { taken.insert(pu) }
      guard vm.smt == .isolate else { continue }
      for core in instance.host.nodes.flatMap(\.cores)
      where placement.cells.contains(where: { !Set($0.vcpuPUs).isDisjoint(with: core) }) {
        for pu in core { taken.insert(pu) }
      }
    }
    var pools: [Int: CPUSet] = [:]
    for node in instance.host.nodes {
      pools[node.id] = CPUSet(node.cores.flatMap { $0 }).subtracting(taken)
    }
    return pools
  }
}

/// The edits of one domain.
struct PlacementEdits {
  let domain: Domain
  let vm: PlacementVM
  let placement: PlacementSolution.Placement
  let pools: [Int: CPUSet]
  let reserved: CPUSet

  private var definition: DomainDefinition { domain.definition }

  var change: DomainChange? {
    var edits: [XMLEdit] = []
    var live: [LiveCall] = []
    for (vcpu, cpus) in vcpuSets.enumerated()
    where definition.cputune.vcpuPins
      .last(where: { $0.id == vcpu })?.cpus != cpus
    {
      edits.append(pin("vcpupin", "vcpu", vcpu, cpus))
      live.append(.pinVCPU(vcpu, cpus))
    }
    if let cpus = emulatorSet, definition.cputune.emulatorPin?.cpus != cpus {
      edits.append(
        .setAttribute("cputune/emulatorpin", name: "cpuset", value: cpus.description))
      live.append(.pinEmulator(cpus))
    }
    for (number, cpus) in ioThreadSets
    where definition.cputune.iothreadPins
      .last(where: { $0.id == number })?.cpus != cpus
    {
      edits.append(pin("iothreadpin", "iothread", number, cpus))
      live.append(.pinIOThread(number, cpus))
    }
    edits += cellEdits
    edits += memoryEdits
    guard !edits.isEmpty else { return nil }
    return DomainChange(domain: domain.key, edits: edits, live: domain.isRunning ? live : [])
  }

  private func pin(_ name: String, _ key: String, _ id: Int, _ cpus: CPUSet) -> XMLEdit {
    let path = XMLPath([
      XMLPath.Step("cputune"),
      XMLPath.Step(name, attributes: [XMLPath.Attribute(key, String(id))]),
    ])
    return .setAttribute(path, name: "cpuset", value: cpus.description)
  }

  /// The host CPUs of each vCPU.
  private var vcpuSets: [CPUSet] {
    let order = guestOrder
    var sets = Array(repeating: CPUSet(), count: vm.vcpus)
    var next = 0
    for cell in placement.cells {
      for position in 0..<vm.vcpus / placement.cells.count {
        let vcpu = order[next]
        next += 1
        sets[vcpu] =
          vm.policy == .dedicated ? [cell.vcpuPUs[position]] : pools[cell.node] ?? CPUSet()
      }
    }
    return sets
  }

  /// vCPUs cell after cell, as the guest has them.
  private var guestOrder: [Int] {
    let plain = Array(0..<vm.vcpus)
    guard let cells = definition.cpu?.cells, cells.count > 1 else { return plain }
    let listed = cells.flatMap { Array($0.cpus) }
    return Set(listed).count == vm.vcpus && listed.allSatisfy { $0 < vm.vcpus } ? listed : plain
  }

  private var emulatorSet: CPUSet? {
    if let pu = placement.emulatorPU { return [pu] }
    guard vm.policy == .dedicated, !reserved.isEmpty else { return nil }
    return reserved
  }

  private var ioThreadSets: [(Int, CPUSet)] {
    let numbers = definition.cputune.iothreads
    if !placement.ioThreadPUs.isEmpty {
      return zip(numbers, placement.ioThreadPUs).map { ($0, [$1]) }
    }
    guard vm.policy == .dedicated, !reserved.isEmpty else { return [] }
    return numbers.map { ($0, reserved) }
  }

  /// Guest cells for a guest that has none and is split.
  private var cellEdits: [XMLEdit] {
    let count = placement.cells.count
    guard count > 1, (definition.cpu?.cells.count ?? 0) <= 1 else { return [] }
    let each = vm.vcpus / count
    return (0..<count).flatMap { cell -> [XMLEdit] in
      let path = XMLPath([
        XMLPath.Step("cpu"), XMLPath.Step("numa"),
        XMLPath.Step("cell", attributes: [XMLPath.Attribute("id", String(cell))]),
      ])
      let cpus = CPUSet(cell * each..<(cell + 1) * each)
      return [
        .setAttribute(path, name: "cpus", value: cpus.description),
        .setAttribute(path, name: "memory", value: String(vm.memoryMiB / count)),
        .setAttribute(path, name: "unit", value: "MiB"),
      ]
    }
  }

  private var memoryEdits: [XMLEdit] {
    let nodes = CPUSet(placement.cells.map(\.memoryNode))
    let path: XMLPath = "numatune/memory"
    var edits: [XMLEdit] = []
    let binding = definition.memory.binding
    if binding?.nodes != nodes || binding?.isAuto == true {
      if binding?.node["placement"] != nil {
        edits.append(.setAttribute(path, name: "placement", value: "static"))
      }
      if binding == nil { edits.append(.setAttribute(path, name: "mode", value: "strict")) }
      edits.append(.setAttribute(path, name: "nodeset", value: nodes.description))
    }
    let guestCells = max(placement.cells.count, definition.cpu?.cells.count ?? 1)
    guard guestCells > 1 else { return edits }
    for cell in 0..<guestCells {
      let home = placement.cells[cell * placement.cells.count / guestCells].memoryNode
      guard definition.memory.memNodes.first(where: { $0.cell == cell })?.nodes != [home] else {
        continue
      }
      let node = XMLPath([
        XMLPath.Step("numatune"),
        XMLPath.Step("memnode", attributes: [XMLPath.Attribute("cellid", String(cell))]),
      ])
      edits.append(.setAttribute(node, name: "mode", value: "strict"))
      edits.append(.setAttribute(node, name: "nodeset", value: String(home)))
    }
    return edits
  }
}
