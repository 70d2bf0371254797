// Ctrl-C and a polite kill wait until the step at hand is done; then the transaction is taken back
// and the signal does what it always does.

import Glibc

/// Holds SIGINT, SIGTERM and SIGHUP back as long as it lives.
final class SignalShield {
  private var old = sigset_t()
  private static let held = [SIGINT, SIGTERM, SIGHUP]

  init() {
    var mask = sigset_t()
    sigemptyset(&mask)
    for signal in Self.held { sigaddset(&mask, signal) }
    pthread_sigmask(SIG_BLOCK, &mask, &old)
  }

  deinit { pthread_sigmask(SIG_SETMASK, &old, nil) }

  /// Whether one of them waits.
  var isPending: Bool { Self.isAnyPending() }

  /// The same for the process, without a shield at hand.
  static func isAnyPending() -> Bool {
    var waiting = sigset_t()
    guard sigpending(&waiting) == 0 else { return false }
    return held.contains { sigismember(&waiting, $0) == 1 }
  }
}
