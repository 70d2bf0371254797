// An answer that is given in time, whatever happens: libvirt waits for hooks and advisers.

import Glibc
import TuneKit

/// What to print and how to end when the time is over. After `arm`, whoever answers first calls
/// `claim` before writing.
public enum LastWord {
  /// The bytes, kept for the life of the process: the signal handler must not allocate.
  nonisolated(unsafe) private static var bytes = UnsafeMutablePointer<UInt8>.allocate(capacity: 1)
  nonisolated(unsafe) private static var count = 0

  /// Prints `text` and ends with 0 unless `claim` is called within this time.
  ///
  /// - Parameter milliseconds: wall-clock time from now.
  public static func arm(_ text: [UInt8], milliseconds: Int) {
    let copy = UnsafeMutablePointer<UInt8>.allocate(capacity: max(1, text.count))
    copy.initialize(from: text, count: text.count)
    bytes = copy
    count = text.count
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { _ in LastWord.say() }
    sigaction(SIGALRM, &action, nil)
    set(milliseconds)
  }

  /// Stops the clock: the caller answers.
  public static func claim() {
    set(0)
    signal(SIGALRM, SIG_IGN)
  }

  private static func say() {
    var offset = 0
    while offset < count {
      let written = write(STDOUT_FILENO, bytes + offset, count - offset)
      if written < 0, errno == EINTR { continue }
      guard written > 0 else { break }
      offset += written
    }
    _exit(0)
  }

  private static func set(_ milliseconds: Int) {
    var time = itimerval()
    time.it_value.tv_sec = milliseconds / 1000
    time.it_value.tv_usec = suseconds_t(milliseconds % 1000 * 1000)
    setitimer(__itimer_which_t(ITIMER_REAL.rawValue), &time, nil)
  }
}
