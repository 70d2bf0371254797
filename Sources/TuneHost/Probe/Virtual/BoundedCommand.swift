// A program's output, with a limit in time and length. For answers that no file or call gives.

import Glibc

/// Runs a program by its absolute path, with nothing of this process but the arguments.
enum BoundedCommand {
  /// Why there is no output.
  struct Failure: Error {
    let reason: String
  }

  /// The standard output of a program that ends with 0 in time.
  ///
  /// - Parameters:
  ///   - arguments: the program's absolute path, then its arguments.
  ///   - milliseconds: after these the program is killed.
  ///   - limit: bytes of output after which it is killed.
  static func output(
    of arguments: [String], within milliseconds: Int64, limit: Int
  ) -> Result<String, Failure> {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { return .failure(Failure(reason: reason(errno))) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let child = spawn(arguments, output: ends[1])
    close(ends[1])
    defer { close(ends[0]) }
    guard let child else { return .failure(Failure(reason: "could not be started")) }
    let answer = receive(ends[0], until: now() + milliseconds, limit)
    if answer == nil { kill(child, SIGKILL) }
    var status: Int32 = 0
    _ = retrying { waitpid(child, &status, 0) }
    guard let answer else {
      return .failure(Failure(reason: "no whole answer within \(milliseconds / 1000) s"))
    }
    guard status == 0 else { return .failure(Failure(reason: "failed")) }
    return .success(String(decoding: answer, as: UTF8.self))
  }

  private static func spawn(_ arguments: [String], output: Int32) -> pid_t? {
    var actions = posix_spawn_file_actions_t()
    guard posix_spawn_file_actions_init(&actions) == 0 else { return nil }
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    var environment: [UnsafeMutablePointer<CChar>?] = [strdup("LC_ALL=C"), nil]
    defer { for word in words + environment { free(word) } }
    var child: pid_t = 0
    guard posix_spawn(&child, arguments[0], &actions, nil, &words, &environment) == 0 else {
      return nil
    }
    return child
  }

  /// All bytes to the end; nil after the deadline or beyond the limit.
  private static func receive(_ source: Int32, until deadline: Int64, _ limit: Int) -> [UInt8]? {
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while answer.count <= limit {
      let left = deadline - now()
      guard left > 0 else { return nil }
      var waiting = pollfd(fd: source, events: Int16(POLLIN), revents: 0)
      guard poll(&waiting, 1, Int32(left)) > 0 else { continue }
      let count = retrying { read(source, &buffer, buffer.count) }
      guard count > 0 else { return count == 0 ? answer : nil }
      answer += buffer[..<count]
    }
    return nil
  }

  private static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
