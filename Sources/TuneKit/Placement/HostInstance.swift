/// This host and its domains as an instance.
public struct HostInstance: Sendable {
  /// What the solver gets.
  public let instance: PlacementInstance
  /// The domain behind each VM; nil for the VM of `--what-if`, which is the last.
  public let domains: [Domain?]
  /// The name of the VM that is only thought of.
  public static let imagined = "what-if"

  /// A VM that is only thought of.
  public struct Imagined: Sendable {
    /// Its vCPUs.
    public let vcpus: Int
    /// Its memory.
    public let memoryMiB: Int
    /// Whether it floats on its node's pool.
    public let isShared: Bool
    /// The most nodes it may be split over.
    public let maxCells: Int

    /// A VM.
    public init(vcpus: Int, memoryMiB: Int, isShared: Bool = false, maxCells: Int = 1) {
      self.vcpus = vcpus
      self.memoryMiB = memoryMiB
      self.isShared = isShared
      self.maxCells = maxCells
    }
  }

  /// Builds the instance: running domains, or where none runs, all; `onlyRunning` leaves out all
  /// that isn't known to run. `smt` is what domains ask of sibling threads where that isn't the best
  /// for them.
  ///
  /// - Throws: 65 where the topology isn't known or a core has more than two PUs.
  public init(
    _ facts: Facts, _ settings: HostPlacementSettings, imagined: Imagined? = nil,
    onlyRunning: Bool = false, smt: [String: PlacementVM.SMT] = [:]
  ) throws(HostPlacementError) {
    let host = try PlacementHost(facts, settings)
    let running = facts.domains.filter { $0.runs != false }
    let chosen =
      onlyRunning
      ? facts.domains.filter(\.isRunning) : running.isEmpty ? facts.domains : running
    var vms: [PlacementVM] = []
    for domain in chosen.prefix(InstanceLimits.vms - 1) {
      let wish = DomainVM.Wish(
        wantsOwn: settings.dedicated.contains(domain.key),
        smt: smt[domain.key] ?? SiblingPolicy(facts.topology).first(domain.current))
      vms.append(try DomainVM(facts, host, domain, domain.current, wish).vm())
    }
    var domains: [Domain?] = chosen.prefix(vms.count).map(Optional.some)
    if let imagined {
      var name = Self.imagined
      while vms.contains(where: { $0.name == name }) { name += "'" }
      vms.append(
        PlacementVM(
          name: name, vcpus: imagined.vcpus, memoryMiB: imagined.memoryMiB,
          policy: imagined.isShared ? .shared : .dedicated, maxCells: imagined.maxCells))
      domains.append(nil)
    }
    self.domains = domains
    instance = PlacementInstance(
      name: facts.host.name ?? "host", host: host, weights: settings.weights, vms: vms)
  }
}

extension HostInstance {
  /// Where everything is now, as far as pins say: enough for a picture, not always a valid solution.
  var now: PlacementSolution {
    var nodeOf: [Int: Int] = [:]
    for node in instance.host.nodes { for pu in node.cores.joined() { nodeOf[pu] = node.id } }
    return PlacementSolution(
      placements: zip(domains, instance.vms).map { domain, vm in
        guard let domain, !vm.current.isEmpty else { return nil }
        let single = domain.current.vcpuPins.compactMap { pin in
          pin.cpus.flatMap { $0.count == 1 ? $0.first : nil }
        }
        return PlacementSolution.Placement(
          cells: vm.current.map { cell in
            PlacementSolution.Cell(
              node: cell.node, memoryNode: cell.memoryNode,
              vcpuPUs: single.filter { nodeOf[$0] == cell.node })
          })
      })
  }
}

extension PlacementHost {
  init(
    _ facts: Facts, _ settings: HostPlacementSettings
  ) throws(HostPlacementError) {
    let topology = facts.topology
    let online = topology.online.value ?? CPUSet()
    guard !online.isEmpty, !topology.nodes.isEmpty else {
      throw HostPlacementError("the host's CPUs and NUMA nodes are not known")
    }
    var nodes: [Node] = []
    for node in topology.nodes.prefix(InstanceLimits.nodes) {
      nodes.append(try Self.node(node, topology))
    }
    let pus = nodes.flatMap { $0.cores.flatMap { $0 } }
    let known = Set(pus)
    let reserved = Self.housekeeping(nodes, settings.reserved)
    self.init(
      nodes: nodes, l3Groups: Self.groups(nodes, topology),
      distances: Self.distances(topology.nodes.prefix(InstanceLimits.nodes)),
      devices: Self.devices(facts, Set(nodes.map(\.id))),
      reservedPUs: reserved.filter { known.contains($0) },
      sharedOvercommitPercent: settings.overcommitPercent)
  }

  private static func node(
    _ node: Topology.Node, _ topology: Topology
  ) throws(HostPlacementError) -> Node {
    var rest = node.cpus
    var cores: [[Int]] = []
    for core in topology.cores {
      let pus = core.cpus.intersection(node.cpus)
      guard !pus.isEmpty, !pus.isDisjoint(with: rest) else { continue }
      guard pus.count <= 2 else {
        throw HostPlacementError(
          "the core of CPUs \(core.cpus) has \(pus.count) PUs; placement knows one or two")
      }
      cores.append(Array(pus.intersection(rest)))
      rest = rest.subtracting(pus)
    }
    cores += rest.map { [$0] }
    func total(_ size: Int) -> Int {
      let pool = node.pools.first { $0.pageSizeKiB == size }
      return min(max(0, pool?.total ?? 0), InstanceLimits.memoryMiB * 1024 / size)
    }
    let pages2 = total(2048)
    let pages1 = total(1_048_576)
    let mib = min((node.memoryKiB ?? 0) / 1024, InstanceLimits.memoryMiB)
    // The host's own share: a sixteenth, 1 GiB at most.
    let own = min(1024, mib / 16)
    return Node(
      id: node.id, memoryMiB: max(0, mib - own - 2 * pages2 - 1024 * pages1), pages2MiB: pages2,
      pages1GiB: pages1, cores: cores)
  }

  /// The configuration's PUs on each node, else the first core of a node of four or more.
  private static func housekeeping(_ nodes: [Node], _ configured: CPUSet?) -> [Int] {
    nodes.flatMap { node -> [Int] in
      let chosen = node.cores.joined().filter { configured?.contains($0) ?? false }
      guard chosen.isEmpty else { return chosen }
      return node.cores.count >= 4 ? node.cores[0] : []
    }
  }

  /// The L3 groups; PUs that nobody gives one are a group per node.
  private static func groups(_ nodes: [Node], _ topology: Topology) -> [[Int]] {
    var left = CPUSet(nodes.flatMap { $0.cores.flatMap { $0 } })
    var groups: [[Int]] = []
    for group in topology.l3Groups {
      let pus = group.cpus.intersection(left)
      guard !pus.isEmpty else { continue }
      groups.append(Array(pus))
      left = left.subtracting(pus)
    }
    for node in nodes {
      let pus = node.cores.flatMap { $0 }.filter { left.contains($0) }
      if !pus.isEmpty { groups.append(pus) }
    }
    return groups
  }

  private static func distances(_ nodes: ArraySlice<Topology.Node>) -> [[Int]] {
    nodes.map { a in
      nodes.map { b in
        let known = a.distances[b.id] ?? (a.id == b.id ? 10 : 20)
        return min(max(0, known), InstanceLimits.distance)
      }
    }
  }

  /// The PCI devices whose node the firmware names, virtual functions with their card, and NVMe
  /// devices by name.
  private static func devices(_ facts: Facts, _ nodes: Set<Int>) -> [Device] {
    let cards = facts.pciDevices.value ?? []
    let nodeOf = Dictionary(
      cards.map { ($0.address, $0.numaNode) }, uniquingKeysWith: { first, _ in first })
    let disks = (facts.blockDevices.value ?? []).filter { $0.kind == .nvme }
    let found =
      cards.map { card in
        (card.address, card.numaNode ?? card.physicalFunction.flatMap { nodeOf[$0] ?? nil })
      } + disks.map { ($0.name, $0.numaNode) }
    return found.compactMap { id, node in
      guard let node, nodes.contains(node) else { return nil }
      return Device(id: id, node: node)
    }
  }
}
