// Who uses what of the host, as far as it is pinned or bound: what maps draw on the topology.

/// The domains' places on the host.
struct GuestPlaces {
  /// A domain on a CPU.
  struct Use {
    /// Index in `names`.
    var guest: Int
    /// The vCPU pinned to this CPU alone; nil where the pin is wider.
    var vcpu: Int?
  }

  /// A domain's memory on a node.
  struct Share {
    /// Index in `names`.
    var guest: Int
    /// Its size, where it is known and not spread over more nodes.
    var sizeKiB: Int?
  }

  /// Domain names in their order; the index is the colour.
  var names: [String] = []
  /// Domains whose vCPUs are pinned, by CPU.
  var byCPU: [Int: [Use]] = [:]
  /// Domains whose memory is bound, by node.
  var byNode: [Int: [Share]] = [:]
  /// Domains that may run anywhere.
  var floating: Set<Int> = []

  /// The places of all domains of the facts, running ones as they run.
  init(_ facts: Facts) {
    names = facts.domains.map(\.key)
    let online = facts.topology.online.value ?? CPUSet()
    for (guest, domain) in facts.domains.enumerated() {
      let definition = domain.current
      let pinned = definition.pinnedCPUs.intersection(online)
      if pinned.isEmpty || pinned == online && online.count > 1 {
        floating.insert(guest)
      } else {
        let vcpus = Self.single(definition)
        for cpu in pinned { byCPU[cpu, default: []].append(Use(guest: guest, vcpu: vcpus[cpu])) }
      }
      bind(guest, definition.memory, definition.cpu?.cells ?? [])
    }
  }

  private static func single(_ definition: DomainDefinition) -> [Int: Int] {
    var vcpus: [Int: Int] = [:]
    for pin in definition.cputune.vcpuPins where pin.cpus.count == 1 {
      if let cpu = pin.cpus.first { vcpus[cpu] = pin.id }
    }
    return vcpus
  }

  private mutating func bind(_ guest: Int, _ memory: DomainMemory, _ cells: [DomainCPU.Cell]) {
    guard memory.memNodes.isEmpty else {
      for entry in memory.memNodes {
        let size = cells.first { $0.id == entry.cell }?.memoryKiB
        add(guest, entry.nodes, size)
      }
      return
    }
    add(guest, memory.binding?.nodes, memory.totalKiB)
  }

  private mutating func add(_ guest: Int, _ nodes: CPUSet?, _ size: Int?) {
    guard let nodes, nodes.count <= 1024 else { return }
    for node in nodes {
      let share = Share(guest: guest, sizeKiB: nodes.count == 1 ? size : nil)
      byNode[node, default: []].append(share)
    }
  }

  /// `db1 vCPU 3`, or `db1` where the pin is wider than one CPU.
  func describe(_ use: Use) -> String {
    names[use.guest] + (use.vcpu.map { " vCPU \($0)" } ?? "")
  }
}
