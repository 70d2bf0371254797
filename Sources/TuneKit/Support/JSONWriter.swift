/// How JSON is laid out.
public enum JSONLayout: Sendable, Hashable {
  /// One line, no blanks.
  case compact
  /// A member or element a line, two blanks deeper each level; arrays of numbers stay on one line.
  case pretty
}

extension JSONValue {
  /// The value as UTF-8 bytes, keys in their order, without a newline at the end.
  /// Control characters and the line separators U+2028 and U+2029 are escaped; a number that is
  /// not finite becomes null.
  public func bytes(_ layout: JSONLayout = .compact) -> [UInt8] {
    var writer = JSONWriter(layout: layout)
    writer.write(self, level: 0)
    return writer.out
  }

  /// The value as text.
  public func text(_ layout: JSONLayout = .compact) -> String {
    String(decoding: bytes(layout), as: UTF8.self)
  }
}

struct JSONWriter {
  let layout: JSONLayout
  var out: [UInt8] = []

  init(layout: JSONLayout) { self.layout = layout }

  mutating func write(_ value: JSONValue, level: Int) {
    switch value {
    case .null: put("null")
    case .bool(let flag): put(flag ? "true" : "false")
    case .integer(let number): put(String(number))
    case .number(let number): put(number.isFinite ? "\(number)" : "null")
    case .string(let text): string(text)
    case .array(let elements): array(elements, level: level)
    case .object(let members): object(members, level: level)
    }
  }

  private mutating func array(_ elements: [JSONValue], level: Int) {
    let inline = layout == .compact || elements.allSatisfy(\.isNumber)
    put("[")
    for (index, element) in elements.enumerated() {
      if index > 0 { put(inline && layout == .pretty ? ", " : ",") }
      if !inline { newline(level + 1) }
      write(element, level: level + 1)
    }
    if !inline { newline(level) }
    put("]")
  }

  private mutating func object(_ members: [JSONMember], level: Int) {
    let inline = layout == .compact || members.isEmpty
    put("{")
    for (index, member) in members.enumerated() {
      if index > 0 { put(",") }
      if !inline { newline(level + 1) }
      string(member.key)
      put(inline ? ":" : ": ")
      write(member.value, level: level + 1)
    }
    if !inline { newline(level) }
    put("}")
  }

  private mutating func newline(_ level: Int) {
    out.append(0x0a)
    for _ in 0..<(2 * level) { out.append(0x20) }
  }

  mutating func string(_ text: String) {
    out.append(UInt8(ascii: "\""))
    if Self.isPlain(text) { put(text) } else { escaped(text) }
    out.append(UInt8(ascii: "\""))
  }

  /// Whether nothing in a text needs an escape: almost always, and quickly told.
  private static func isPlain(_ text: String) -> Bool {
    let plain = text.utf8.withContiguousStorageIfAvailable { bytes in
      // Without a branch for each byte, so that the compiler takes many at once.
      var special: UInt8 = 0
      for byte in bytes {
        special |= byte &- 0x20 >= 0x5f ? 1 : 0
        special |= byte == 0x22 || byte == 0x5c ? 1 : 0
      }
      return special == 0
    }
    return plain ?? false
  }

  private mutating func escaped(_ text: String) {
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x22: put("\\\"")
      case 0x5c: put("\\\\")
      case 0x08: put("\\b")
      case 0x0c: put("\\f")
      case 0x0a: put("\\n")
      case 0x0d: put("\\r")
      case 0x09: put("\\t")
      case 0..<0x20, 0x7f..<0xa0, 0x2028, 0x2029: unicodeEscape(scalar.value)
      case 0x20..<0x7f: out.append(UInt8(truncatingIfNeeded: scalar.value))
      default: out.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
      }
    }
  }

  private mutating func unicodeEscape(_ value: UInt32) {
    let hex = String(value, radix: 16)
    put("\\u")
    for _ in hex.utf8.count..<4 { out.append(UInt8(ascii: "0")) }
    put(hex)
  }

  private mutating func put(_ text: String) {
    let copied: Void? = text.utf8.withContiguousStorageIfAvailable { out.append(contentsOf: $0) }
    if copied == nil { out.append(contentsOf: text.utf8) }
  }

  mutating func put(_ text: StaticString) {
    text.withUTF8Buffer { out.append(contentsOf: $0) }
  }
}

extension JSONValue {
  fileprivate var isNumber: Bool {
    switch self {
    case .integer, .number: true
    default: false
    }
  }
}
