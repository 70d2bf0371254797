// Files, directories, archives and standard input as items to ingest. Nothing that is read is ever
// changed.

import Glibc
import TuneKit

/// Reads what the command line names, in order, and hands over each item.
public struct FleetReader {
  /// Directories deeper than this are put aside.
  private static let depthLimit = 32
  private var window = ByteWindow()
  private let take: (FleetItem) throws -> Void

  /// Creates a reader.
  public init(_ take: @escaping (FleetItem) throws -> Void) { self.take = take }

  /// Reads a path: a file, a directory with all that is below it, or `-` for standard input.
  ///
  /// - Throws: `Failure` 66 or 77 where the path itself can't be read.
  public mutating func read(_ path: String) throws {
    if path == "-" { return try stream(STDIN_FILENO, "standard input") }
    var status = stat()
    guard stat(path, &status) == 0 else { throw Self.unreadable(path) }
    if status.st_mode & S_IFMT == S_IFDIR {
      guard access(path, R_OK | X_OK) == 0 else { throw Self.unreadable(path) }
      try directory(path, depth: 0)
    } else {
      let handle = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
      guard handle >= 0 else { throw Self.unreadable(path) }
      defer { close(handle) }
      try stream(handle, path)
    }
  }

  private static func unreadable(_ path: String) -> Failure {
    let status: ExitStatus = errno == EACCES || errno == EPERM ? .notPermitted : .noInput
    return Failure(
      status, "cannot read '\(path.printable)': \(String(cString: strerror(errno)))")
  }

  // MARK: - Directories

  private mutating func directory(_ path: String, depth: Int) throws {
    guard depth <= Self.depthLimit else { return try aside(path, "is too deep to be looked into") }
    guard let names = Self.names(path) else {
      return try aside(path, String(cString: strerror(errno)))
    }
    for (name, isDirectory) in names {
      let inner = path + "/" + name
      if isDirectory {
        try directory(inner, depth: depth + 1)
      } else if name.hasSuffix(".json") || name.hasSuffix(".tar") {
        try file(inner)
      }
    }
  }

  /// Directories and regular files, in order: the same directory gives the same messages. Links are
  /// passed over, for they lead elsewhere.
  private static func names(_ path: String) -> [(name: String, isDirectory: Bool)]? {
    guard let stream = opendir(path) else { return nil }
    defer { closedir(stream) }
    var names: [(name: String, isDirectory: Bool)] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard name != ".", name != ".." else { continue }
      var kind = entry.pointee.d_type
      if kind == UInt8(DT_UNKNOWN) {
        var status = stat()
        guard lstat(path + "/" + name, &status) == 0 else { continue }
        switch status.st_mode & S_IFMT {
        case S_IFDIR: kind = UInt8(DT_DIR)
        case S_IFREG: kind = UInt8(DT_REG)
        default: continue
        }
      }
      guard kind == UInt8(DT_DIR) || kind == UInt8(DT_REG) else { continue }
      names.append((name, kind == UInt8(DT_DIR)))
    }
    return names.sorted { $0.name < $1.name }
  }

  private mutating func file(_ path: String) throws {
    // It was a regular file a moment ago; what it is now must not be followed or waited for.
    let handle = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK)
    guard handle >= 0 else { return try aside(path, String(cString: strerror(errno))) }
    defer { close(handle) }
    try stream(handle, path)
  }

  // MARK: - Bytes

  private static let compressions: [(magic: [UInt8], name: String)] = [
    ([0x1F, 0x8B], "gzip"), ([0xFD, 0x37, 0x7A, 0x58], "xz"), ([0x28, 0xB5, 0x2F, 0xFD], "zstd"),
    ([0x42, 0x5A, 0x68], "bzip2"),
  ]

  private mutating func stream(_ handle: Int32, _ path: String) throws {
    window.begin(handle)
    do throws(ReportProblem) { _ = try window.has(TarHeader.block) } catch {
      return try aside(path, error.reason)
    }
    let compression = window.withBytes { bytes in
      Self.compressions.first { bytes.starts(with: $0.magic) }?.name
    }
    if let compression {
      return try aside(path, "is compressed with \(compression); unpack it first")
    }
    if window.withBytes(TarHeader.begins) {
      var archive = TarStream(path, take)
      try archive.read(&window)
    } else {
      var reports = ReportStream(path, take)
      try reports.read(&window)
    }
  }

  private func aside(_ path: String, _ reason: String) throws {
    try take(FleetItem(path: path, reports: [], problem: ReportProblem(reason)))
  }
}
