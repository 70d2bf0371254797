// Memory as each node sees each node.

import CNuma
import Glibc
import TuneKit

/// Reads memory of every node from every node with CPUs.
struct MemoryWorkload: Workload {
  enum Kind {
    case latency, bandwidth
  }

  let name: String
  let metrics: [TrialMetric]
  private let kind: Kind
  private let pairs: [(cpu: Int32, memory: Int32)]
  private let seconds: Double

  /// Larger than the caches that a core has for itself.
  private static let bytes = 64 << 20
  private static let line = 64

  init(_ kind: Kind, seconds: Double) {
    self.kind = kind
    name = kind == .latency ? "memory-latency" : "memory-bandwidth"
    let found = Self.nodePairs()
    pairs = found
    self.seconds = max(0.02, seconds / Double(max(1, found.count)))
    metrics = found.map { pair in
      let way = pair.cpu < 0 ? "" : ", node \(pair.cpu) to \(pair.memory)"
      return kind == .latency
        ? TrialMetric("memory latency" + way, unit: "ns", better: .lower)
        : TrialMetric("memory bandwidth" + way, unit: "MB/s", better: .higher)
    }
  }

  /// Nodes with CPUs times nodes with memory, at most 16 pairs; one pair of no node where there is
  /// no NUMA.
  private static func nodePairs() -> [(cpu: Int32, memory: Int32)] {
    guard numa_available() >= 0, numa_max_node() > 0 else { return [(-1, -1)] }
    let nodes = 0...numa_max_node()
    let memories = nodes.filter { numa_node_size64($0, nil) > Int64(2 * bytes) }
    let cpus = nodes.filter { hasCPUs($0) }
    let pairs = cpus.flatMap { cpu in memories.map { (cpu: cpu, memory: $0) } }
    return pairs.isEmpty ? [(-1, -1)] : Array(pairs.prefix(16))
  }

  private static func hasCPUs(_ node: Int32) -> Bool {
    guard let mask = numa_allocate_cpumask() else { return false }
    defer { numa_bitmask_free(mask) }
    return numa_node_to_cpus(node, mask) == 0 && numa_bitmask_weight(mask) > 0
  }

  func measure() throws(Failure) -> [Double] {
    var values: [Double] = []
    for pair in pairs {
      let result = Result()
      let (kind, seconds) = (kind, seconds)
      WorkThreads.run([
        { result.value = Self.measure(kind, pair.cpu, pair.memory, seconds) }
      ])
      guard let value = result.value else {
        let place = pair.cpu < 0 ? "this host" : "node \(pair.memory)"
        let way = pair.cpu < 0 ? "" : " from node \(pair.cpu)"
        throw Failure(.ioError, "\(place) gives no 64 MiB to measure\(way)")
      }
      values.append(value)
    }
    return values
  }

  /// Written by a thread that was waited for.
  private final class Result: @unchecked Sendable {
    var value: Double?
  }

  /// In a thread of its own, for it moves to the node.
  private static func measure(
    _ kind: Kind, _ cpu: Int32, _ memory: Int32, _ seconds: Double
  ) -> Double? {
    if cpu >= 0, numa_run_on_node(cpu) != 0 { return nil }
    let raw = memory < 0 ? numa_alloc_local(bytes) : numa_alloc_onnode(bytes, memory)
    guard let raw else { return nil }
    defer { numa_free(raw, bytes) }
    let words = raw.bindMemory(to: UInt64.self, capacity: bytes / 8)
    switch kind {
    case .latency: return latency(words, seconds)
    case .bandwidth: return bandwidth(words, seconds)
    }
  }

  /// Nanoseconds of a read whose address the read before gave: a random way through all lines.
  private static func latency(_ words: UnsafeMutablePointer<UInt64>, _ seconds: Double) -> Double {
    let lines = bytes / line
    let step = line / 8
    var random = SeededRandom(seed: 1)
    for index in 0..<lines { words[index * step] = UInt64(index) }
    // Sattolo's shuffle leaves one circle.
    for index in stride(from: lines - 1, to: 0, by: -1) {
      let other = random.below(index)
      let kept = words[index * step]
      words[index * step] = words[other * step]
      words[other * step] = kept
    }
    var place = 0
    var reads = 0
    let start = Stopwatch.now()
    var now = start
    while now - start < seconds {
      for _ in 0..<10_000 { place = Int(truncatingIfNeeded: words[place * step]) }
      reads += 10_000
      now = Stopwatch.now()
    }
    // The last place is stored, or nothing would have to be read.
    words[1] = UInt64(place)
    return (now - start) * 1e9 / Double(reads)
  }

  /// Megabytes per second, read in order.
  private static func bandwidth(_ words: UnsafeMutablePointer<UInt64>, _ seconds: Double) -> Double
  {
    let count = bytes / 8
    for index in 0..<count { words[index] = UInt64(index) }
    var sum: UInt64 = 0
    var passes = 0
    let start = Stopwatch.now()
    var now = start
    repeat {
      for index in 0..<count { sum &+= words[index] }
      passes += 1
      now = Stopwatch.now()
    } while now - start < seconds
    words[0] = sum
    return Double(passes) * Double(bytes) / 1e6 / (now - start)
  }
}
