// Small text files that a user names: profiles, configuration, instances.

import Glibc
import TuneKit

/// Reads whole files of up to 4 MiB.
public enum TextFile {
  /// The largest file that is read, bytes.
  public static let limit = 4 << 20

  /// The text, or why it can't be read.
  public static func read(_ path: String) -> Snapshot.Reading {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
    guard file >= 0 else { return .missing(String(cString: strerror(errno))) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { return .missing(String(cString: strerror(errno))) }
    guard status.st_mode & S_IFMT == S_IFREG || status.st_mode & S_IFMT == S_IFIFO else {
      return .missing("is not a regular file")
    }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while bytes.count <= limit {
      let count = buffer.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return .missing(String(cString: strerror(errno))) }
      if count == 0 { return .text(String(decoding: bytes, as: UTF8.self)) }
      bytes += buffer[..<count]
    }
    return .missing("is larger than 4 MiB")
  }

  /// Whether nothing is there, as opposed to something that can't be read.
  public static func isAbsent(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) != 0 && (errno == ENOENT || errno == ENOTDIR)
  }
}
