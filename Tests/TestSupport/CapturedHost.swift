// Captured hosts: the text archives of Tests/Fixtures/hosts (format: scripts/host-archive).

import Glibc

/// A host as it was captured, with what its own kernel's tools said about it.
public struct CapturedHost: Sendable {
  /// A directory, link or file of the archive.
  public enum Entry: Sendable, Equatable {
    case directory
    case link(String)
    case file([UInt8])
  }

  /// What could not be understood, with its line.
  public struct Malformed: Error, CustomStringConvertible {
    /// The file, its line and what is wrong.
    public let description: String
  }

  /// The archive's name, for instance `two-nodes`.
  public let name: String
  /// Entries in the archive's order, paths without the leading slash.
  public let entries: [(path: String, entry: Entry)]

  /// The directory of all captured hosts.
  public static let directory = fixtures + "/hosts"

  /// Tests/Fixtures.
  public static let fixtures: String = {
    let parts = #filePath.split(separator: "/").dropLast(2)
    return "/" + parts.joined(separator: "/") + "/Fixtures"
  }()

  /// The names of all captured hosts, sorted.
  public static let names: [String] = {
    guard let stream = opendir(directory) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let item = readdir(stream) {
      let file = withUnsafePointer(to: &item.pointee.d_name) { tuple in
        tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if file.hasSuffix(".host") { names.append(String(file.dropLast(5))) }
    }
    return names.sorted()
  }()

  /// Reads an archive of Tests/Fixtures/hosts.
  public init(_ name: String) throws {
    self.name = name
    let path = "\(Self.directory)/\(name).host"
    guard let stream = fopen(path, "r") else { throw Malformed(description: "no file \(path)") }
    defer { fclose(stream) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&buffer, 1, buffer.count, stream), count > 0 {
      bytes += buffer[..<count]
    }
    entries = try Self.parse(bytes, path)
  }

  private static func parse(
    _ bytes: [UInt8], _ path: String
  ) throws -> [(path: String, entry: Entry)] {
    var result: [(path: String, entry: Entry)] = []
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    var at = 0
    while at < lines.count, !lines[at].isEmpty {
      let words = lines[at].split(separator: UInt8(ascii: " ")).map { unescape($0) }
      let malformed = Malformed(description: "\(path):\(at + 1): not a line of a host archive")
      at += 1
      guard words.count >= 2 else { throw malformed }
      let file = text(words[1])
      switch (text(words[0]), words.count) {
      case ("D", 2): result.append((file, .directory))
      case ("L", 3): result.append((file, .link(text(words[2]))))
      case ("F", 3):
        let number = text(words[2])
        let open = number.hasSuffix("-")
        guard let count = Int(open ? String(number.dropLast()) : number), at + count <= lines.count
        else { throw malformed }
        var content = Array(lines[at..<at + count].map { unescape($0) }.joined(separator: [10]))
        if !open, count > 0 { content.append(10) }
        result.append((file, .file(content)))
        at += count
      default: throw malformed
      }
    }
    return result
  }

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  /// Turns `\xHH` into the byte it stands for.
  private static func unescape(_ line: ArraySlice<UInt8>) -> [UInt8] {
    guard line.contains(UInt8(ascii: "\\")) else { return Array(line) }
    var result: [UInt8] = []
    var rest = line
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\"), rest.count >= 3, rest.first == UInt8(ascii: "x"),
        let value = UInt8(text(Array(rest.dropFirst().prefix(2))), radix: 16)
      {
        result.append(value)
        rest = rest.dropFirst(3)
      } else {
        result.append(byte)
      }
    }
    return result
  }

  /// What a tool said on that host: `numactl`, `lstopo`, `pus`, `cores`, `packages`, `l3`.
  public func oracle(_ tool: String) -> String {
    for case (let path, .file(let bytes)) in entries where path == "oracle/" + tool {
      return Self.text(bytes)
    }
    return ""
  }

  /// The host's files as a directory, for `--root`. It is removed with the value.
  public func unpacked() -> TemporaryTree {
    let tree = TemporaryTree()
    for (path, entry) in entries where !path.hasPrefix("oracle/") {
      switch entry {
      case .directory: tree.directory("/" + path)
      case .link(let target): tree.link("/" + path, to: target)
      case .file(let bytes): tree.write("/" + path, bytes: bytes)
      }
    }
    return tree
  }
}
