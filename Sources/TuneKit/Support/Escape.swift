// Names from outside may hold anything. What is printed for people goes through here first, so
// that no input moves a cursor, turns text around, opens a tag or breaks a label.

/// Makes text from outside safe for each kind of output. JSON needs none of this: it carries names
/// unchanged, escaped by its own grammar.
public enum Escape {
  /// Whether a scalar may not stand in output for people: C0, DEL, C1, line and paragraph
  /// separators, direction marks and overrides, invisible tags, non-characters.
  public static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x00...0x1F, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069,
      0xFEFF, 0xFFF9...0xFFFB, 0xE0000...0xE007F:
      true
    default: scalar.value & 0xFFFE == 0xFFFE || (0xFDD0...0xFDEF).contains(scalar.value)
    }
  }

  /// Text on one line without anything a terminal obeys: an unsafe scalar becomes `\u{1b}`.
  public static func text(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
      if isUnsafe(scalar) {
        result += "\\u{\(String(scalar.value, radix: 16))}"
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// Text for HTML and XML, in content and in quoted attributes.
  public static func markup(_ text: String) -> String {
    replacing(Self.text(text)) { scalar in
      switch scalar {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      case "\"": "&quot;"
      case "'": "&#39;"
      default: nil
      }
    }
  }

  /// Text for Markdown: nothing in it starts markup, a link, a table cell or HTML.
  public static func markdown(_ text: String) -> String {
    replacing(Self.text(text)) { scalar in
      switch scalar {
      case "&": "&amp;"
      case "<": "&lt;"
      case ">": "&gt;"
      case "\\", "`", "*", "_", "{", "}", "[", "]", "(", ")", "#", "+", "!", "|", "~", "$", "@":
        "\\\(scalar)"
      // A bare address would become a link.
      case ":": "&#58;"
      default: nil
      }
    }
  }

  /// Text in the quotes of a Prometheus label value.
  public static func label(_ text: String) -> String {
    // The visible form of unsafe scalars holds a backslash, which is then escaped like any other.
    replacing(Self.text(text)) { scalar in
      switch scalar {
      case "\\": "\\\\"
      case "\"": "\\\""
      default: nil
      }
    }
  }

  /// A field of RFC 4180, quoted where needed. Where the first character but blanks begins a formula,
  /// in its plain or its full width, an apostrophe is put before it, so that no spreadsheet takes a
  /// name for one.
  public static func csv(_ text: String) -> String {
    var field = Self.text(text)
    let first = field.unicodeScalars.first { !$0.properties.isWhitespace }
    if let first, "=+-@\u{2212}\u{FF1D}\u{FF0B}\u{FF0D}\u{FF20}".unicodeScalars.contains(first) {
      field = "'" + field
    }
    guard field.unicodeScalars.contains(where: { $0 == "," || $0 == "\"" }) else { return field }
    return "\"" + replacing(field) { $0 == "\"" ? "\"\"" : nil } + "\""
  }

  private static func replacing(
    _ text: String, _ replacement: (Unicode.Scalar) -> String?
  ) -> String {
    var result = ""
    result.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      if let other = replacement(scalar) {
        result += other
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
