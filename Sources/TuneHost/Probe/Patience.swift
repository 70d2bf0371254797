// Waiting for a library's call no longer than some seconds: a daemon that takes a connection and
// never answers would hold the program for ever.

import Glibc
import Synchronization

/// Runs calls that may never come back.
enum Patience {
  /// What a call gives, if it does so in time. After that the call goes on in its own thread, and
  /// what it gives is dropped.
  ///
  /// - Parameters:
  ///   - milliseconds: the longest wait.
  ///   - call: runs in a thread of its own.
  static func result<Value: Sendable>(
    within milliseconds: Int32, of call: @escaping @Sendable () -> Value
  ) -> Value? {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return call() }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[0]) }
    let answer = Answer<Value>()
    let (write, signal) = (ends[1], answer)
    let worker = Worker {
      let value = call()
      signal.value.withLock { $0 = value }
      close(write)
    }
    guard worker.start() else {
      close(write)
      return call()
    }
    // The writing end is closed when the call is done: that is what poll reports.
    var waiting = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
    guard retrying({ poll(&waiting, 1, milliseconds) }) > 0 else { return nil }
    return answer.value.withLock { $0 }
  }

  private final class Answer<Value: Sendable>: Sendable {
    let value = Mutex<Value?>(nil)
  }

  private final class Worker: Sendable {
    private let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }

    func start() -> Bool {
      let kept = Unmanaged.passRetained(self)
      var thread = pthread_t()
      let outcome = pthread_create(
        &thread, nil,
        { raw in
          if let raw { Unmanaged<Worker>.fromOpaque(raw).takeRetainedValue().body() }
          return nil
        }, kept.toOpaque())
      guard outcome == 0 else {
        kept.release()
        return false
      }
      pthread_detach(thread)
      return true
    }
  }
}
