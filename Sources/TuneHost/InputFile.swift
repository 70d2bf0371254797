// Files that users name, as bytes.

import Glibc
import TuneKit

/// Reads a file a user named.
public enum InputFile {
  /// The bytes of a regular file or a pipe, at most `limit`.
  ///
  /// - Throws: `Failure` 66 where it isn't there, 77 where it may not be read, 65 where it is too
  ///   large, 74 where reading fails.
  public static func read(_ path: String, limit: Int = 32 << 20) throws(Failure) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
    guard file >= 0 else { throw refusal(path, errno) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw refusal(path, errno) }
    let kind = status.st_mode & S_IFMT
    guard kind == S_IFREG || kind == S_IFIFO else {
      throw Failure(.noInput, "\(path): is not a regular file")
    }
    // A pipe may wait for its writer.
    if kind == S_IFIFO { _ = fcntl(file, F_SETFL, 0) }
    return try all(of: file, path, limit)
  }

  /// The bytes of standard input, whatever it is, at most `limit`. Not by way of /dev/stdin: a chroot
  /// may have none, and a socket can't be opened there.
  ///
  /// - Throws: `Failure` 65 where it is too large, 74 where reading fails.
  public static func standardInput(limit: Int = 32 << 20) throws(Failure) -> [UInt8] {
    try all(of: STDIN_FILENO, "standard input", limit)
  }

  private static func all(of file: Int32, _ path: String, _ limit: Int) throws(Failure) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while bytes.count <= limit {
      let count = buffer.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw refusal(path, errno) }
      if count == 0 { return bytes }
      bytes += buffer[..<count]
    }
    throw Failure(.malformed, "\(path):1:1: the file is larger than \(limit >> 20) MiB")
  }

  private static func refusal(_ path: String, _ code: Int32) -> Failure {
    let status: ExitStatus =
      switch code {
      case ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG: .noInput
      case EACCES, EPERM: .notPermitted
      default: .ioError
      }
    return Failure(status, "\(path): \(String(cString: strerror(code)))")
  }
}

/// CPU time of this process.
public enum CPUTime {
  /// Seconds of user and system time since the process began.
  public static func used() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
