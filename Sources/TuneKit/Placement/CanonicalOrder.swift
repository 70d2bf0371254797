/// The nodes and VMs of an instance in an order that follows from what they are, not from their
/// numbers, their names or the order they are written in: an instance whose nodes and VMs were renamed
/// and shuffled is searched in the same way.
///
/// Colours are refined as for graph isomorphism: a node's colour becomes what it has, its distances
/// to nodes of each colour, and the VMs with devices or cells there; a VM's what it asks for and the
/// colours of these nodes. Where that tells nodes no longer apart, the first of them is told apart
/// and the rest refined again. Nodes of one colour are nearly always each other's mirror image, so
/// which of them goes first does not matter; distances exist (strongly regular graphs) for which it
/// does.
struct CanonicalOrder {
  /// The index in the instance of each node, and of each VM.
  let nodes: [Int]
  let vms: [Int]

  init(_ instance: PlacementInstance) {
    var colours = NodeColours(instance)
    colours.refine()
    while let next = colours.firstTie, colours.mayRefine {
      colours.tellApart(next)
      colours.refine()
    }
    let node = colours.node
    nodes = node.indices.sorted { (node[$0], $0) < (node[$1], $1) }
    let vm = Self.ranks(colours.contents)
    vms = vm.indices.sorted { (vm[$0], $0) < (vm[$1], $1) }
  }

  /// The instance in this order.
  func ordered(_ instance: PlacementInstance) -> PlacementInstance {
    let host = instance.host
    return PlacementInstance(
      name: instance.name,
      host: PlacementHost(
        nodes: nodes.map { host.nodes[$0] }, l3Groups: host.l3Groups,
        distances: nodes.map { row in nodes.map { host.distances[row][$0] } },
        devices: host.devices, reservedPUs: host.reservedPUs,
        sharedOvercommitPercent: host.sharedOvercommitPercent),
      weights: instance.weights, vms: vms.map { instance.vms[$0] })
  }

  /// A solution of the ordered instance as one of the instance itself.
  func restored(_ solution: PlacementSolution) -> PlacementSolution {
    var placements: [PlacementSolution.Placement?] = Array(repeating: nil, count: vms.count)
    for (index, vm) in vms.enumerated() { placements[vm] = solution.placements[index] }
    return PlacementSolution(placements: placements)
  }

  /// The rank of each list among the different ones.
  static func ranks(_ contents: [[Int]]) -> [Int] {
    let order = contents.indices.sorted { contents[$0].lexicographicallyPrecedes(contents[$1]) }
    var ranks = Array(repeating: 0, count: contents.count)
    var rank = 0
    for (position, index) in order.enumerated() {
      if position > 0, contents[order[position - 1]] != contents[index] { rank += 1 }
      ranks[index] = rank
    }
    return ranks
  }
}

/// Colours of nodes under refinement.
private struct NodeColours {
  private struct Reference {
    let vm: Int
    /// 0: a device of the VM is there; 1: a cell of it runs there; 2: its memory lies there.
    let role: Int
  }

  private let distances: [[Int]]
  /// The rank of what each VM asks for.
  private let wishes: [Int]
  private let devices: [[Int]]
  private let current: [[(node: Int, memory: Int)]]
  private var references: [[Reference]]
  private(set) var node: [Int]
  private var roundsLeft: Int

  /// Work for all refinements, in comparisons of two nodes: enough for 64 nodes that all look alike;
  /// larger hosts whose nodes still look alike then keep their order.
  private static let work = 1 << 20

  init(_ instance: PlacementInstance) {
    let host = instance.host
    let count = host.nodes.count
    let indexOf = Dictionary(
      host.nodes.indices.map { (host.nodes[$0].id, $0) }, uniquingKeysWith: { first, _ in first })
    let home = Dictionary(
      host.devices.map { ($0.id, indexOf[$0.node] ?? 0) }, uniquingKeysWith: { first, _ in first })
    distances = host.distances
    wishes = CanonicalOrder.ranks(instance.vms.map(Self.description))
    devices = instance.vms.map { vm in vm.devices.map { home[$0] ?? 0 } }
    current = instance.vms.map { vm in
      vm.current.map { (indexOf[$0.node] ?? 0, indexOf[$0.memoryNode] ?? 0) }
    }
    references = Array(repeating: [], count: count)
    for vm in instance.vms.indices {
      for there in devices[vm] { references[there].append(Reference(vm: vm, role: 0)) }
      for cell in current[vm] {
        references[cell.node].append(Reference(vm: vm, role: 1))
        references[cell.memory].append(Reference(vm: vm, role: 2))
      }
    }
    let layout = HostLayout(host)
    node = CanonicalOrder.ranks(
      host.nodes.indices.map { index in
        let node = host.nodes[index]
        return [node.memoryMiB, node.pages2MiB, node.pages1GiB, host.distances[index][index]]
          + SearchModel.shapes(of: layout, node: index)
      })
    roundsLeft = max(4, Self.work / max(1, count * count))
  }

  var mayRefine: Bool { roundsLeft > 0 }

  /// What each VM asks for and, as colours, where it has to do with nodes.
  var contents: [[Int]] {
    wishes.indices.map { vm in
      let cells = current[vm].map { [node[$0.node], node[$0.memory]] }
        .sorted { $0.lexicographicallyPrecedes($1) }
      return [wishes[vm]] + devices[vm].map { node[$0] }.sorted() + cells.flatMap { $0 }
    }
  }

  /// A node of the first colour that several have.
  var firstTie: Int? {
    var members = Array(repeating: 0, count: node.count)
    for colour in node { members[colour] += 1 }
    guard let colour = members.firstIndex(where: { $0 > 1 }) else { return nil }
    return node.firstIndex(of: colour)
  }

  /// Gives a node a colour of its own, before those it shared one with.
  mutating func tellApart(_ chosen: Int) {
    node = CanonicalOrder.ranks(node.indices.map { [node[$0], $0 == chosen ? 0 : 1] })
  }

  /// Refines until no colour falls apart.
  mutating func refine() {
    var colours = Set(node).count
    while roundsLeft > 0, colours < node.count {
      roundsLeft -= 1
      let vm = CanonicalOrder.ranks(contents)
      node = CanonicalOrder.ranks(node.indices.map { content(of: $0, vm) })
      let more = Set(node).count
      guard more > colours else { return }
      colours = more
    }
  }

  private func content(of this: Int, _ vm: [Int]) -> [Int] {
    // Colours and distances are small: three of them fit one number, and order as their triple does.
    let others = node.indices.filter { $0 != this }
      .map { node[$0] << 32 | distances[this][$0] << 16 | distances[$0][this] }
    return [node[this]] + others.sorted()
      + references[this].map { vm[$0.vm] << 2 | $0.role }.sorted()
  }

  private static func description(_ vm: PlacementVM) -> [Int] {
    [
      vm.vcpus, vm.memoryMiB, vm.pageSize.kib, vm.policy == .shared ? 1 : 0,
      PlacementVM.SMT.allCases.firstIndex(of: vm.smt) ?? 0, vm.maxCells, vm.extras, vm.priority,
      vm.devices.count, vm.current.count,
    ]
  }
}
