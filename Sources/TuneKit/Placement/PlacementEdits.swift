/// The edits of one domain's definition that bring it to its place: pins of vCPUs, emulator and
/// IOThreads, guest cells and topology, and the nodes of its memory.
struct PlacementEdits {
  /// What the machine offers beside the domain's own PUs.
  struct Site {
    /// The PUs of each node that no dedicated VM has.
    let pools: [Int: CPUSet]
    /// The housekeeping PUs of each node.
    let housekeeping: [Int: CPUSet]
    /// The PUs of all dedicated VMs.
    let owned: CPUSet
    /// All PUs of each node.
    let nodeCPUs: [Int: CPUSet]
  }

  let domain: Domain
  let definition: DomainDefinition
  let vm: PlacementVM
  let placement: PlacementSolution.Placement
  let site: Site
  /// Whether memory may come from nowhere else.
  let isStrict: Bool

  var isDedicated: Bool { vm.policy == .dedicated }

  /// The place with its edits; none where the domain is there already.
  func home(live: Bool) -> Home {
    Home(change: change(live: live), summary: summary, shape: shape)
  }

  /// The edits; nil where the domain is there already.
  func change(live: Bool) -> DomainChange? {
    var calls: [LiveCall] = []
    var edits = vcpuEdits(&calls)
    edits += emulatorEdits(&calls)
    edits += ioThreadEdits(&calls)
    edits += shapeEdits + cellEdits + memoryEdits
    guard !edits.isEmpty else { return nil }
    return DomainChange(domain: domain.key, edits: edits, live: live ? calls : [])
  }

  /// Whether the running guest's threads may go there at once: its memory lies there, and nobody who
  /// runs has those CPUs now.
  func mayMoveNow(_ context: Context) -> Bool {
    guard domain.isRunning, isDedicated else { return false }
    let wanted = vcpuSets.reduce(CPUSet()) { $0.union($1) }
    for other in context.facts.runningDomains where other.key != domain.key {
      if other.current.isDedicated, !other.current.pinnedCPUs.isDisjoint(with: wanted) {
        return false
      }
    }
    guard context.facts.topology.fullNodes.count > 1 else { return true }
    guard let lies = context.facts.process(of: domain)?.memoryByNode.value else { return false }
    let nodes = Set(placement.cells.map(\.memoryNode))
    let total = lies.values.reduce(0, +)
    let there = lies.filter { nodes.contains($0.key) }.values.reduce(0, +)
    return total > 0 && there >= total / 10 * 9
  }

  private var summary: String {
    let nodes = CPUSet(placement.cells.map(\.node))
    let where_ = nodes.count == 1 ? "node \(nodes)" : "nodes \(nodes)"
    let cpus = vcpuSets.reduce(CPUSet()) { $0.union($1) }
    return isDedicated
      ? "pin it to CPUs \(cpus) of \(where_)" : "keep it on CPUs \(cpus) of \(where_)"
  }

  // MARK: vCPUs

  /// The host CPUs of each vCPU.
  var vcpuSets: [CPUSet] {
    let order = guestOrder
    var sets = Array(repeating: CPUSet(), count: vm.vcpus)
    var next = 0
    for cell in placement.cells {
      for position in 0..<vm.vcpus / placement.cells.count {
        let vcpu = order[next]
        next += 1
        sets[vcpu] = isDedicated ? [cell.vcpuPUs[position]] : site.pools[cell.node] ?? []
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

  private func vcpuEdits(_ calls: inout [LiveCall]) -> [XMLEdit] {
    var edits: [XMLEdit] = []
    let sets = vcpuSets
    let isPool = !isDedicated && placement.cells.count == 1
    if isPool, let pool = sets.first {
      guard !pool.isEmpty else { return [] }
      if definition.cputune.cpuset != pool {
        if definition.cputune.vcpuNode?["placement"] != nil {
          edits.append(.setAttribute("vcpu", name: "placement", value: "static"))
        }
        edits.append(.setAttribute("vcpu", name: "cpuset", value: pool.description))
      }
    }
    for (vcpu, cpus) in sets.enumerated() {
      let now = definition.cputune.vcpuPins.last { $0.id == vcpu }?.cpus
      guard now != cpus, !(isPool && now == nil) else { continue }
      edits.append(pin("vcpupin", "vcpu", vcpu, cpus))
      calls.append(.pinVCPU(vcpu, cpus))
    }
    return edits
  }

  private func pin(_ name: String, _ key: String, _ id: Int, _ cpus: CPUSet) -> XMLEdit {
    let path = XMLPath([
      XMLPath.Step("cputune"),
      XMLPath.Step(name, attributes: [XMLPath.Attribute(key, String(id))]),
    ])
    return .setAttribute(path, name: "cpuset", value: cpus.description)
  }

  // MARK: Emulator and IOThreads

  /// Housekeeping PUs of every node of the guest; nil where one of them has none.
  private var helpers: CPUSet? {
    var result = CPUSet()
    for node in Set(placement.cells.flatMap { [$0.node, $0.memoryNode] }) {
      guard !(site.nodeCPUs[node]?.isEmpty ?? true) else { continue }
      guard let own = site.housekeeping[node] else { return nil }
      result = result.union(own)
    }
    return result.isEmpty ? nil : result
  }

  /// The emulator threads' CPUs. They reach every node that memory is bound to: QEMU allocates from
  /// there, and would not start (StrictMemory).
  private var emulatorSet: CPUSet? {
    guard isDedicated else { return nil }
    guard let pu = placement.emulatorPU else { return helpers }
    let far = placement.cells.contains { $0.memoryNode != placement.cells.first?.node }
    return far ? (helpers ?? []).union([pu]) : [pu]
  }

  /// Whether emulator threads may stay where the definition has them.
  private func isFine(_ cpus: CPUSet, reachingMemory: Bool) -> Bool {
    guard cpus.isDisjoint(with: site.owned) else { return false }
    guard reachingMemory else { return true }
    return placement.cells.allSatisfy { cell in
      let there = site.nodeCPUs[cell.memoryNode] ?? []
      return there.isEmpty || !there.isDisjoint(with: cpus)
    }
  }

  private func emulatorEdits(_ calls: inout [LiveCall]) -> [XMLEdit] {
    let now = definition.cputune.emulatorPin?.cpus
    guard isDedicated else {
      guard let now, !isFine(now, reachingMemory: true) else { return [] }
      let pools = placement.cells.reduce(CPUSet()) { $0.union(site.pools[$1.node] ?? []) }
      guard !pools.isEmpty else { return [.remove("cputune/emulatorpin")] }
      calls.append(.pinEmulator(pools))
      return [.setAttribute("cputune/emulatorpin", name: "cpuset", value: pools.description)]
    }
    if placement.emulatorPU == nil, let now, isFine(now, reachingMemory: true) { return [] }
    guard let wanted = emulatorSet, now != wanted else {
      // A pin that reaches too little is worse than none.
      guard emulatorSet == nil, let now, !isFine(now, reachingMemory: true) else { return [] }
      return [.remove("cputune/emulatorpin")]
    }
    calls.append(.pinEmulator(wanted))
    return [.setAttribute("cputune/emulatorpin", name: "cpuset", value: wanted.description)]
  }

  private func ioThreadEdits(_ calls: inout [LiveCall]) -> [XMLEdit] {
    guard isDedicated else { return [] }
    var edits: [XMLEdit] = []
    for (position, number) in definition.cputune.iothreads.enumerated() {
      let now = definition.cputune.iothreadPins.last { $0.id == number }?.cpus
      let own = placement.ioThreadPUs
      if own.isEmpty, let now, isFine(now, reachingMemory: false) { continue }
      guard let cpus = position < own.count ? [own[position]] : helpers, cpus != now else {
        continue
      }
      edits.append(pin("iothreadpin", "iothread", number, cpus))
      calls.append(.pinIOThread(number, cpus))
    }
    return edits
  }
}
