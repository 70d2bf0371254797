// A pipe with an owner.

import Glibc
import TuneKit

/// A pipe that closes itself.
final class Pipe: @unchecked Sendable {
  let reading: Int32
  let writing: Int32
  private var isWritingOpen = true

  /// - Throws: `Failure` where the system gives none.
  init() throws(Failure) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      throw Failure(.ioError, "no pipe: \(String(cString: strerror(errno)))")
    }
    (reading, writing) = (ends[0], ends[1])
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  }

  deinit {
    close(reading)
    closeWriting()
  }

  /// Closes the end that is written to, so that a reader sees the end of the other process.
  func closeWriting() {
    if isWritingOpen { close(writing) }
    isWritingOpen = false
  }
}
