// Where hwloc and libnuma see another machine than sysfs shows.

struct CrossCheck {
  let topology: Topology
  let snapshot: Snapshot

  /// One sentence for each difference, in a stable order.
  func sentences() -> [String] { hwloc() + libnuma() }

  private func hwloc() -> [String] {
    guard let hwloc = snapshot.hwloc.value else { return [] }
    var result: [String] = []
    if let online = topology.online.value, online != hwloc.pus {
      result.append("online CPUs: sysfs \(quoted(online)), hwloc \(quoted(hwloc.pus))")
    }
    compare("packages", topology.packages.values.map { $0 }, hwloc.packages, &result)
    compare("cores", topology.cores.map(\.cpus), hwloc.cores, &result)
    compare("L3 groups", topology.l3Groups.map(\.cpus), hwloc.l3Groups.map(\.cpus), &result)
    let (ours, theirs) = (topology.nodes.map(\.id), hwloc.nodes.map(\.id).sorted())
    if ours != theirs {
      result.append("NUMA nodes: sysfs \(quoted(CPUSet(ours))), hwloc \(quoted(CPUSet(theirs)))")
    }
    for node in topology.nodes {
      guard let other = hwloc.nodes.first(where: { $0.id == node.id }) else { continue }
      // hwloc gives a CPU-less node the CPUs of its neighbour; that is its way, no difference.
      if !node.cpus.isEmpty, node.cpus != other.cpus {
        result.append(
          "CPUs of node \(node.id): sysfs \(quoted(node.cpus)), hwloc \(quoted(other.cpus))")
      }
      memory(node, other.memoryBytes, "hwloc", &result)
    }
    return result
  }

  private func libnuma() -> [String] {
    guard let nodes = snapshot.libnuma.value else { return [] }
    var result: [String] = []
    // libnuma leaves out nodes without memory when asked for their size.
    let ours = topology.nodes.filter { ($0.memoryKiB ?? 1) > 0 }.map(\.id)
    let theirs = nodes.filter { $0.memoryBytes > 0 }.map(\.id).sorted()
    if ours != theirs, !topology.nodes.isEmpty {
      result.append(
        "nodes with memory: sysfs \(quoted(CPUSet(ours))), libnuma \(quoted(CPUSet(theirs)))")
    }
    for node in topology.nodes {
      guard let other = nodes.first(where: { $0.id == node.id }) else { continue }
      memory(node, other.memoryBytes, "libnuma", &result)
      for (id, distance) in node.distances.sorted(by: { $0.key < $1.key }) {
        guard let seen = other.distances[id], seen > 0, seen != distance else { continue }
        result.append(
          "distance from node \(node.id) to \(id): sysfs \(distance), libnuma \(seen)")
      }
      if !other.allowed, !node.cpus.isEmpty {
        result.append("node \(node.id) may not be used by this process (libnuma)")
      }
    }
    return result
  }

  /// The same figure in KiB and bytes may be rounded; a MiB more or less is none.
  private func memory(
    _ node: Topology.Node, _ bytes: Int, _ who: String, _ result: inout [String]
  ) {
    guard let kibibytes = node.memoryKiB, bytes >= 0 else { return }
    let theirs = bytes / 1024
    guard (theirs - kibibytes).magnitude > 1024 else { return }
    result.append("memory of node \(node.id): sysfs \(kibibytes) KiB, \(who) \(theirs) KiB")
  }

  private func compare(
    _ what: String, _ ours: [CPUSet], _ theirs: [CPUSet], _ result: inout [String]
  ) {
    let (left, right) = (Set(ours), Set(theirs))
    guard left != right else { return }
    var sentence = "\(what): sysfs \(left.count), hwloc \(right.count)"
    func first(_ sets: Set<CPUSet>) -> CPUSet? { sets.min { "\($0)" < "\($1)" } }
    if let only = first(left.subtracting(right)) { sentence += "; only sysfs has \(quoted(only))" }
    if let only = first(right.subtracting(left)) { sentence += "; only hwloc has \(quoted(only))" }
    result.append(sentence)
  }

  private func quoted(_ set: CPUSet) -> String { set.isEmpty ? "none" : "\(set)" }
}
