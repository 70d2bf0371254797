// Text from outside, made fit for a terminal, a message or a report line.

extension String {
  /// The text with C0 and C1 controls, DEL, U+2028/9 and direction overrides shown as `\u{…}`.
  public var printable: String {
    guard unicodeScalars.contains(where: Self.isUnprintable) else { return self }
    var result = ""
    for scalar in unicodeScalars {
      if Self.isUnprintable(scalar) {
        result += "\\u{" + String(scalar.value, radix: 16) + "}"
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result
  }

  /// The text in single quotes, printable, cut after `limit` characters.
  public func quoted(limit: Int = 80) -> String {
    guard count > limit else { return "'\(printable)'" }
    return "'\(String(prefix(limit)).printable)…'"
  }

  private static func isUnprintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7f..<0xa0, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a...0x202e, 0x2066...0x2069,
      0xfeff, 0x61c:
      true
    default: false
    }
  }
}
