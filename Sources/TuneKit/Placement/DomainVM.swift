/// Reads what a domain asks of placement from its definition and its process.
struct DomainVM {
  private let facts: Facts
  private let host: PlacementHost
  private let domain: Domain
  private let wantsOwn: Bool
  private var definition: DomainDefinition { domain.current }

  init(_ facts: Facts, _ host: PlacementHost, _ domain: Domain, wantsOwn: Bool) {
    self.facts = facts
    self.host = host
    self.domain = domain
    self.wantsOwn = wantsOwn
  }

  private var isDedicated: Bool { definition.isDedicated || wantsOwn }

  func vm() throws(HostPlacementError) -> PlacementVM {
    let vcpus = definition.vcpus
    let page = pageSize
    let mib = max(1, ((definition.memory.totalKiB ?? 1024) + 1023) / 1024)
    guard vcpus <= InstanceLimits.vcpus, mib <= InstanceLimits.memoryMiB else {
      throw HostPlacementError(
        "domain \(domain.key.quoted()) has \(vcpus) vCPUs and \(mib) MiB: more than placement takes"
      )
    }
    let dedicated = isDedicated
    let own = threadsOfTheirOwn
    return PlacementVM(
      name: domain.key, vcpus: vcpus, memoryMiB: rounded(mib, to: page),
      pageSize: page, policy: dedicated ? .dedicated : .shared, maxCells: maxCells,
      emulator: dedicated && own.emulator ? .own : .share,
      ioThreads: min(definition.cputune.iothreads.count, InstanceLimits.ioThreads),
      ioThreadPolicy: dedicated && own.ioThreads ? .own : .share,
      devices: devices, current: current)
  }

  /// Cells the guest has; or as many nodes as one vCPU set or memory needs.
  private var maxCells: Int {
    let given = max(1, definition.cpu?.cells.count ?? 1)
    let largest = host.nodes.map { $0.cores.reduce(0) { $0 + $1.count } }.max() ?? 1
    let needed = (definition.vcpus + largest - 1) / max(1, largest)
    return min(max(given, needed), host.nodes.count, InstanceLimits.nodes)
  }

  private var pageSize: PlacementVM.PageSize {
    guard definition.wantsHugePages else { return .base }
    let size =
      definition.memory.pages.compactMap(\.sizeKiB).first ?? facts.memory.defaultPageKiB.value
    return PlacementVM.PageSize(rawValue: size ?? 2048) ?? .large
  }

  /// Whole pages in every cell.
  private func rounded(_ mib: Int, to page: PlacementVM.PageSize) -> Int {
    let unit = max(1, page.kib / 1024) * max(1, definition.cpu?.cells.count ?? 1)
    return min((mib + unit - 1) / unit * unit, InstanceLimits.memoryMiB / unit * unit)
  }

  /// Whether the emulator and the IOThreads are each pinned to CPUs that no vCPU has.
  private var threadsOfTheirOwn: (emulator: Bool, ioThreads: Bool) {
    let vcpus = definition.pinnedCPUs.union(CPUSet(host.reservedPUs))
    let emulator = definition.cputune.emulatorPin?.cpus
    let pins = definition.cputune.iothreadPins
    return (
      emulator.map { $0.count == 1 && $0.isDisjoint(with: vcpus) } ?? false,
      !pins.isEmpty && pins.count == definition.cputune.iothreads.count
        && pins.allSatisfy { $0.cpus.count == 1 && $0.cpus.isDisjoint(with: vcpus) }
    )
  }

  private var devices: [String] {
    let known = Set(host.devices.map(\.id))
    var seen: Set<String> = []
    return definition.devices.hostDevices.compactMap(\.pciAddress).filter {
      known.contains($0) && seen.insert($0).inserted
    }
  }

  /// Where it runs: the nodes of its pins, and the nodes its memory really lies on; nobody's place
  /// while it floats over the whole host.
  private var current: [PlacementVM.CurrentCell] {
    guard domain.isRunning else { return [] }
    let known = Set(host.nodes.map(\.id))
    let pins = definition.pinnedCPUs
    let nodes = facts.topology.nodes(of: pins).filter { known.contains($0) }
    guard definition.isPinned, !nodes.isEmpty, nodes.count < max(2, host.nodes.count) else {
      return []
    }
    let memory = memoryNodes(known)
    return nodes.map { node in
      let home = memory.contains(node) ? node : memory.first ?? node
      return PlacementVM.CurrentCell(node: node, memoryNode: home)
    }
  }

  private func memoryNodes(_ known: Set<Int>) -> [Int] {
    if let lies = facts.process(of: domain)?.memoryByNode.value, !lies.isEmpty {
      return lies.filter { known.contains($0.key) && $0.value > 0 }
        .sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    }
    return definition.memory.binding?.nodes.map { set in set.filter { known.contains($0) } } ?? []
  }
}
