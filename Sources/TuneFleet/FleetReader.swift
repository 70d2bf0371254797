// Files, directories, archives and standard input as items to ingest. Nothing that is read is ever
// changed.

import Glibc
import TuneKit

/// Reads what the command line names, in order, and hands over each item.
public struct FleetReader {
  /// The largest report, bytes.
  public static let limit = 64 << 20
  private var buffer = [UInt8](repeating: 0, count: 1 << 18)
  private let take: (FleetStore.Item) throws -> Void

  /// Creates a reader.
  public init(_ take: @escaping (FleetStore.Item) throws -> Void) { self.take = take }

  /// Reads a path: a file, a directory with all that is below it, or `-` for standard input.
  ///
  /// - Throws: `Failure` 66 or 77 where the path itself can't be read.
  public mutating func read(_ path: String) throws {
    if path == "-" { return try stream(STDIN_FILENO, "standard input") }
    var status = stat()
    guard stat(path, &status) == 0 else {
      throw Failure(
        errno == EACCES ? .notPermitted : .noInput,
        "cannot read '\(path.printable)': \(String(cString: strerror(errno)))")
    }
    if status.st_mode & S_IFMT == S_IFDIR {
      try directory(path, depth: 0)
    } else {
      try file(path)
    }
  }

  private mutating func directory(_ path: String, depth: Int) throws {
    guard let stream = opendir(path) else {
      return try aside(path, String(cString: strerror(errno)))
    }
    var names: [(name: String, type: UInt8)] = []
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append((name, entry.pointee.d_type)) }
    }
    closedir(stream)
    // Names in order: the same directory gives the same messages.
    for (name, type) in names.sorted(by: { $0.name < $1.name }) {
      let inner = path + "/" + name
      var kind = type
      if kind == UInt8(DT_UNKNOWN) {
        var status = stat()
        guard lstat(inner, &status) == 0 else { continue }
        kind = status.st_mode & S_IFMT == S_IFDIR ? UInt8(DT_DIR) : UInt8(DT_REG)
      }
      if kind == UInt8(DT_DIR) {
        if depth < 32 { try directory(inner, depth: depth + 1) }
      } else if kind == UInt8(DT_REG), name.hasSuffix(".json") || name.hasSuffix(".tar") {
        try file(inner)
      }
    }
  }

  // MARK: - Bytes

  private mutating func file(_ path: String) throws {
    let handle = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
    guard handle >= 0 else { return try aside(path, String(cString: strerror(errno))) }
    defer { close(handle) }
    try stream(handle, path)
  }

  private mutating func stream(_ handle: Int32, _ path: String) throws {
    var length = 0
    while true {
      if length == buffer.count {
        // An archive may hold many reports.
        guard buffer.count < 1 << 32 else { return try aside(path, "is larger than 4 GiB") }
        buffer += [UInt8](repeating: 0, count: buffer.count)
      }
      let count = buffer.withUnsafeMutableBytes { bytes in
        Glibc.read(handle, bytes.baseAddress.map { $0 + length }, bytes.count - length)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return try aside(path, String(cString: strerror(errno))) }
      if count == 0 { break }
      length += count
    }
    try buffer.withUnsafeBufferPointer { whole in
      let bytes = UnsafeBufferPointer(rebasing: whole[..<length])
      if Tar.isArchive(bytes) {
        try archive(bytes, path)
      } else {
        try document(bytes, path)
      }
    }
  }

  private func document(_ bytes: UnsafeBufferPointer<UInt8>, _ path: String) throws {
    guard bytes.count <= Self.limit else { return try aside(path, "is larger than 64 MiB") }
    if bytes.count > 2, bytes[0] == 0x1F, bytes[1] == 0x8B {
      return try aside(path, "is compressed; unpack it first")
    }
    let content: Result<[ReportSummary], ReportProblem>
    do throws(ReportProblem) {
      content = .success(try ReportScanner.reports(bytes))
    } catch {
      content = .failure(error)
    }
    try take(.init(path: path, content: content))
  }

  private func archive(_ bytes: UnsafeBufferPointer<UInt8>, _ path: String) throws {
    let members: [Tar.Member]
    do throws(ReportProblem) { members = try Tar.members(bytes) } catch {
      return try aside(path, error.reason)
    }
    for member in members where member.name.hasSuffix(".json") {
      try document(
        UnsafeBufferPointer(rebasing: bytes[member.content]), "\(path):\(member.name)")
    }
  }

  private func aside(_ path: String, _ reason: String) throws {
    try take(.init(path: path, content: .failure(ReportProblem(reason))))
  }
}

/// POSIX and GNU tar archives, without compression.
enum Tar {
  /// A regular file.
  struct Member {
    let name: String
    let content: Range<Int>
  }

  static func isArchive(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    bytes.count >= 512 && bytes[257..<262].elementsEqual("ustar".utf8)
  }

  static func members(_ bytes: UnsafeBufferPointer<UInt8>) throws(ReportProblem) -> [Member] {
    var members: [Member] = []
    var at = 0
    var longName: String?
    while at + 512 <= bytes.count, bytes[at] != 0 {
      guard let size = octal(bytes[(at + 124)..<(at + 136)]), size <= bytes.count - at - 512 else {
        throw ReportProblem("the archive is cut off or damaged at byte \(at)")
      }
      let content = (at + 512)..<(at + 512 + size)
      switch bytes[at + 156] {
      case 0, 48:
        let prefix = text(bytes[(at + 345)..<(at + 500)])
        let name = text(bytes[at..<(at + 100)])
        let whole = prefix.isEmpty || longName != nil ? name : prefix + "/" + name
        members.append(Member(name: longName ?? whole, content: content))
        longName = nil
      case 76: longName = text(bytes[content])
      default: longName = nil
      }
      at = content.upperBound + (512 - size % 512) % 512
    }
    return members
  }

  private static func octal(_ field: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
    var value = 0
    for byte in field where byte != 0 && byte != 32 {
      guard (48...55).contains(byte), value < 1 << 40 else { return nil }
      value = value * 8 + Int(byte - 48)
    }
    return value
  }

  private static func text(_ field: Slice<UnsafeBufferPointer<UInt8>>) -> String {
    String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
  }
}
