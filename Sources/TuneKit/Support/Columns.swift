// Text in columns: how wide it is on a terminal, cut, padded and wrapped.

/// Layout for a terminal. All texts are expected to be safe (`Escape.text`).
enum Columns {
  /// How many columns a terminal uses for the text.
  static func width(_ text: String) -> Int {
    if text.utf8.count == text.unicodeScalars.count { return text.utf8.count }
    return text.unicodeScalars.reduce(0) { $0 + width($1) }
  }

  private static func width(_ scalar: Unicode.Scalar) -> Int {
    if scalar.value < 0x300 { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    switch scalar.value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
      0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF,
      0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }

  /// The text filled up with spaces.
  static func pad(_ text: String, _ columns: Int) -> String {
    text + String(repeating: " ", count: max(0, columns - width(text)))
  }

  /// The text cut to so many columns: behind the last clause that fits where that leaves most of
  /// it, else at a word, with an ellipsis.
  static func cut(_ text: String, _ columns: Int) -> String {
    guard width(text) > columns, columns > 1 else { return text }
    let head = prefix(text, columns - 1)
    if let clause = head.range(ofLast: "; "), width(String(head[..<clause])) * 2 > columns {
      return String(head[..<clause])
    }
    guard let space = head.lastIndex(of: " "), width(String(head[..<space])) * 2 > columns else {
      return head + "…"
    }
    return String(head[..<space]) + "…"
  }

  /// The text cut to so many columns, with an ellipsis where something is missing.
  static func ellipsis(_ text: String, _ columns: Int) -> String {
    width(text) > columns ? prefix(text, columns - 1) + "…" : text
  }

  private static func prefix(_ text: String, _ columns: Int) -> String {
    var result = ""
    var used = 0
    for character in text {
      used += width(String(character))
      if used > columns { break }
      result.append(character)
    }
    return result
  }

  /// The text in lines of at most so many columns, broken at spaces; a longer word is broken.
  static func wrap(_ text: String, _ columns: Int) -> [String] {
    let limit = max(columns, 8)
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      var rest = String(word)
      if !line.isEmpty, width(line) + 1 + width(rest) <= limit {
        line += " " + rest
        continue
      }
      if !line.isEmpty { lines.append(line) }
      while width(rest) > limit {
        let head = prefix(rest, limit)
        lines.append(head)
        rest = String(rest.dropFirst(head.count))
      }
      line = rest
    }
    if !line.isEmpty { lines.append(line) }
    return lines
  }
}

extension String {
  /// Where the last occurrence of a two-character ASCII text begins.
  fileprivate func range(ofLast needle: String) -> Index? {
    var index = endIndex
    while index > startIndex {
      index = self.index(before: index)
      if self[index...].hasPrefix(needle) { return index }
    }
    return nil
  }
}
