// Files below a root: read, replaced atomically with owner, mode and labels kept, removed.

import CLinux
import Glibc
import TuneKit

/// Writes files. Links are resolved inside the root, as for reading.
final class FileWriter {
  let system: System
  private var roots: [String: Root] = [:]

  init(_ system: System) { self.system = system }

  /// Where a path leads: an opened directory and a name in it.
  private func place(_ path: HostPath) throws(SystemError) -> (Directory, String) {
    let root = try root(path.root)
    if let found = try? root.locate(path.path), let name = found.name {
      return (found.directory, name)
    }
    do throws(Refusal) {
      let parent = try root.locate(path.parent.path)
      guard parent.name == nil else { throw .failed(ENOTDIR) }
      // A link that leads nowhere must not be written through.
      if let status = try? parent.directory.status(of: path.name),
        status.st_mode & S_IFMT == S_IFLNK
      {
        throw .refused("a link that leads nowhere")
      }
      return (parent.directory, path.name)
    } catch {
      throw SystemError("reach", path.shown, reason: error.reason)
    }
  }

  private func root(_ path: String) throws(SystemError) -> Root {
    if let known = roots[path] { return known }
    do {
      let root = try Root(path)
      roots[path] = root
      return root
    } catch {
      // The sentence names the path already.
      let reason = if case .input(_, let reason, _) = error { reason } else { "it can't be opened" }
      throw SystemError("open", path, reason: reason)
    }
  }

  /// Whether the directory is there.
  func isDirectory(_ path: HostPath) throws(SystemError) -> Bool {
    guard let found = try? root(path.root).locate(path.path) else { return false }
    return found.name == nil
  }

  /// The bytes of a file; nil where there is none.
  func read(_ path: HostPath) throws(SystemError) -> [UInt8]? {
    let (directory, name): (Directory, String)
    do throws(SystemError) {
      (directory, name) = try place(path)
    } catch {
      if try !isDirectory(path.parent) { return nil }
      throw error
    }
    let file = retrying {
      openat(directory.descriptor, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
    }
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw SystemError("read", path.shown, errno)
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw SystemError("read", path.shown, errno) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw SystemError("read", path.shown, reason: "it is no regular file")
    }
    guard let bytes = JournalFile.readAll(file, size: Int(min(status.st_size, 1 << 20))) else {
      throw SystemError("read", path.shown, errno)
    }
    return bytes
  }

  /// The text of a kernel file.
  func readValue(_ path: HostPath) throws(SystemError) -> String {
    guard let bytes = try read(path) else { throw SystemError("read", path.shown, ENOENT) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Writes a kernel file.
  func writeValue(_ value: String, to path: HostPath) throws(SystemError) {
    let (directory, name) = try place(path)
    let file = try system.openForWriting(name, in: directory.descriptor, path: path.shown)
    defer { close(file) }
    try system.writeValue(Array((value + "\n").utf8), to: file, path: path.shown)
  }

  /// Puts new content in the place of a file, or makes it; at any time there is the old content or
  /// the new one.
  func replace(_ path: HostPath, temporary: String, with bytes: [UInt8]) throws(SystemError) {
    let (directory, name) = try place(path)
    let old = try original(name, directory, path)
    let file = try system.create(
      temporary, in: directory.descriptor, mode: old == nil ? 0o644 : 0o600, path: path.shown)
    do throws(SystemError) {
      defer { close(file) }
      try system.write(bytes, to: file, path: path.shown)
      if let old {
        try system.setOwner(file, like: old.status, path: path.shown)
        for (label, value) in old.attributes {
          try system.setAttribute(label, value, of: file, path: path.shown)
        }
      } else {
        try system.setMode(file, 0o644, path: path.shown)
      }
      try system.sync(file, path: path.shown)
      try system.rename(temporary, to: name, in: directory.descriptor, path: path.shown)
    } catch {
      try? system.unlink(temporary, in: directory.descriptor, path: path.shown)
      throw error
    }
    try sync(directory, path.parent)
  }

  /// Removes a file.
  func remove(_ path: HostPath) throws(SystemError) {
    let (directory, name) = try place(path)
    try system.unlink(name, in: directory.descriptor, path: path.shown)
    try sync(directory, path.parent)
  }

  /// Removes what a killed run left beside a file.
  func removeTemporary(_ temporary: String, of path: HostPath) throws(SystemError) {
    guard try isDirectory(path.parent), let (directory, _) = try? place(path) else { return }
    guard (try? directory.status(of: temporary)) != nil else { return }
    try system.unlink(temporary, in: directory.descriptor, path: path.shown)
    try sync(directory, path.parent)
  }

  /// Makes a directory.
  func makeDirectory(_ path: HostPath) throws(SystemError) {
    let (directory, name) = try place(path)
    try system.makeDirectory(name, in: directory.descriptor, mode: 0o755, path: path.shown)
    try sync(directory, path.parent)
  }

  /// Removes a directory if it is empty.
  func removeDirectory(_ path: HostPath) throws(SystemError) {
    guard try isDirectory(path) else { return }
    let root = try root(path.root)
    guard let parent = try? root.locate(path.parent.path) else { return }
    try system.removeDirectory(
      path.name, in: parent.directory.descriptor, path: path.shown)
    try sync(parent.directory, path.parent)
  }

  // MARK: - What is kept

  private struct Original {
    let status: stat
    let attributes: [(String, [UInt8])]
  }

  private func original(_ name: String, _ directory: Directory, _ path: HostPath)
    throws(SystemError) -> Original?
  {
    let file = retrying {
      openat(directory.descriptor, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
    }
    guard file >= 0 else {
      if errno == ENOENT { return nil }
      throw SystemError("open", path.shown, errno)
    }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw SystemError("read", path.shown, errno) }
    return Original(status: status, attributes: Self.attributes(file))
  }

  /// Extended attributes: security label, access lists.
  private static func attributes(_ file: Int32) -> [(String, [UInt8])] {
    let size = flistxattr(file, nil, 0)
    guard size > 0 else { return [] }
    var names = [CChar](repeating: 0, count: size)
    let filled = flistxattr(file, &names, size)
    guard filled > 0 else { return [] }
    let labels = names[..<filled].split(separator: 0).map { part in
      String(decoding: part.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    return labels.compactMap { label in
      let length = fgetxattr(file, label, nil, 0)
      guard length >= 0 else { return nil }
      var value = [UInt8](repeating: 0, count: length)
      let read = fgetxattr(file, label, &value, length)
      return read < 0 ? nil : (label, Array(value[..<read]))
    }
  }

  private func sync(_ directory: Directory, _ path: HostPath) throws(SystemError) {
    let handle = retrying { openat(directory.descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard handle >= 0 else { throw SystemError("open", path.shown, errno) }
    defer { close(handle) }
    try system.sync(handle, path: path.shown)
  }
}
