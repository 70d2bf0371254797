// Where journals and the lock live: /var/lib/tuned-vm or --state-dir, for the owner alone.

import Glibc
import TuneKit

/// The directory of journals and the lock.
public struct StateDirectory: Sendable {
  /// Its path.
  public let path: String

  /// Names a directory; nothing is made yet.
  public init(_ path: String) { self.path = path }

  var transactions: String { path + "/transactions" }
  var lockFile: String { path + "/lock" }

  /// Makes the directory, for the owner alone.
  ///
  /// - Throws: `Failure` 73 or 77.
  func prepare(_ system: System) throws(Failure) {
    do throws(SystemError) {
      for path in [path, transactions] {
        var status = stat()
        if stat(path, &status) == 0 {
          guard status.st_mode & S_IFMT == S_IFDIR else {
            throw SystemError("use", path, ENOTDIR)
          }
          // Journals hold passwords of old definitions; the directory above may be the user's own.
          if path == transactions, status.st_mode & 0o077 != 0 {
            try system.setMode(ofDirectory: path, 0o700)
          }
          continue
        }
        try system.makeDirectory(path, in: AT_FDCWD, mode: 0o700, path: path)
      }
    } catch {
      throw Failure(
        error.code == EACCES || error.code == EPERM ? .notPermitted : .cannotCreate,
        error.sentence, "  nothing was changed; --state-dir names another place for journals.")
    }
  }

  /// Makes sure that what `numbers` says can be believed: a directory that is not there holds none.
  ///
  /// - Throws: `Failure` 77 where it may not be read, 66 where it can't be.
  public func checkReadable() throws(Failure) {
    if let stream = opendir(transactions) {
      closedir(stream)
      return
    }
    let error = errno
    guard error != ENOENT else { return }
    throw Failure(
      error == EACCES || error == EPERM ? .notPermitted : .noInput,
      "cannot read the transactions below '\(Escape.text(path))': "
        + String(cString: strerror(error)))
  }

  /// Numbers of the journals that are there, downwards.
  func numbers() -> [Int] {
    guard let stream = opendir(transactions) else { return [] }
    defer { closedir(stream) }
    var result: [Int] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name.hasSuffix(".journal"), let number = Int(name.dropLast(8)), number > 0 else {
        continue
      }
      result.append(number)
    }
    return result.sorted(by: >)
  }

  func file(of number: Int) -> String {
    let digits = String(number)
    let padded = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    return "\(transactions)/\(padded).journal"
  }
}
