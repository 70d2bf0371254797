// Runs another program and waits for it.

import Glibc
import TuneKit

/// A program that was run.
public struct ChildProcess: CustomStringConvertible {
  /// Its exit code, or 128 and the number of the signal that ended it.
  public let status: Int32
  /// What it printed on its standard output, where that was kept: at most 1 MiB.
  public let output: String

  /// `exit code 3` or `signal 9`.
  public var description: String {
    status > 128 ? "signal \(status - 128)" : "exit code \(status)"
  }

  /// Runs a program that is looked for in PATH. Its standard error is ours; its standard output is
  /// kept, or goes to standard error.
  ///
  /// - Throws: `Failure` 66 where there is no such program, 77 where it may not be run.
  public static func run(_ words: [String], keepsOutput: Bool) throws(Failure) -> ChildProcess {
    guard let program = words.first else { throw Failure(.usage, "there is no command to run") }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let pipe = keepsOutput ? try Pipe() : nil
    posix_spawn_file_actions_adddup2(&actions, pipe?.writing ?? STDERR_FILENO, STDOUT_FILENO)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // A transaction holds signals back; the child must feel them as usual.
    var none = sigset_t()
    sigemptyset(&none)
    var pipes = sigset_t()
    sigemptyset(&pipes)
    sigaddset(&pipes, SIGPIPE)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &pipes)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))

    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
    defer { for argument in arguments { free(argument) } }
    arguments.append(nil)
    var child = pid_t()
    let error = posix_spawnp(&child, program, &actions, &attributes, arguments, environ)
    guard error == 0 else {
      throw Failure(
        error == EACCES ? .notPermitted : .noInput,
        "cannot run \(program.quoted()): \(String(cString: strerror(error)))")
    }
    pipe?.closeWriting()
    let output = pipe.map { drain($0.reading) } ?? ""
    return ChildProcess(status: wait(for: child), output: output)
  }

  private static func wait(for child: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 {
      if errno != EINTR { return 127 }
    }
    let signal = status & 0x7F
    return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
  }

  /// Reads to the end and keeps the last MiB.
  private static func drain(_ descriptor: Int32) -> String {
    let limit = 1 << 20
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      bytes += buffer[..<count]
      if bytes.count > 2 * limit { bytes.removeFirst(bytes.count - limit) }
    }
    return String(decoding: bytes.suffix(limit), as: UTF8.self)
  }
}
