// A tar archive in the POSIX ustar format, with pax headers where a name is too long for it.

/// Writes members one after the other. Owner, time and mode are the same for all, so that the same
/// content gives the same bytes.
struct TarArchive {
  private(set) var bytes: [UInt8] = []

  /// Adds a node of a tree.
  mutating func add(_ path: String, _ node: CaptureTree.Node) {
    let name = String(path.dropFirst())
    switch node {
    case .directory: member(name + "/", type: "5", mode: 0o755, link: "", [])
    case .file(let content): member(name, type: "0", mode: 0o644, link: "", content)
    case .link(let target): member(name, type: "2", mode: 0o777, link: target, [])
    }
  }

  /// Adds the two empty blocks that end an archive.
  mutating func finish() { bytes += [UInt8](repeating: 0, count: 1024) }

  private mutating func member(
    _ name: String, type: Character, mode: Int, link: String, _ content: [UInt8]
  ) {
    var records = ""
    if name.utf8.count > 100 { records += Self.record("path", name) }
    if link.utf8.count > 100 { records += Self.record("linkpath", link) }
    if !records.isEmpty {
      let extended = Array(records.utf8)
      bytes += Self.header("pax", type: "x", mode: 0o644, link: "", size: extended.count)
      append(extended)
    }
    bytes += Self.header(name, type: type, mode: mode, link: link, size: content.count)
    append(content)
  }

  private mutating func append(_ content: [UInt8]) {
    bytes += content
    let rest = content.count % 512
    if rest != 0 { bytes += [UInt8](repeating: 0, count: 512 - rest) }
  }

  /// `LENGTH KEY=VALUE\n`, where the length counts its own digits.
  private static func record(_ key: String, _ value: String) -> String {
    let rest = " \(key)=\(value)\n"
    var length = rest.utf8.count
    while length != rest.utf8.count + String(length).utf8.count {
      length = rest.utf8.count + String(length).utf8.count
    }
    return String(length) + rest
  }

  private static func header(
    _ name: String, type: Character, mode: Int, link: String, size: Int
  ) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at offset: Int, _ width: Int) {
      for (index, byte) in text.utf8.prefix(width).enumerated() { block[offset + index] = byte }
    }
    func octal(_ value: Int, at offset: Int, _ width: Int) {
      let digits = String(value, radix: 8)
      put(String(repeating: "0", count: max(0, width - digits.count)) + digits, at: offset, width)
    }
    put(name, at: 0, 100)
    octal(mode, at: 100, 7)
    octal(0, at: 108, 7)
    octal(0, at: 116, 7)
    octal(size, at: 124, 11)
    octal(0, at: 136, 11)
    put("        ", at: 148, 8)
    put(String(type), at: 156, 1)
    put(link, at: 157, 100)
    put("ustar", at: 257, 5)
    put("00", at: 263, 2)
    octal(block.reduce(0) { $0 + Int($1) }, at: 148, 6)
    block[154] = 0
    return block
  }
}
