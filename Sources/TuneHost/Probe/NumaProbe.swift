// What libnuma says of the nodes of this machine; it can't read a captured tree.

import CNuma
import Glibc
import TuneKit

/// Asks libnuma.
enum NumaProbe {
  /// The nodes of this machine, or why libnuma doesn't say.
  static func live() -> Known<[LibnumaNode]> {
    guard numa_available() >= 0 else {
      return Known(missing: "this kernel offers no NUMA calls", from: "libnuma")
    }
    let highest = Int(numa_max_node())
    guard highest >= 0, highest < 4096 else {
      return Known(missing: "node numbers are out of range", from: "libnuma")
    }
    let allowed = numa_get_mems_allowed()
    defer { if let allowed { numa_bitmask_free(allowed) } }
    // -1 for a number that is no node.
    let sizes = (0...highest).map { (id: $0, bytes: numa_node_size64(Int32($0), nil)) }
    let present = sizes.filter { $0.bytes >= 0 }
    let nodes = present.map { node in
      LibnumaNode(
        id: node.id, memoryBytes: Int(node.bytes),
        distances: distances(from: node.id, to: present.map(\.id)),
        allowed: allowed.map { numa_bitmask_isbitset($0, UInt32(node.id)) != 0 } ?? true)
    }
    return Known(nodes, from: "libnuma")
  }

  private static func distances(from node: Int, to others: [Int]) -> [Int: Int] {
    var result: [Int: Int] = [:]
    for other in others {
      let distance = Int(numa_distance(Int32(node), Int32(other)))
      // 0 stands for "not known".
      if distance > 0 { result[other] = distance }
    }
    return result
  }
}
