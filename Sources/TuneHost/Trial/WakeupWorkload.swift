// How long a sleeping thread takes to run after it was woken: what a guest feels of idle states,
// governors and schedulers.

import Glibc
import TuneKit

/// Two threads hand a byte to and fro through pipes.
struct WakeupWorkload: Workload {
  let name = "wakeup"
  let metrics = [TrialMetric("wake-up round trip", unit: "µs", better: .lower)]
  let seconds: Double

  func measure() throws(Failure) -> [Double] {
    let there = try Pipe()
    let back = try Pipe()
    let duration = seconds
    let result = Box()
    WorkThreads.run([
      {
        var byte: UInt8 = 0
        while read(there.reading, &byte, 1) == 1, byte == 1 {
          // A pause lets the other side fall asleep, as a guest that waits does.
          if write(back.writing, &byte, 1) != 1 { return }
        }
      },
      {
        var byte: UInt8 = 1
        var times: [Double] = []
        let end = Stopwatch.now() + duration
        while Stopwatch.now() < end {
          usleep(200)
          let start = Stopwatch.now()
          guard write(there.writing, &byte, 1) == 1, read(back.reading, &byte, 1) == 1 else {
            break
          }
          times.append(Stopwatch.now() - start)
        }
        byte = 0
        _ = write(there.writing, &byte, 1)
        result.set(times)
      },
    ])
    let times = result.values.sorted()
    guard !times.isEmpty else { throw Failure(.ioError, "no wake-up was measured") }
    return [times[times.count / 2] * 1e6]
  }

  /// What one thread leaves for another that has waited for its end.
  private final class Box: @unchecked Sendable {
    private(set) var values: [Double] = []
    func set(_ new: [Double]) { values = new }
  }
}
