// A directory of its own for one test, removed with it.

import Glibc

/// A temporary directory with helpers to fill it.
public final class TemporaryTree {
  /// Where it is.
  public let path: String

  /// Makes an empty one; in memory where a test syncs a lot.
  public init(inMemory: Bool = false) {
    let inMemory = inMemory && access("/dev/shm", W_OK) == 0
    let parent = inMemory ? "/dev/shm" : "/tmp"
    var name = Array("\(parent)/tuned-vm-test-XXXXXX".utf8CString)
    path = name.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress, let made = mkdtemp(base) else { return "" }
      return String(cString: made)
    }
  }

  /// One at a place that something else names.
  public init(at path: String) {
    Self.remove(path)
    mkdir(path, 0o755)
    self.path = path
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
    guard path.hasPrefix("/tmp/tuned-vm-test-") || path.hasPrefix("/dev/shm/tuned-vm-test-") else {
      return
    }
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

  /// Everything below a directory: modes and contents of files, modes of directories, targets of
  /// links, by path. Two equal answers mean that no byte differs.
  public func contents(below start: String = "") -> [String: String] {
    var result: [String: String] = [:]
    collect(start, into: &result)
    return result
  }

  private func collect(_ directory: String, into result: inout [String: String]) {
    guard let stream = opendir(path + directory) else { return }
    defer { closedir(stream) }
    while let item = readdir(stream) {
      let name = withUnsafePointer(to: &item.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name != ".", name != ".." else { continue }
      let file = "\(directory)/\(name)"
      var status = stat()
      guard lstat(path + file, &status) == 0 else { continue }
      let mode = String(status.st_mode, radix: 8)
      if status.st_mode & S_IFMT == S_IFDIR {
        result[file] = mode
        collect(file, into: &result)
      } else {
        result[file] = mode + " " + (text(file) ?? "")
      }
    }
  }

  /// The text of a file; nil where there is none.
  public func text(_ file: String) -> String? {
    guard let stream = fopen(path + file, "r") else { return nil }
    defer { fclose(stream) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&buffer, 1, buffer.count, stream), count > 0 {
      bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
