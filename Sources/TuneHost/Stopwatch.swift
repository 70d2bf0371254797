// Time as it passes on the wall.

import Glibc

/// Wall-clock time since a moment, by a clock that only goes forwards.
public struct Stopwatch: Sendable {
  private let start: Double

  /// Starts now.
  public init() { start = Self.now() }

  /// Seconds since the start.
  public var seconds: Double { Self.now() - start }

  /// Seconds since some moment.
  static func now() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
