/// Bounds on what the parser takes.
public struct JSONLimits: Sendable, Hashable {
  /// The largest text, in bytes.
  public let maxBytes: Int
  /// The deepest nesting of arrays and objects.
  public let maxDepth: Int

  /// Bounds; the defaults are generous for what people write by hand or tools emit.
  public init(maxBytes: Int = 64 << 20, maxDepth: Int = 128) {
    self.maxBytes = maxBytes
    self.maxDepth = maxDepth
  }

  /// 64 MiB of text, 128 levels.
  public static let standard = JSONLimits()
}

extension JSONValue {
  /// Reads exactly one value, strictly as RFC 8259 writes it: no comments, no trailing commas,
  /// valid UTF-8, no repeated key, nothing after the value.
  public init(parsing bytes: [UInt8], limits: JSONLimits = .standard) throws(JSONError) {
    guard bytes.count <= limits.maxBytes else {
      throw JSONError(
        .tooLarge(limitBytes: limits.maxBytes), at: JSONPosition(line: 1, column: 1))
    }
    let result = bytes.withUnsafeBufferPointer { buffer -> Result<JSONValue, JSONError> in
      var parser = JSONParser(bytes: buffer, maxDepth: limits.maxDepth)
      do throws(JSONFailure) {
        return .success(try parser.document())
      } catch {
        return .failure(
          JSONError(error.reason, at: JSONPosition(offset: error.offset, in: buffer)))
      }
    }
    self = try result.get()
  }

  /// Reads exactly one value from text.
  public init(parsing text: String, limits: JSONLimits = .standard) throws(JSONError) {
    try self.init(parsing: Array(text.utf8), limits: limits)
  }
}

/// A failure with its byte offset, before it is turned into line and column.
struct JSONFailure: Error {
  let reason: JSONError.Reason
  let offset: Int
}

/// A recursive descent parser over bytes. Every step moves forward, so the time is linear.
struct JSONParser {
  let bytes: UnsafeBufferPointer<UInt8>
  let maxDepth: Int
  var at = 0
  var depth = 0

  init(bytes: UnsafeBufferPointer<UInt8>, maxDepth: Int) {
    self.bytes = bytes
    self.maxDepth = maxDepth
  }

  mutating func document() throws(JSONFailure) -> JSONValue {
    if bytes.count >= 3, bytes[0] == 0xef, bytes[1] == 0xbb, bytes[2] == 0xbf {
      throw fail(.byteOrderMark)
    }
    skipBlanks()
    let value = try value()
    skipBlanks()
    guard at == bytes.count else { throw fail(.trailingText) }
    return value
  }

  mutating func value() throws(JSONFailure) -> JSONValue {
    guard at < bytes.count else { throw fail(.unexpectedEnd(expected: "a value")) }
    switch bytes[at] {
    case UInt8(ascii: "{"): return try object()
    case UInt8(ascii: "["): return try array()
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: throw unexpected("a value")
    }
  }

  private mutating func object() throws(JSONFailure) -> JSONValue {
    try enter()
    var members: [JSONMember] = []
    var seen: Set<[UInt8]> = []
    skipBlanks()
    if take(UInt8(ascii: "}")) { return leave(.object([])) }
    while true {
      guard peek() == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
      let start = at
      let key = try string()
      if isRepeated(key, in: members, seen: &seen) {
        throw JSONFailure(reason: .duplicateKey(key), offset: start)
      }
      skipBlanks()
      guard take(UInt8(ascii: ":")) else { throw unexpected("\":\"") }
      skipBlanks()
      members.append(JSONMember(key, try value()))
      skipBlanks()
      if take(UInt8(ascii: "}")) { return leave(.object(members)) }
      guard take(UInt8(ascii: ",")) else { throw unexpected("\",\" or \"}\"") }
      skipBlanks()
    }
  }

  /// Small objects are compared key by key; a set serves the large ones, so time stays linear.
  /// Keys are compared as bytes: `String` would call composed and decomposed letters equal.
  private func isRepeated(
    _ key: String, in members: [JSONMember], seen: inout Set<[UInt8]>
  ) -> Bool {
    if members.count < 12 { return members.contains { $0.key.utf8.elementsEqual(key.utf8) } }
    if seen.isEmpty { for member in members { seen.insert(Array(member.key.utf8)) } }
    return !seen.insert(Array(key.utf8)).inserted
  }

  private mutating func array() throws(JSONFailure) -> JSONValue {
    try enter()
    var elements: [JSONValue] = []
    skipBlanks()
    if take(UInt8(ascii: "]")) { return leave(.array([])) }
    while true {
      elements.append(try value())
      skipBlanks()
      if take(UInt8(ascii: "]")) { return leave(.array(elements)) }
      guard take(UInt8(ascii: ",")) else { throw unexpected("\",\" or \"]\"") }
      skipBlanks()
    }
  }

  private mutating func enter() throws(JSONFailure) {
    guard depth < maxDepth else { throw fail(.tooDeep(limit: maxDepth)) }
    depth += 1
    at += 1
  }

  private mutating func leave(_ value: JSONValue) -> JSONValue {
    depth -= 1
    return value
  }

  private mutating func word(_ text: StaticString, _ value: JSONValue) throws(JSONFailure)
    -> JSONValue
  {
    for index in 0..<text.utf8CodeUnitCount {
      guard peek() == text.utf8Start[index] else { throw unexpected("\"\(text)\"") }
      at += 1
    }
    return value
  }

  func peek() -> UInt8? { at < bytes.count ? bytes[at] : nil }

  mutating func take(_ byte: UInt8) -> Bool {
    guard at < bytes.count, bytes[at] == byte else { return false }
    at += 1
    return true
  }

  mutating func skipBlanks() {
    while at < bytes.count {
      switch bytes[at] {
      case 0x20, 0x0a, 0x0d, 0x09: at += 1
      default: return
      }
    }
  }

  func fail(_ reason: JSONError.Reason) -> JSONFailure {
    JSONFailure(reason: reason, offset: at)
  }

  func unexpected(_ expected: String) -> JSONFailure {
    guard let byte = peek() else { return fail(.unexpectedEnd(expected: expected)) }
    return fail(.unexpected(byte: byte, expected: expected))
  }
}
