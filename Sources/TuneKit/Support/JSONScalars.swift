/// Strings and numbers of the parser.
extension JSONParser {
  /// Reads a string; the cursor stands on its opening quote.
  mutating func string() throws(JSONFailure) -> String {
    at += 1
    let start = at
    while at < bytes.count, bytes[at] >= 0x20, bytes[at] != UInt8(ascii: "\""),
      bytes[at] != UInt8(ascii: "\\")
    {
      at += 1
    }
    if peek() == UInt8(ascii: "\"") {
      let text = try validated(bytes[start..<at], from: start)
      at += 1
      return text
    }
    return try escapedString(from: start)
  }

  private mutating func escapedString(from start: Int) throws(JSONFailure) -> String {
    var unescaped = Array(bytes[start..<at])
    while let byte = peek() {
      switch byte {
      case UInt8(ascii: "\""):
        let text = try validated(unescaped[...], from: start)
        at += 1
        return text
      case UInt8(ascii: "\\"): try escape(into: &unescaped)
      case 0..<0x20: throw fail(.controlCharacter(byte))
      default:
        unescaped.append(byte)
        at += 1
      }
    }
    throw fail(.unexpectedEnd(expected: "the closing quote of a string"))
  }

  private func validated(_ slice: some Collection<UInt8>, from start: Int) throws(JSONFailure)
    -> String
  {
    guard let text = String(validating: slice, as: UTF8.self) else {
      throw JSONFailure(reason: .invalidUTF8, offset: start)
    }
    return text
  }

  private mutating func escape(into unescaped: inout [UInt8]) throws(JSONFailure) {
    let start = at
    at += 1
    guard let kind = peek() else { throw unexpected("an escape") }
    at += 1
    switch kind {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): unescaped.append(kind)
    case UInt8(ascii: "b"): unescaped.append(0x08)
    case UInt8(ascii: "f"): unescaped.append(0x0c)
    case UInt8(ascii: "n"): unescaped.append(0x0a)
    case UInt8(ascii: "r"): unescaped.append(0x0d)
    case UInt8(ascii: "t"): unescaped.append(0x09)
    case UInt8(ascii: "u"):
      let scalar = try unicodeEscape(from: start)
      unescaped.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    default: throw JSONFailure(reason: .invalidEscape, offset: start)
    }
  }

  private mutating func unicodeEscape(from start: Int) throws(JSONFailure) -> UnicodeScalar {
    let first = try hexQuad(from: start)
    if let scalar = UnicodeScalar(first) { return scalar }
    guard first < 0xdc00, take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
      throw JSONFailure(reason: .loneSurrogate, offset: start)
    }
    let second = try hexQuad(from: start)
    guard (0xdc00..<0xe000).contains(second),
      let scalar = UnicodeScalar(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))
    else { throw JSONFailure(reason: .loneSurrogate, offset: start) }
    return scalar
  }

  private mutating func hexQuad(from start: Int) throws(JSONFailure) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek() else { throw unexpected("four hexadecimal digits") }
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - 0x30)
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - 0x57)
      case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - 0x37)
      default: throw JSONFailure(reason: .invalidEscape, offset: start)
      }
      at += 1
    }
    return value
  }

  /// Reads a number; the cursor stands on its sign or first digit.
  mutating func number() throws(JSONFailure) -> JSONValue {
    let start = at
    let negative = take(UInt8(ascii: "-"))
    var magnitude = 0
    var fits = true
    let digitsStart = at
    while let digit = peek(), isDigit(digit) {
      let (tens, over) = magnitude.multipliedReportingOverflow(by: 10)
      let (sum, carry) =
        negative
        ? tens.subtractingReportingOverflow(Int(digit - 0x30))
        : tens.addingReportingOverflow(Int(digit - 0x30))
      fits = fits && !over && !carry
      magnitude = sum
      at += 1
    }
    let digits = at - digitsStart
    guard digits == 1 || (digits > 1 && bytes[digitsStart] != UInt8(ascii: "0")) else {
      throw JSONFailure(reason: .malformedNumber, offset: start)
    }
    let whole = try fractionAndExponent(from: start)
    if whole && fits { return .integer(magnitude) }
    return try floatingPoint(from: start)
  }

  /// Skips fraction and exponent; true when there is neither.
  private mutating func fractionAndExponent(from start: Int) throws(JSONFailure) -> Bool {
    var whole = true
    if take(UInt8(ascii: ".")) {
      whole = false
      try digits(from: start)
    }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      whole = false
      if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
      try digits(from: start)
    }
    return whole
  }

  private mutating func digits(from start: Int) throws(JSONFailure) {
    let first = at
    while let byte = peek(), isDigit(byte) { at += 1 }
    guard at > first else { throw JSONFailure(reason: .malformedNumber, offset: start) }
  }

  private func floatingPoint(from start: Int) throws(JSONFailure) -> JSONValue {
    let text = String(decoding: bytes[start..<at], as: UTF8.self)
    guard let value = Double(text), value.isFinite else {
      throw JSONFailure(reason: .numberOutOfRange, offset: start)
    }
    return .number(value)
  }

  private func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }
}
