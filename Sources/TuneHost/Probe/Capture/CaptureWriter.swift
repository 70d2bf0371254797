// Writes a captured tree to a directory or an archive.

import Glibc

/// Writes trees.
enum CaptureWriter {
  /// Writes an archive beside its place and moves it there. Only the owner may read it: it holds
  /// what root can see.
  static func writeArchive(_ tree: CaptureTree, to path: String) throws(CaptureError) {
    var archive = TarArchive()
    for (name, node) in tree.nodes.sorted(by: { $0.key < $1.key }) { archive.add(name, node) }
    archive.finish()
    guard let bytes = Gzip.compressed(archive.bytes) else {
      throw .cannotWrite(path: path, reason: "it could not be compressed")
    }
    let temporary = path + ".part"
    unlink(temporary)
    do throws(CaptureError) {
      try write(bytes, to: temporary)
      guard rename(temporary, path) == 0 else {
        throw CaptureError.cannotCreate(path: path, reason: reason(errno))
      }
    } catch {
      unlink(temporary)
      throw error
    }
  }

  /// Fills a directory that is new or empty.
  static func writeDirectory(_ tree: CaptureTree, to path: String) throws(CaptureError) {
    let isNew = mkdir(path, 0o700) == 0
    if !isNew {
      guard errno == EEXIST else { throw .cannotCreate(path: path, reason: reason(errno)) }
      try refuseFull(path)
    }
    var made: [(path: String, isDirectory: Bool)] = []
    do throws(CaptureError) {
      for (name, node) in tree.nodes.sorted(by: { $0.key < $1.key }) {
        try write(node, to: path + name)
        made.append((path + name, node == .directory))
      }
    } catch {
      for item in made.reversed() {
        if item.isDirectory { rmdir(item.path) } else { unlink(item.path) }
      }
      if isNew { rmdir(path) }
      throw error
    }
  }

  private static func refuseFull(_ path: String) throws(CaptureError) {
    let opened = retrying { open(path, openPathOnly | O_DIRECTORY | O_CLOEXEC) }
    guard opened >= 0 else { throw .cannotCreate(path: path, reason: reason(errno)) }
    let directory = Directory(owning: opened)
    guard let entries = try? directory.list(), entries.isEmpty else {
      throw .cannotCreate(path: path, reason: "it is there and not empty")
    }
  }

  private static func write(_ node: CaptureTree.Node, to path: String) throws(CaptureError) {
    switch node {
    case .directory:
      guard mkdir(path, 0o755) == 0 else { throw .cannotWrite(path: path, reason: reason(errno)) }
    case .link(let target):
      guard symlink(target, path) == 0 else {
        throw .cannotWrite(path: path, reason: reason(errno))
      }
    case .file(let bytes): try write(bytes, to: path)
    }
  }

  private static func write(_ bytes: [UInt8], to path: String) throws(CaptureError) {
    let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
    let descriptor = retrying { open(path, flags, 0o600) }
    guard descriptor >= 0 else { throw .cannotCreate(path: path, reason: reason(errno)) }
    defer { close(descriptor) }
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        retrying {
          Glibc.write(
            descriptor, buffer.baseAddress.map { $0 + written }, buffer.count - written)
        }
      }
      guard count > 0 else {
        let code = errno
        unlink(path)
        throw .cannotWrite(path: path, reason: reason(code))
      }
      written += count
    }
  }
}
