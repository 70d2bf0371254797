// Results in files: the old content or the new one, never a part of it.

import Glibc
import TuneKit

/// Replaces files atomically.
public enum OutputFile {
  /// Writes the text beside the target, syncs it and renames it over the target. The mode of a file
  /// that is replaced is kept. A target that is a device or a FIFO is written to directly.
  ///
  /// - Throws: `Failure` 73 where nothing can be created, 74 where writing fails; the old content
  ///   stays in both cases.
  public static func replace(_ path: String, with text: String, mode: mode_t = 0o644)
    throws(Failure)
  {
    try replace(path, with: Array(text.utf8), mode: mode)
  }

  /// The same of bytes.
  public static func replace(_ path: String, with bytes: [UInt8], mode: mode_t = 0o644)
    throws(Failure)
  {
    var old = stat()
    let exists = stat(path, &old) == 0
    if exists, old.st_mode & S_IFMT != S_IFREG {
      guard old.st_mode & S_IFMT != S_IFDIR else {
        throw Failure(.cannotCreate, "cannot write '\(path)': it is a directory")
      }
      return try writeThrough(path, bytes)
    }
    // A link keeps pointing where it does; the file behind it is replaced.
    let target = exists ? resolved(path) : path
    let temporary = "\(target).tuned-vm-\(getpid())"
    let permissions = exists ? old.st_mode & 0o7777 : mode
    let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, permissions)
    guard file >= 0 else { throw problem(.cannotCreate, "create", path) }
    guard writeAll(file, bytes), fsync(file) == 0 else {
      let failure = problem(.ioError, "write", path)
      close(file)
      unlink(temporary)
      throw failure
    }
    close(file)
    guard rename(temporary, target) == 0 else {
      let failure = problem(.cannotCreate, "replace", path)
      unlink(temporary)
      throw failure
    }
    syncDirectory(of: target)
  }

  private static func writeThrough(_ path: String, _ bytes: [UInt8]) throws(Failure) {
    let file = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY)
    guard file >= 0 else { throw problem(.cannotCreate, "open", path) }
    defer { close(file) }
    guard writeAll(file, bytes) else { throw problem(.ioError, "write", path) }
  }

  private static func resolved(_ path: String) -> String {
    guard let real = realpath(path, nil) else { return path }
    defer { free(real) }
    return String(cString: real)
  }

  private static func writeAll(_ file: Int32, _ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBufferPointer { bytes in
      guard let start = bytes.baseAddress else { return true }
      var offset = 0
      while offset < bytes.count {
        let count = write(file, start + offset, bytes.count - offset)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return false }
        offset += count
      }
      return true
    }
  }

  private static func syncDirectory(of path: String) {
    let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let handle = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard handle >= 0 else { return }
    fsync(handle)
    close(handle)
  }

  private static func problem(_ status: ExitStatus, _ verb: String, _ path: String) -> Failure {
    Failure(status, "cannot \(verb) '\(path)': \(String(cString: strerror(errno)))")
  }
}
