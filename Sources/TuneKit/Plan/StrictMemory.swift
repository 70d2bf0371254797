// A combination that must never be written: memory bound strictly to a node that the emulator's
// CPUs do not reach. QEMU preallocates through threads bound to each node, and the guest then does
// not start ("Setting CPU affinity failed", libvirt 9.0 with QEMU 7.2).

enum StrictMemory {
  /// Why a definition would not start; nil where it would.
  static func trap(in definition: XMLDocument, nodes: [Topology.Node]) -> String? {
    let root = definition.baseNode
    guard root.descend("memoryBacking/hugepages") != nil || isPreallocated(root) else { return nil }
    guard let emulator = emulatorCPUs(root) else { return nil }
    for id in strictNodes(root) {
      guard let node = nodes.first(where: { $0.id == id }), !node.cpus.isEmpty else { continue }
      guard emulator.isDisjoint(with: node.cpus) else { continue }
      return "memory is bound strictly to node \(id), but emulatorpin '\(emulator)' has no CPU "
        + "there: the guest would not start; give emulatorpin a CPU of each such node"
    }
    return nil
  }

  private static func isPreallocated(_ root: XMLNode) -> Bool {
    root.descend("memoryBacking/allocation")?["mode"] == "immediate"
  }

  private static func emulatorCPUs(_ root: XMLNode) -> CPUSet? {
    let list = root.descend("cputune/emulatorpin")?["cpuset"] ?? root.first("vcpu")?["cpuset"]
    return list.flatMap { CPUSet(list: $0) }
  }

  private static func strictNodes(_ root: XMLNode) -> [Int] {
    guard let tune = root.first("numatune") else { return [] }
    var result: Set<Int> = []
    for entry in tune.children where entry.name == "memory" || entry.name == "memnode" {
      guard entry["mode"] ?? "strict" == "strict", let list = entry["nodeset"],
        let nodes = CPUSet(list: list)
      else { continue }
      result.formUnion(nodes.makeIterator())
    }
    return result.sorted()
  }
}
