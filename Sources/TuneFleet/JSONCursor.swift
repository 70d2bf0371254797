// A checking cursor over JSON bytes that builds nothing: reports come by the hundred thousand, and
// most of what is in them is only to be well-formed.

/// Reads JSON in place. The buffer must outlive the cursor.
struct JSONCursor {
  let bytes: UnsafeBufferPointer<UInt8>
  private(set) var at = 0
  /// Nesting beyond this is refused.
  private static let depthLimit = 64

  /// The number of the first line.
  private let line: Int

  init(_ bytes: UnsafeBufferPointer<UInt8>, line: Int = 1) {
    self.bytes = bytes
    self.line = line
  }

  /// A problem with its line and column.
  func problem(_ what: String) -> ReportProblem {
    var line = line
    var start = 0
    for index in 0..<min(at, bytes.count) where bytes[index] == 10 {
      line += 1
      start = index + 1
    }
    return ReportProblem("\(line):\(at - start + 1): \(what)")
  }

  var isAtEnd: Bool { at >= bytes.count }

  @inline(__always) var peek: UInt8 { at < bytes.count ? bytes[at] : 0 }

  @inline(__always) mutating func skipBlanks() {
    while at < bytes.count {
      switch bytes[at] {
      case 32, 10, 13, 9: at += 1
      default: return
      }
    }
  }

  @inline(__always)
  mutating func expect(_ byte: UInt8, _ what: StaticString) throws(ReportProblem) {
    guard at < bytes.count, bytes[at] == byte else { throw problem("expected \(what)") }
    at += 1
  }

  // MARK: - Strings

  /// Passes a string and gives the range between its quotes.
  mutating func string() throws(ReportProblem) -> Range<Int> {
    try expect(34, "a string")
    let start = at
    while at < bytes.count {
      let byte = bytes[at]
      if byte == 34 {
        at += 1
        return start..<(at - 1)
      }
      if byte == 92 {
        try escape()
      } else if byte < 32 {
        throw problem("a control character stands in a string")
      } else if byte < 128 {
        at += 1
      } else {
        try multibyte(byte)
      }
    }
    throw problem("the text ends in a string")
  }

  private mutating func escape() throws(ReportProblem) {
    at += 1
    switch peek {
    case 34, 92, 47, 98, 102, 110, 114, 116: at += 1
    case 117:
      at += 1
      for _ in 0..<4 {
        switch peek {
        case 48...57, 65...70, 97...102: at += 1
        default: throw problem("expected four hexadecimal digits")
        }
      }
    default: throw problem("no such escape")
    }
  }

  /// One UTF-8 sequence (Unicode 15, table 3-7).
  private mutating func multibyte(_ lead: UInt8) throws(ReportProblem) {
    let length: Int
    var low: UInt8 = 0x80
    var high: UInt8 = 0xBF
    switch lead {
    case 0xC2...0xDF: length = 2
    case 0xE0...0xEF:
      length = 3
      if lead == 0xE0 { low = 0xA0 }
      if lead == 0xED { high = 0x9F }
    case 0xF0...0xF4:
      length = 4
      if lead == 0xF0 { low = 0x90 }
      if lead == 0xF4 { high = 0x8F }
    default: throw problem("the bytes are not valid UTF-8")
    }
    guard at + length <= bytes.count, bytes[at + 1] >= low, bytes[at + 1] <= high else {
      throw problem("the bytes are not valid UTF-8")
    }
    for offset in 2..<max(length, 2) where bytes[at + offset] & 0xC0 != 0x80 {
      throw problem("the bytes are not valid UTF-8")
    }
    at += length
  }

  /// The text of a string's range, unescaped.
  func text(_ range: Range<Int>) throws(ReportProblem) -> String {
    let slice = UnsafeBufferPointer(rebasing: bytes[range])
    guard slice.contains(92) else { return String(decoding: slice, as: UTF8.self) }
    return try JSONUnescape.text(slice)
  }

  func equals(_ range: Range<Int>, _ word: StaticString) -> Bool {
    guard range.count == word.utf8CodeUnitCount else { return false }
    for (offset, index) in range.enumerated() where bytes[index] != word.utf8Start[offset] {
      return false
    }
    return true
  }

  // MARK: - Values

  /// A string or null.
  mutating func optionalText() throws(ReportProblem) -> String? {
    guard peek == 34 else {
      try literal("null")
      return nil
    }
    return try text(string())
  }

  /// A count: a whole number from 0 on.
  mutating func count() throws(ReportProblem) -> Int {
    var value = 0
    let start = at
    while at < bytes.count, bytes[at] >= 48, bytes[at] <= 57, at - start < 12 {
      value = value * 10 + Int(bytes[at] - 48)
      at += 1
    }
    guard at > start, at - start < 12, start + 1 == at || bytes[start] != 48 else {
      throw problem("expected a whole number")
    }
    return value
  }

  mutating func literal(_ word: StaticString) throws(ReportProblem) {
    let end = at + word.utf8CodeUnitCount
    guard end <= bytes.count, equals(at..<end, word) else { throw problem("expected a value") }
    at = end
  }

  private mutating func number() throws(ReportProblem) {
    if peek == 45 { at += 1 }
    let start = at
    digits()
    guard at > start, at == start + 1 || bytes[start] != 48 else {
      throw problem("the number is malformed")
    }
    if peek == 46 {
      at += 1
      let fraction = at
      digits()
      guard at > fraction else { throw problem("the number is malformed") }
    }
    if peek == 101 || peek == 69 {
      at += 1
      if peek == 43 || peek == 45 { at += 1 }
      let exponent = at
      digits()
      guard at > exponent else { throw problem("the number is malformed") }
    }
  }

  @inline(__always) private mutating func digits() {
    while at < bytes.count, bytes[at] >= 48, bytes[at] <= 57 { at += 1 }
  }

  /// Passes any value.
  mutating func skip(_ depth: Int = 0) throws(ReportProblem) {
    switch peek {
    case 34: _ = try string()
    case 123:
      guard depth < Self.depthLimit else { throw problem("too deep") }
      try object { cursor, _ throws(ReportProblem) in try cursor.skip(depth + 1) }
    case 91:
      guard depth < Self.depthLimit else { throw problem("too deep") }
      try array { cursor throws(ReportProblem) in try cursor.skip(depth + 1) }
    case 116: try literal("true")
    case 102: try literal("false")
    case 110: try literal("null")
    default: try number()
    }
  }

  /// Passes an object; `member` must pass each value, given the range of its key.
  @inline(__always)
  mutating func object(
    _ member: (inout JSONCursor, Range<Int>) throws(ReportProblem) -> Void
  ) throws(ReportProblem) {
    try expect(123, "an object")
    skipBlanks()
    if peek == 125 {
      at += 1
      return
    }
    while true {
      skipBlanks()
      let key = try string()
      skipBlanks()
      try expect(58, "a colon")
      skipBlanks()
      try member(&self, key)
      skipBlanks()
      if peek == 44 {
        at += 1
        continue
      }
      return try expect(125, "a comma or the end of the object")
    }
  }

  /// Passes an array; `element` must pass each value.
  @inline(__always)
  mutating func array(
    _ element: (inout JSONCursor) throws(ReportProblem) -> Void
  ) throws(ReportProblem) {
    try expect(91, "an array")
    skipBlanks()
    if peek == 93 {
      at += 1
      return
    }
    while true {
      skipBlanks()
      try element(&self)
      skipBlanks()
      if peek == 44 {
        at += 1
        continue
      }
      return try expect(93, "a comma or the end of the array")
    }
  }
}
