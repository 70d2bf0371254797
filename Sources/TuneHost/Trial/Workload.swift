// What a trial measures: the user's command, or one of the built-in workloads.

import Glibc
import TuneKit

/// Something that can be measured again and again.
public protocol Workload {
  /// Its name in reports.
  var name: String { get }
  /// What one measurement gives, in order.
  var metrics: [TrialMetric] { get }
  /// Measures once; a value per metric, above 0.
  ///
  /// - Throws: `Failure` where the measurement went wrong.
  func measure() throws(Failure) -> [Double]
}

/// The built-in workloads by name.
public enum BuiltInWorkload: String, CaseIterable, Sendable {
  /// Dependent reads, per pair of nodes.
  case memoryLatency = "memory-latency"
  /// Sequential reads, per pair of nodes.
  case memoryBandwidth = "memory-bandwidth"
  /// Two threads that wake each other.
  case wakeup
  /// Random 4 KiB reads past the page cache.
  case diskRead = "disk-read"
  /// Random 4 KiB writes past the page cache.
  case diskWrite = "disk-write"
  /// Small datagrams through the loopback interface.
  case packets

  /// Makes the workload.
  ///
  /// - Parameters:
  ///   - seconds: how long one measurement takes, about.
  ///   - directory: where the disk workloads put their file.
  /// - Throws: `Failure` 64 where a directory is missing, else what the system refuses.
  public func make(seconds: Double, directory: String?) throws(Failure) -> any Workload {
    switch self {
    case .memoryLatency: return MemoryWorkload(.latency, seconds: seconds)
    case .memoryBandwidth: return MemoryWorkload(.bandwidth, seconds: seconds)
    case .wakeup: return WakeupWorkload(seconds: seconds)
    case .packets: return PacketWorkload(seconds: seconds)
    case .diskRead, .diskWrite:
      guard let directory else {
        throw Failure(
          .usage, "workload \(rawValue) needs --directory: where its file of 64 MiB may lie")
      }
      return try DiskWorkload(writes: self == .diskWrite, directory: directory, seconds: seconds)
    }
  }
}
