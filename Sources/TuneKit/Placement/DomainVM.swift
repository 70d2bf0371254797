/// Reads what a domain asks of placement from a definition and its process.
struct DomainVM {
  /// What is decided for a domain before the search.
  struct Wish {
    /// Whether it gets PUs of its own although it isn't pinned now.
    var wantsOwn = false
    /// What it asks of sibling threads.
    var smt = PlacementVM.SMT.prefer
    /// Whether a guest without cells may get some.
    var maySplit = true
    /// How much it matters that it is placed.
    var priority = 1
    /// The PUs that guests are kept off on the empty host; nil for the instance's reserved ones.
    var housekeeping: Set<Int>?
    /// Whether huge pages are taken from all memory, because the pools can still grow.
    var growsPools = false
  }

  private let facts: Facts
  private let host: PlacementHost
  private let domain: Domain
  private let definition: DomainDefinition
  private let wish: Wish

  init(
    _ facts: Facts, _ host: PlacementHost, _ domain: Domain, _ definition: DomainDefinition,
    _ wish: Wish
  ) {
    self.facts = facts
    self.host = host
    self.domain = domain
    self.definition = definition
    self.wish = wish
  }

  private var isDedicated: Bool { definition.isDedicated || wish.wantsOwn }

  func vm() throws(HostPlacementError) -> PlacementVM {
    let vcpus = definition.vcpus
    let page = wish.growsPools ? PlacementVM.PageSize.base : pageSize
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
      pageSize: page, policy: dedicated ? .dedicated : .shared,
      smt: dedicated ? wish.smt : .prefer, maxCells: maxCells,
      emulator: dedicated && own.emulator ? .own : .share,
      ioThreads: min(definition.cputune.iothreads.count, InstanceLimits.ioThreads),
      ioThreadPolicy: dedicated && own.ioThreads ? .own : .share,
      devices: devices, priority: wish.priority, current: current,
      pins: definition.isDedicated ? definition.vcpuPins.compactMap { $0.cpus?.first } : [])
  }

  /// Cells the guest has; or as many nodes as one vCPU set needs.
  private var maxCells: Int {
    let given = definition.cpu?.cells.count ?? 0
    let most = min(host.nodes.count, InstanceLimits.nodes)
    if given > 1 { return min(given, most) }
    guard wish.maySplit, (definition.memory.totalKiB ?? 1) % 1024 == 0,
      definition.memory.devices.isEmpty
    else { return 1 }
    // Against the empty host: a guest is split when it is wider than a node, not when nodes are
    // full. One whose shape is open can have both threads of a core instead.
    let reserved = wish.housekeeping ?? Set(host.reservedPUs)
    let needsCores = wish.smt == .isolate && isDedicated && definition.cpu?.topology != nil
    let sizes = host.nodes.map { node in
      needsCores
        ? node.cores.count { reserved.isDisjoint(with: $0) }
        : node.cores.reduce(0) { $0 + $1.count { !reserved.contains($0) } }
    }
    let largest = sizes.max() ?? 1
    return min(max(1, (definition.vcpus + largest - 1) / max(1, largest)), most)
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

  /// The devices that `numa.device-locality` wants near it.
  private var devices: [String] {
    let known = Set(host.devices.map(\.id))
    var seen: Set<String> = []
    let assigned = definition.devices.hostDevices
    let addresses =
      assigned.compactMap(\.pciAddress)
      + assigned.compactMap(\.mdevUUID).compactMap(facts.cardOfMediatedDevice)
      + definition.devices.interfaces.compactMap { $0.pciAddress ?? facts.cardOfVhostUser($0) }
      + definition.devices.disks.filter(\.isDisk).compactMap { disk in
        if let address = disk.pciAddress { return address }
        guard case .device(let path) = facts.backing(of: disk) else { return nil }
        return facts.localNVMe(at: path)?.name
      }
    return addresses.filter { known.contains($0) && seen.insert($0).inserted }
  }

  /// Where it is: the nodes its vCPU threads may run on, else those of its pins, and the nodes its
  /// memory really lies on. While it floats over the whole host it is where its memory lies, if that
  /// is one node.
  private var current: [PlacementVM.CurrentCell] {
    guard domain.isRunning || definition.isDedicated else { return [] }
    let known = Set(host.nodes.map(\.id))
    let nodes = facts.topology.nodes(of: cpusNow).filter { known.contains($0) }
    guard !nodes.isEmpty, nodes.count < max(2, host.nodes.count) else {
      return memoryHome.map { [PlacementVM.CurrentCell(node: $0, memoryNode: $0)] } ?? []
    }
    let memory = memoryNodes(known)
    return nodes.map { node in
      let home = memory.contains(node) ? node : memory.first ?? node
      return PlacementVM.CurrentCell(node: node, memoryNode: home)
    }
  }

  /// The node with CPUs that nine tenths of a running guest's memory lie on.
  private var memoryHome: Int? {
    guard let lies = facts.process(of: domain)?.memoryByNode.value else { return nil }
    let total = lies.values.reduce(0, +)
    return host.nodes.first { node in
      !node.cores.isEmpty && total > 0 && lies[node.id] ?? 0 >= total / 10 * 9
    }?.id
  }

  /// Where its vCPUs may run, as its threads say, else as declared.
  private var cpusNow: CPUSet {
    let threads = facts.process(of: domain)?.threads.value ?? []
    let actual = threads.compactMap { thread -> CPUSet? in
      guard case .vcpu = thread.role else { return nil }
      return thread.cpus.value
    }
    if !actual.isEmpty { return actual.reduce(CPUSet()) { $0.union($1) } }
    return definition.isPinned ? definition.pinnedCPUs : []
  }

  private func memoryNodes(_ known: Set<Int>) -> [Int] {
    if let lies = facts.process(of: domain)?.memoryByNode.value, !lies.isEmpty {
      return lies.filter { known.contains($0.key) && $0.value > 0 }
        .sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    }
    return definition.memory.binding?.nodes.map { set in set.filter { known.contains($0) } } ?? []
  }
}
