// The members of an archive, one after the other.

import TuneKit

/// Reads an archive from a window.
struct TarStream {
  /// The largest note about a name, bytes.
  private static let noteLimit = 1 << 20
  private let path: String
  private let take: (FleetItem) throws -> Void
  private var name: String?
  private var size: Int?

  /// Begins an archive.
  init(_ path: String, _ take: @escaping (FleetItem) throws -> Void) {
    self.path = path
    self.take = take
  }

  /// Takes the reports of all members; what is wrong with the archive itself is said in the end.
  mutating func read(_ window: inout ByteWindow) throws {
    var problem: ReportProblem?
    do {
      while try window.has(TarHeader.block), !window.withBytes(TarHeader.isEnd) {
        try member(&window)
      }
      if window.count > 0, window.count < TarHeader.block {
        problem = ReportProblem("the archive is cut off at byte \(window.passed)")
      }
      // What follows the end is padding; a pipe is read to its end.
      while try window.skip(1 << 16) {}
    } catch let error as ReportProblem {
      problem = error
    }
    try take(FleetItem(path: path, reports: [], problem: problem))
  }

  private mutating func member(_ window: inout ByteWindow) throws {
    guard let header = window.withBytes({ TarHeader($0) }) else {
      throw ReportProblem("the archive is damaged at byte \(window.passed)")
    }
    window.pass(TarHeader.block)
    switch header.kind {
    case .posixNote, .longName: try note(header, &window)
    case .note: try pass(header.size, &window, header.name)
    case .file, .link, .directory, .other:
      let name = self.name ?? header.name
      let size = header.kind == .file ? self.size ?? header.size : header.size
      (self.name, self.size) = (nil, nil)
      if header.kind == .directory || !name.hasSuffix(".json") {
        try pass(header.kind == .link ? 0 : size, &window, name)
      } else if let why = Self.refusal(header.kind, name, size) {
        try take(FleetItem(path: called(name), reports: [], problem: ReportProblem(why)))
        try pass(header.kind == .link ? 0 : size, &window, name)
      } else {
        try report(name, size, &window)
      }
    }
  }

  private static func refusal(_ kind: TarHeader.Kind, _ name: String, _ size: Int) -> String? {
    if kind == .link { return "is a link; only files are read" }
    if kind != .file { return "is no regular file" }
    if name.split(separator: "/").contains("..") { return "its name leaves the archive" }
    if size > ReportStream.limit { return "is larger than 64 MiB" }
    return nil
  }

  private func report(_ name: String, _ size: Int, _ window: inout ByteWindow) throws {
    guard try window.has(size) else { throw cut(name) }
    var stream = ReportStream(called(name), take)
    let result = window.withBytes { bytes in
      Result { try stream.read(UnsafeBufferPointer(rebasing: bytes[..<size])) }
    }
    try result.get()
    try pass(size, &window, name)
  }

  private mutating func note(_ header: TarHeader, _ window: inout ByteWindow) throws {
    guard header.size <= Self.noteLimit, try window.has(header.size) else {
      throw ReportProblem("the archive is damaged at byte \(window.passed)")
    }
    window.withBytes { bytes in
      let content = UnsafeBufferPointer(rebasing: bytes[..<header.size])
      if header.kind == .longName {
        name = TarHeader.text(content[...])
      } else {
        let records = TarHeader.records(content)
        name = records["path"] ?? name
        size = records["size"].flatMap { Int($0) }.flatMap { $0 >= 0 && $0 < 1 << 40 ? $0 : nil }
      }
    }
    try pass(header.size, &window, header.name)
  }

  private func pass(_ size: Int, _ window: inout ByteWindow, _ name: String) throws {
    let block = TarHeader.block
    guard try window.skip((size + block - 1) / block * block) else { throw cut(name) }
  }

  private func cut(_ name: String) -> ReportProblem {
    ReportProblem("the archive is cut off in '\(name.prefix(200))'")
  }

  private func called(_ name: String) -> String { "\(path):\(name)" }
}
