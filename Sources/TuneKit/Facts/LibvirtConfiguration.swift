// libvirt's and QEMU driver's configuration files (`qemu.conf`, `libvirtd.conf` …).

/// A file of `key = value` lines: numbers, quoted texts, lists in brackets (libvirt's conf.c).
public struct LibvirtConfiguration: Sendable, Equatable {
  /// The file.
  public let path: String
  /// Values by key: numbers and texts as one entry, lists as many.
  public let values: [String: [String]]

  /// Parses a file's text; lines that aren't understood are left out.
  public init(path: String, _ text: String) {
    self.path = path
    var values: [String: [String]] = [:]
    var pending: (key: String, text: String)?
    for line in text.lines {
      let body = Self.uncommented(line).trimmedBlanks
      guard !body.isEmpty else { continue }
      if let open = pending {
        pending = (open.key, open.text + " " + body)
      } else {
        let parts = body.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { continue }
        pending = (parts[0].trimmedBlanks, parts[1].trimmedBlanks)
      }
      guard let (key, value) = pending else { continue }
      if value.hasPrefix("["), !value.hasSuffix("]"), value.utf8.count < 65_536 { continue }
      values[key] = Self.items(value)
      pending = nil
    }
    self.values = values
  }

  /// A file of a snapshot; missing where it can't be read.
  public static func read(_ snapshot: Snapshot, _ path: String) -> Known<LibvirtConfiguration> {
    snapshot.raw(path).map { LibvirtConfiguration(path: path, $0) }
  }

  /// A single value.
  public subscript(key: String) -> String? { values[key]?.first }

  private static func uncommented(_ line: Substring) -> Substring {
    var isQuoted = false
    for index in line.utf8.indices {
      let byte = line.utf8[index]
      if byte == UInt8(ascii: "\"") { isQuoted.toggle() }
      if byte == UInt8(ascii: "#"), !isQuoted { return line[..<index] }
    }
    return line
  }

  private static func items(_ text: String) -> [String] {
    guard text.hasPrefix("["), text.hasSuffix("]") else { return [unquoted(text)] }
    return text.dropFirst().dropLast().split(separator: ",").map { unquoted($0.trimmedBlanks) }
      .filter { !$0.isEmpty }
  }

  private static func unquoted(_ text: String) -> String {
    guard text.count >= 2, let first = text.first, first == text.last, first == "\"" || first == "'"
    else { return text }
    return String(text.dropFirst().dropLast())
  }
}
