// Characters of XML: which are allowed, how they are written and read.

/// Character classes, references and escapes of XML 1.0.
enum XMLCharacters {
  /// The first byte that is not UTF-8 or not a character XML allows.
  static func firstInvalid(in bytes: [UInt8]) -> (offset: Int, problem: String)? {
    if isPlain(bytes) { return nil }
    var offset = 0
    while offset < bytes.count {
      let byte = bytes[offset]
      if byte < 0x80 {
        guard byte >= 0x20 || byte == 0x0A || byte == 0x09 || byte == 0x0D else {
          return (offset, "the control character \(byte) is not allowed in XML")
        }
        offset += 1
        continue
      }
      guard let (scalar, length) = scalar(in: bytes, at: offset) else {
        return (offset, "is not UTF-8")
      }
      guard scalar != 0xFFFE, scalar != 0xFFFF else {
        return (offset, "a character that is not allowed in XML")
      }
      offset += length
    }
    return nil
  }

  /// Whether all bytes are printable ASCII, tabs and line ends: almost always. Without a branch for
  /// each byte, so that the compiler takes many at once.
  private static func isPlain(_ bytes: [UInt8]) -> Bool {
    var other: UInt8 = 0
    for byte in bytes {
      let isBlank = byte == 0x0A || byte == 0x09 || byte == 0x0D
      other |= byte &- 0x20 >= 0x5F && !isBlank ? 1 : 0
    }
    return other == 0
  }

  /// Decodes one UTF-8 sequence; nil where it is malformed, overlong or a surrogate.
  static func scalar(in bytes: [UInt8], at offset: Int) -> (value: UInt32, length: Int)? {
    let first = UInt32(bytes[offset])
    let length: Int
    var value: UInt32
    switch first {
    case 0..<0x80: return (first, 1)
    case 0xC2..<0xE0: (length, value) = (2, first & 0x1F)
    case 0xE0..<0xF0: (length, value) = (3, first & 0x0F)
    case 0xF0..<0xF5: (length, value) = (4, first & 0x07)
    default: return nil
    }
    guard offset + length <= bytes.count else { return nil }
    for index in 1..<length {
      let next = UInt32(bytes[offset + index])
      guard next & 0xC0 == 0x80 else { return nil }
      value = value << 6 | next & 0x3F
    }
    let smallest: UInt32 = length == 2 ? 0x80 : length == 3 ? 0x800 : 0x10000
    guard value >= smallest, value <= 0x10FFFF, !(0xD800...0xDFFF).contains(value) else {
      return nil
    }
    return (value, length)
  }

  /// The length in bytes of the name character at a place; nil where there is none.
  static func nameCharacter(in bytes: [UInt8], at offset: Int, first: Bool) -> Int? {
    let byte = bytes[offset]
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "_"), UInt8(ascii: ":"):
      return 1
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
      return first ? nil : 1
    case 0..<0x80: return nil
    default:
      guard let (value, length) = scalar(in: bytes, at: offset) else { return nil }
      if startRanges.contains(where: { $0.contains(value) }) { return length }
      guard !first else { return nil }
      let more =
        value == 0xB7 || (0x300...0x36F).contains(value) || (0x203F...0x2040).contains(value)
      return more ? length : nil
    }
  }

  private static let startRanges: [ClosedRange<UInt32>] = [
    0xC0...0xD6, 0xD8...0xF6, 0xF8...0x2FF, 0x370...0x37D, 0x37F...0x1FFF, 0x200C...0x200D,
    0x2070...0x218F, 0x2C00...0x2FEF, 0x3001...0xD7FF, 0xF900...0xFDCF, 0xFDF0...0xFFFD,
    0x10000...0xEFFFF,
  ]

  /// Reads `&lt;`, `&#38;`, `&#x26;` …: the character and the place behind it.
  static func reference(in bytes: [UInt8], at offset: Int) -> (scalar: Unicode.Scalar, end: Int)? {
    let limit = min(bytes.count, offset + 16)
    guard let semicolon = bytes[offset..<limit].firstIndex(of: UInt8(ascii: ";")) else {
      return nil
    }
    let body = bytes[(offset + 1)..<semicolon]
    let end = semicolon + 1
    guard body.first == UInt8(ascii: "#") else {
      return entities[String(decoding: body, as: UTF8.self)].map { ($0, end) }
    }
    let isHex = body.dropFirst().first == UInt8(ascii: "x")
    let digits = String(decoding: body.dropFirst(isHex ? 2 : 1), as: UTF8.self)
    guard digits.first != "+", digits.first != "-",
      let number = UInt32(digits, radix: isHex ? 16 : 10), let scalar = Unicode.Scalar(number),
      number >= 0x20 || number == 9 || number == 10 || number == 13,
      number != 0xFFFE, number != 0xFFFF
    else { return nil }
    return (scalar, end)
  }

  private static let entities: [String: Unicode.Scalar] = [
    "lt": "<", "gt": ">", "amp": "&", "quot": "\"", "apos": "'",
  ]

  /// The value of an attribute: references resolved, blanks normalised.
  static func attributeValue(_ bytes: [UInt8], _ range: Range<Int>) -> String {
    if range.allSatisfy({ bytes[$0] != 0x26 && bytes[$0] >= 0x20 }) {
      return String(decoding: bytes[range], as: UTF8.self)
    }
    return decode(bytes, range) { $0 == 9 || $0 == 10 || $0 == 13 ? 0x20 : $0 }
  }

  /// Text with its references resolved.
  static func text(_ bytes: [UInt8], _ range: Range<Int>) -> String {
    if range.allSatisfy({ bytes[$0] != 0x26 && bytes[$0] != 0x0D }) {
      return String(decoding: bytes[range], as: UTF8.self)
    }
    return decode(bytes, range) { $0 }
  }

  private static func decode(
    _ bytes: [UInt8], _ range: Range<Int>, _ convert: (UInt8) -> UInt8
  ) -> String {
    var result: [UInt8] = []
    var offset = range.lowerBound
    while offset < range.upperBound {
      if bytes[offset] == 0x26, let (scalar, end) = reference(in: bytes, at: offset) {
        result.append(contentsOf: String(Character(scalar)).utf8)
        offset = end
        continue
      }
      // A line end is one line feed, however it is written.
      if bytes[offset] == 13 {
        let isPair = offset + 1 < range.upperBound && bytes[offset + 1] == 10
        if !isPair { result.append(convert(10)) }
      } else {
        result.append(convert(bytes[offset]))
      }
      offset += 1
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// The text as it is written between such quotes.
  static func escapedAttribute(_ text: String, quote: UInt8) -> [UInt8] {
    escaped(text) { scalar in
      switch scalar {
      case "'": quote == 0x27 ? "&apos;" : nil
      case "\"": quote == 0x22 ? "&quot;" : nil
      case "\t": "&#9;"
      case "\n": "&#10;"
      default: nil
      }
    }
  }

  /// The text as it is written between tags.
  static func escapedText(_ text: String) -> [UInt8] { escaped(text) { _ in nil } }

  private static func escaped(
    _ text: String, _ special: (Unicode.Scalar) -> String?
  ) -> [UInt8] {
    var result: [UInt8] = []
    for scalar in text.unicodeScalars {
      let replacement =
        switch scalar {
        case "&": "&amp;"
        case "<": "&lt;"
        case ">": "&gt;"
        case "\r": "&#13;"
        default: special(scalar)
        }
      result.append(contentsOf: (replacement ?? String(Character(scalar))).utf8)
    }
    return result
  }

  /// A short text for messages, without control characters.
  static func printable(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars.prefix(60) {
      let value = scalar.value
      let isControl =
        value < 0x20 || (0x7F...0x9F).contains(value) || value == 0x2028 || value == 0x2029
        || (0x202A...0x202E).contains(value) || (0x2066...0x2069).contains(value)
        || value == 0x200E || value == 0x200F || value == 0x61C
      result.unicodeScalars.append(isControl ? "?" : scalar)
    }
    return result
  }
}
