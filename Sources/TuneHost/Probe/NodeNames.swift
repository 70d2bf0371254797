// The nodes of a host in two small reads: what is said when there is no time for more.

import TuneKit

/// The nodes that have CPUs or memory.
public enum NodeNames {
  /// Nodes with memory, else those online.
  ///
  /// - Throws: `ProbeError.input` where the root can't be opened; 65 where no node is known.
  public static func read(root path: String) throws -> CPUSet {
    let root = try Root(path)
    let directory = "/sys/devices/system/node/"
    let with = nodes(root, directory + "has_memory")
    let cpus = nodes(root, directory + "has_cpu")
    if let with, !with.isEmpty { return cpus.map { with.union($0) } ?? with }
    if let online = nodes(root, directory + "online"), !online.isEmpty { return online }
    // A kernel without NUMA is one node.
    guard case .text = root.read("/sys/devices/system/cpu/online") else {
      throw Failure(.malformed, "the host's NUMA nodes are not known: no \(directory)online")
    }
    return [0]
  }

  private static func nodes(_ root: Root, _ path: String) -> CPUSet? {
    guard case .text(let text) = root.read(path) else { return nil }
    return CPUSet(list: text.trimmedBlanks)
  }
}
