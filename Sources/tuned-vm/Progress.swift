// One line on a terminal when something takes over a second; gone before anything else is said.

import Glibc
import Synchronization

/// What a command is about. The line is written by a timer's signal, so that nothing waits for it.
enum Progress {
  /// The parts of a run that can take long on a big host.
  enum Phase: Int {
    case none, reading, judging

    fileprivate var text: StaticString {
      switch self {
      case .none: ""
      case .reading: "\rreading the host …\u{1B}[K"
      case .judging: "\rlooking at what was read …\u{1B}[K"
      }
    }
  }

  private static let phase = Atomic<Int>(0)
  private static let isShown = Atomic<Bool>(false)

  /// Begins a part. Nothing is shown unless standard error is a terminal.
  static func begin(_ part: Phase) {
    guard isatty(STDERR_FILENO) == 1, !Terminal.refusesCursor else { return }
    let isFirst = phase.exchange(part.rawValue, ordering: .relaxed) == 0
    if isShown.load(ordering: .relaxed) { return show() }
    guard isFirst else { return }
    // Glibc's signal() restarts interrupted calls.
    signal(SIGALRM) { _ in Progress.show() }
    alarm(1)
  }

  /// Takes the line away.
  static func clear() {
    guard phase.exchange(0, ordering: .relaxed) != 0 else { return }
    alarm(0)
    guard isShown.exchange(false, ordering: .relaxed) else { return }
    write("\r\u{1B}[K")
  }

  private static func show() {
    isShown.store(true, ordering: .relaxed)
    write((Phase(rawValue: phase.load(ordering: .relaxed)) ?? .none).text)
  }

  private static func write(_ text: StaticString) {
    _ = Glibc.write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
  }
}
