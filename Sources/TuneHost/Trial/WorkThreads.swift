// Threads for workloads: plain ones of the system, for what they cost is what is measured.

import Glibc

/// Runs closures at the same time.
enum WorkThreads {
  private final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Runs all bodies, each in a thread of its own, and returns when the last is done. A body whose
  /// thread can't be made runs after the others.
  static func run(_ bodies: [@Sendable () -> Void]) {
    var threads: [pthread_t] = []
    var left: [@Sendable () -> Void] = []
    for body in bodies {
      let box = Unmanaged.passRetained(Box(body))
      var thread = pthread_t()
      let error = pthread_create(
        &thread, nil,
        { argument in
          guard let argument else { return nil }
          Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
          return nil
        }, box.toOpaque())
      if error == 0 {
        threads.append(thread)
      } else {
        box.release()
        left.append(body)
      }
    }
    for body in left { body() }
    for thread in threads { pthread_join(thread, nil) }
  }
}
