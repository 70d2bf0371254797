// When a running guest's memory may be moved: only on the live host, and only where it finds room.

enum MemoryMoveGate {
  static func check(_ change: DomainChange, _ domain: Domain, _ facts: Facts) -> PlanGates.Answer {
    guard case .moveMemory(let nodes) = change.live.first else { return .open }
    guard domain.source.origin.contains("://"), let pid = domain.pid,
      let process = facts.process(of: domain)
    else { return .advice("a captured or foreign guest's memory can't be moved from here") }
    guard let lies = process.memoryByNode.value else {
      return .advice("where the memory of process \(pid) lies is not known")
    }
    let remote = lies.filter { !nodes.contains($0.key) }.values.reduce(0) { $0 &+ $1 }
    var free = 0
    for node in nodes {
      let path = "/sys/devices/system/node/node\(node)/meminfo"
      let text = facts.snapshot.raw(path).value ?? ""
      guard let now = Snapshot.meminfo(text, "MemFree:"),
        let total = Snapshot.meminfo(text, "MemTotal:")
      else { return .advice("the free memory of node \(node) is not known") }
      // The host keeps a twentieth of each node.
      free += max(0, now - total / 20)
    }
    guard remote < free else {
      return .advice(
        "\(remote / 1024) MiB lie elsewhere and nodes \(nodes) have room for \(free / 1024) MiB")
    }
    return .open
  }
}
