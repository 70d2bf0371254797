// One run at a time: a lock on a file that says who holds it.

import Glibc
import TuneKit

/// The lock of a state directory; given back when the value goes, or the process.
final class Lock {
  /// The open lock file.
  let file: Int32

  /// Takes the lock or says who holds it.
  ///
  /// - Throws: `Failure` 75 where another run holds it.
  init(_ state: StateDirectory, _ system: System, command: String, now: String)
    throws(Failure)
  {
    let path = state.lockFile
    let opened: Int32
    do throws(SystemError) {
      opened = try system.openForAppending(path, mode: 0o600)
    } catch {
      throw Failure(
        error.code == EACCES || error.code == EPERM ? .notPermitted : .cannotCreate,
        error.sentence, "  nothing was changed.")
    }
    guard retrying({ flock(opened, LOCK_EX | LOCK_NB) }) == 0 else {
      close(opened)
      throw Failure(
        .busy, "another tuned-vm is at work: \(Self.holder(path))", "  nothing was changed.")
    }
    file = opened
    // Who holds it is for people; the lock holds without it.
    let note = Array("process \(getpid()), \(command), since \(now)\n".utf8)
    do throws(SystemError) {
      try system.truncate(opened, to: 0, path: path)
      try system.write(note, to: opened, path: path)
    } catch {}
  }

  /// Gives the lock back in words: a child of this process that has not come to its exec yet holds a
  /// copy of the descriptor, and with it the lock, beyond our close.
  deinit {
    flock(file, LOCK_UN)
    close(file)
  }

  private static func holder(_ path: String) -> String {
    let opened = retrying { open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) }
    guard opened >= 0 else { return "it doesn't say who it is" }
    defer { close(opened) }
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = retrying { read(opened, &buffer, buffer.count) }
    guard count > 0 else { return "it doesn't say who it is" }
    return Escape.text(String(decoding: buffer[..<count], as: UTF8.self).trimmedBlanks)
  }
}
