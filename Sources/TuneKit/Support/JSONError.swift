/// Why a text is no JSON, and where.
public struct JSONError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What is wrong.
  public enum Reason: Sendable, Hashable {
    case tooLarge(limitBytes: Int)
    case tooDeep(limit: Int)
    case unexpectedEnd(expected: String)
    case unexpected(byte: UInt8, expected: String)
    case invalidUTF8
    case byteOrderMark
    case controlCharacter(UInt8)
    case invalidEscape
    case loneSurrogate
    case malformedNumber
    case numberOutOfRange
    case duplicateKey(String)
    case trailingText
  }

  /// What is wrong.
  public let reason: Reason
  /// Where it is wrong.
  public let position: JSONPosition

  /// The line, from 1.
  public var line: Int { position.line }
  /// The column, from 1, in Unicode scalars.
  public var column: Int { position.column }

  /// An error at a place.
  public init(_ reason: Reason, at position: JSONPosition) {
    self.reason = reason
    self.position = position
  }

  /// What is wrong, without the place.
  public var message: String {
    switch reason {
    case .tooLarge(let limit): "the text is larger than \(limit) bytes"
    case .tooDeep(let limit): "more than \(limit) arrays and objects are nested"
    case .unexpectedEnd(let expected): "the text ends where \(expected) was expected"
    case .unexpected(let byte, let expected):
      "\(Self.name(of: byte)) stands where \(expected) was expected"
    case .invalidUTF8: "the bytes are not valid UTF-8"
    case .byteOrderMark: "a byte order mark stands before the value"
    case .controlCharacter(let byte): "\(Self.name(of: byte)) must be escaped in a string"
    case .invalidEscape: "the escape is none of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\uXXXX"
    case .loneSurrogate: "half of a surrogate pair stands alone"
    case .malformedNumber: "the number is not written as JSON writes one"
    case .numberOutOfRange: "the number is too large"
    case .duplicateKey(let key): "the key \"\(key)\" stands twice in one object"
    case .trailingText: "text follows the value"
    }
  }

  /// Place and message: `3:7: the number is too large`.
  public var description: String { "\(line):\(column): \(message)" }

  private static func name(of byte: UInt8) -> String {
    guard byte > 0x20, byte < 0x7f else {
      return byte == 0x20 ? "a space" : "byte \(byte)"
    }
    return "\"\(Character(UnicodeScalar(byte)))\""
  }
}

/// A place in a text: lines and columns count from 1, columns in Unicode scalars.
public struct JSONPosition: Sendable, Hashable, Comparable {
  /// The line, from 1.
  public let line: Int
  /// The column, from 1, in Unicode scalars.
  public let column: Int

  /// A place by its numbers.
  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  /// The place of a byte offset, found by counting from the start.
  public init(offset: Int, in bytes: some Sequence<UInt8>) {
    var line = 1
    var column = 1
    for byte in bytes.prefix(max(0, offset)) {
      if byte == 0x0a {
        line += 1
        column = 1
      } else if byte & 0xc0 != 0x80 {
        column += 1
      }
    }
    self.init(line: line, column: column)
  }

  /// Earlier in the text.
  public static func < (a: JSONPosition, b: JSONPosition) -> Bool {
    (a.line, a.column) < (b.line, b.column)
  }
}
