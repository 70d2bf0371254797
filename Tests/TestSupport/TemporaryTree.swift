// A directory of its own for one test, removed with it.

import Glibc

/// A temporary directory with helpers to fill it.
public final class TemporaryTree {
  /// Where it is.
  public let path: String

  /// Makes an empty one.
  public init() {
    var name = Array("/tmp/tuned-vm-test-XXXXXX".utf8CString)
    path = name.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress, let made = mkdtemp(base) else { return "" }
      return String(cString: made)
    }
  }

  deinit { Self.remove(path) }

  /// Makes the directories above a path.
  public func makeParents(_ file: String) {
    var at = path
    for part in file.split(separator: "/").dropLast() {
      at += "/" + part
      mkdir(at, 0o755)
    }
  }

  /// Writes a file, its directories too.
  public func write(_ file: String, _ text: String) {
    makeParents(file)
    guard let stream = fopen(path + file, "w") else { return }
    fwrite(text, 1, text.utf8.count, stream)
    fclose(stream)
  }

  /// Writes a file of any bytes, its directories too.
  public func write(_ file: String, bytes: [UInt8]) {
    makeParents(file)
    guard let stream = fopen(path + file, "w") else { return }
    bytes.withUnsafeBytes { raw in _ = fwrite(raw.baseAddress, 1, raw.count, stream) }
    fclose(stream)
  }

  /// Makes an empty directory.
  public func directory(_ name: String) {
    makeParents(name)
    mkdir(path + name, 0o755)
  }

  /// Makes a link.
  public func link(_ file: String, to target: String) {
    makeParents(file)
    symlink(target, path + file)
  }

  /// Makes a FIFO.
  public func fifo(_ file: String) {
    makeParents(file)
    mkfifo(path + file, 0o644)
  }

  private static func remove(_ path: String) {
    guard path.hasPrefix("/tmp/tuned-vm-test-") else { return }
    if let stream = opendir(path) {
      var names: [String] = []
      while let item = readdir(stream) {
        let name = withUnsafePointer(to: &item.pointee.d_name) { tuple in
          tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
      }
      closedir(stream)
      for name in names {
        let below = path + "/" + name
        if unlink(below) != 0 { remove(below) }
      }
    }
    rmdir(path)
  }
}
