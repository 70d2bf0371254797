// Takes passwords out of texts before they leave the host.

/// Removal of passwords.
enum Passwords {
  /// A domain's XML without `passwd` and `password` attributes, and without the value of other
  /// attributes that speak of one (arguments for QEMU); all other bytes stay. Works on malformed
  /// text too, so it looks at bytes and not at elements.
  static func removed(from xml: String) -> String {
    var bytes = Array(xml.utf8)
    for name in ["passwd", "password"] { removeAttributes(named: Array(name.utf8), &bytes) }
    emptyValues(&bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// `value='…password…'` becomes `value='left-out'`.
  private static func emptyValues(_ bytes: inout [UInt8]) {
    let name = Array("value".utf8)
    var kept: [UInt8] = []
    kept.reserveCapacity(bytes.count)
    var at = 0
    while at < bytes.count {
      if let end = attribute(name, in: bytes, at: at),
        String(decoding: bytes[at..<end], as: UTF8.self).lowercased().contains("passw")
      {
        kept += Array("value='left-out'".utf8)
        at = end
      } else {
        kept.append(bytes[at])
        at += 1
      }
    }
    bytes = kept
  }

  private static func removeAttributes(named name: [UInt8], _ bytes: inout [UInt8]) {
    var kept: [UInt8] = []
    kept.reserveCapacity(bytes.count)
    var at = 0
    while at < bytes.count {
      if let end = attribute(name, in: bytes, at: at) {
        while let last = kept.last, isBlank(last) { kept.removeLast() }
        at = end
      } else {
        kept.append(bytes[at])
        at += 1
      }
    }
    bytes = kept
  }

  /// The end of `name = "value"` if one begins here, behind a blank.
  private static func attribute(_ name: [UInt8], in bytes: [UInt8], at start: Int) -> Int? {
    guard bytes[start] == name[0], start > 0, isBlank(bytes[start - 1]),
      start + name.count < bytes.count,
      bytes[start..<(start + name.count)].elementsEqual(name)
    else { return nil }
    var at = start + name.count
    func skipBlanks() { while at < bytes.count, isBlank(bytes[at]) { at += 1 } }
    skipBlanks()
    guard at < bytes.count, bytes[at] == 61 else { return nil }
    at += 1
    skipBlanks()
    guard at < bytes.count, bytes[at] == 34 || bytes[at] == 39 else { return nil }
    let quote = bytes[at]
    guard let end = bytes[(at + 1)...].firstIndex(of: quote) else { return bytes.count }
    return end + 1
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 32 || byte == 9 || byte == 10 || byte == 13
  }

  /// A configuration file without the values of `…password = "…"` and without `password=…` among
  /// mount options; lines that only name a password are left as they are.
  static func removed(fromConfiguration text: String) -> String {
    guard text.contains("pass") else { return text }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    return lines.map { line($0) }.joined(separator: "\n")
  }

  private static func line(_ text: Substring) -> String {
    var rest = text
    var result = ""
    while let hit = firstSecret(in: rest) {
      result += rest[..<hit.lowerBound] + "left-out"
      rest = rest[hit.upperBound...]
    }
    return result + rest
  }

  /// The value behind `password=` or `passwd = "`.
  private static func firstSecret(in text: Substring) -> Range<Substring.Index>? {
    var from = text
    while let word = from.firstRange(of: "pass") {
      let key = text[word.upperBound...].drop { $0.isLetter || $0 == "_" }
      let sign = key.drop { $0 == " " || $0 == "\t" }
      if sign.first == "=" {
        let value = sign.dropFirst().drop { $0 == " " || $0 == "\t" }
        let quoted = value.first == "\"" || value.first == "'"
        let start = quoted ? value.index(after: value.startIndex) : value.startIndex
        let end =
          text[start...].firstIndex {
            quoted ? $0 == value.first : $0 == "," || $0.isWhitespace || $0 == "\"" || $0 == "'"
          } ?? text.endIndex
        if start < end, text[start..<end] != "left-out" { return start..<end }
      }
      from = text[word.upperBound...]
    }
    return nil
  }
}
