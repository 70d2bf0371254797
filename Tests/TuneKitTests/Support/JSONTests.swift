import Testing
import TuneKit

@Suite struct JSONTests {
  @Test(arguments: [
    "null", "true", "false", "0", "-1", "9223372036854775807", "-9223372036854775808", "1.5",
    "\"\"", "[]", "{}", "[null,[],{}]", #"{"b":1,"a":[true,"x"]}"#, #""\"\\\b\f\n\r\t""#,
    "\"é漢🦉\"", #""\u0000\u007f\u0085\u2028""#,
  ])
  func whatIsWrittenCompactlyIsReadAndWrittenUnchanged(text: String) throws {
    #expect(try JSONValue(parsing: text).text() == text)
  }

  @Test func everyValueSurvivesWritingAndReading() throws {
    var random = SeededRandom(seed: 7)
    for _ in 0..<2000 {
      let value = randomValue(&random, depth: 4)
      #expect(try JSONValue(parsing: value.bytes()) == value)
      #expect(try JSONValue(parsing: value.bytes(.pretty)) == value)
    }
  }

  @Test(arguments: [
    ("", 1, 1), ("  \n ", 2, 2), ("nul", 1, 4), ("nulL", 1, 4), ("True", 1, 1), ("NaN", 1, 1),
    ("Infinity", 1, 1), ("-", 1, 1), ("01", 1, 1), ("-01", 1, 1), ("1.", 1, 1), (".5", 1, 1),
    ("1e", 1, 1), ("1e+", 1, 1), ("+1", 1, 1), ("0x10", 1, 2), ("1e999", 1, 1), ("-1e999", 1, 1),
    ("[1,]", 1, 4), ("[1 2]", 1, 4), ("[", 1, 2), ("[1", 1, 3), ("]", 1, 1), ("{,}", 1, 2),
    (#"{"a"}"#, 1, 5), (#"{"a":}"#, 1, 6), (#"{"a":1,}"#, 1, 8), ("{a:1}", 1, 2),
    (#"{'a':1}"#, 1, 2), (#"{"a":1,"a":2}"#, 1, 8), (#"{"a":1,"\u0061":2}"#, 1, 8),
    ("\"", 1, 2), (#""\x""#, 1, 2), (#""\u12""#, 1, 2), (#""\ud800""#, 1, 2),
    (#""\udc00""#, 1, 2), (#""\ud800\u0041""#, 1, 2), ("\"a\nb\"", 1, 3), ("\"\t\"", 1, 2),
    ("1 2", 1, 3), ("{} x", 1, 4), ("[1]//", 1, 4), ("\u{feff}1", 1, 1), ("[\u{a0}1]", 1, 2),
    ("[\n  \"é\", x]", 2, 8),
  ])
  func aTextThatIsNoJSONIsRefusedWithItsPlace(text: String, line: Int, column: Int) {
    let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    #expect(error?.line == line, "\(text.debugDescription): \(String(describing: error))")
    #expect(error?.column == column, "\(text.debugDescription): \(String(describing: error))")
  }

  @Test(arguments: [
    [0x22, 0xff, 0x22], [0x22, 0xc0, 0x80, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22],
    [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22], [0x22, 0xe2, 0x82, 0x22], [0xff], [0x22, 0x5c, 0xff],
    [0x22, 0x5c, 0x6e, 0xff, 0x22],
  ])
  func bytesThatAreNoUTF8AreRefused(bytes: [UInt8]) {
    #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
  }

  @Test func nestingIsBoundedWithoutACrash() throws {
    let limits = JSONLimits(maxDepth: 100)
    func nested(_ depth: Int) -> [UInt8] {
      Array(repeating: UInt8(ascii: "["), count: depth)
        + Array(repeating: UInt8(ascii: "]"), count: depth)
    }
    #expect(throws: Never.self) { try JSONValue(parsing: nested(100), limits: limits) }
    let error = #expect(throws: JSONError.self) {
      try JSONValue(parsing: nested(101), limits: limits)
    }
    #expect(error?.reason == .tooDeep(limit: 100))
    #expect(error?.message == "more than 100 arrays and objects are nested")
    #expect(throws: JSONError.self) { try JSONValue(parsing: nested(1_000_000)) }
    #expect(throws: JSONError.self) {
      try JSONValue(parsing: Array(repeating: UInt8(ascii: "["), count: 1_000_000))
    }
  }

  @Test func aTextLargerThanTheBoundIsRefused() {
    let error = #expect(throws: JSONError.self) {
      try JSONValue(parsing: "[1,2,3]", limits: JSONLimits(maxBytes: 6))
    }
    #expect(error?.reason == .tooLarge(limitBytes: 6))
    #expect(error?.message == "the text is larger than 6 bytes")
  }

  /// Every reason to refuse a text, with its place and in words.
  @Test(
    arguments: [
      ("{\"a\":", "1:6: the text ends where a value was expected"),
      ("[1,\n x]", "2:2: \"x\" stands where a value was expected"),
      ("\u{FEFF}[]", "1:1: a byte order mark stands before the value"),
      ("[\"a\tb\"]", "must be escaped in a string"),
      ("[\"\\q\"]", "the escape is none of"), ("[\"\\u12", "four hexadecimal digits"),
      ("[\"\\", "the text ends where an escape was expected"),
      ("[\"\\ud800\"]", "half of a surrogate pair stands alone"),
      ("{a", "\"a\" stands where a key in quotes was expected"),
      ("{\"a\":1 x", "\"x\" stands where \",\" or \"}\" was expected"),
      ("[1 x", "\"x\" stands where \",\" or \"]\" was expected"),
      ("\"a\\n", "the text ends where the closing quote of a string was expected"),
      ("[01]", "the number is not written as JSON writes one"),
      ("[1e999]", "the number is too large"),
      ("{\"a\":1,\"a\":2}", "the key \"a\" stands twice in one object"),
      ("[] 1", "1:4: text follows the value"),
    ])
  func whatIsNoJSONIsRefusedInWords(_ text: String, _ words: String) {
    let error = #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    #expect(error.map { "\($0)" }?.contains(words) == true, "\(error.map { "\($0)" } ?? "")")
  }

  @Test func bytesThatAreNoUTF8AreRefusedInWords() {
    let error = #expect(throws: JSONError.self) {
      try JSONValue(parsing: [0x5B, 0x22, 0xFF, 0x22, 0x5D])
    }
    #expect(error.map { "\($0)" }?.contains("the bytes are not valid UTF-8") == true)
  }

  @Test func numbersKeepWhatTheySay() throws {
    #expect(try JSONValue(parsing: "-0") == .integer(0))
    #expect(try JSONValue(parsing: "1.0") == .number(1))
    #expect(try JSONValue(parsing: "1e2") == .number(100))
    #expect(try JSONValue(parsing: "9223372036854775808") == .number(9_223_372_036_854_775_808))
    #expect(try JSONValue(parsing: "1.0").intValue == nil)
    #expect(try JSONValue(parsing: "5e-324").text() == "5e-324")
    #expect(JSONValue.number(.nan).text() == "null")
  }

  @Test func keysAreComparedAsBytesAlsoInLargeObjects() throws {
    let composed = #"{"\u00e9":1,"e\u0301":2}"#
    #expect(try JSONValue(parsing: composed)["e\u{301}"] == 2)
    let many = (0..<100).map { "\"k\($0)\":\($0)" }.joined(separator: ",")
    #expect(try JSONValue(parsing: "{\(many)}")["k42"] == 42)
    #expect(throws: JSONError.self) { try JSONValue(parsing: "{\(many),\"k42\":1}") }
  }

  @Test func aPathFindsItsPlaceInTheText() throws {
    let text = "{ \"a\": [1,\n  {\"b\" : 2}], \"c\": 3 }"
    let bytes = Array(text.utf8)
    let path = JSONPath().key("a").index(1).key("b")
    #expect(path.description == "a[1].b")
    #expect(path.position(in: bytes) == JSONPosition(line: 2, column: 10))
    #expect(JSONPath().key("c").position(in: bytes) == JSONPosition(line: 2, column: 20))
    #expect(JSONPath().key("a").index(9).position(in: bytes) == JSONPosition(line: 1, column: 8))
    #expect(JSONPath().key("x").position(in: bytes) == JSONPosition(line: 1, column: 1))
  }

  @Test func theWriterLaysOutPrettily() {
    let value: JSONValue = ["a": [1, 2.5], "b": [], "c": ["x", [:]], "d": nil]
    #expect(
      value.text(.pretty) == """
        {
          "a": [1, 2.5],
          "b": [],
          "c": [
            "x",
            {}
          ],
          "d": null
        }
        """)
  }

  private func randomValue(_ random: inout SeededRandom, depth: Int) -> JSONValue {
    switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &random) {
    case 0: return .null
    case 1: return .bool(Bool.random(using: &random))
    case 2: return .integer(Int.random(in: .min ... .max, using: &random))
    case 3: return .integer(Int.random(in: -9...9, using: &random))
    case 4:
      let value = Double(bitPattern: UInt64.random(in: 0 ... .max, using: &random))
      return value.isFinite ? .number(value) : .null
    case 5: return .string(randomText(&random))
    case 6:
      return .array(
        (0..<Int.random(in: 0..<5, using: &random)).map { _ in
          randomValue(&random, depth: depth - 1)
        })
    default:
      let keys = Set((0..<Int.random(in: 0..<5, using: &random)).map { _ in randomText(&random) })
      return .object(keys.map { JSONMember($0, randomValue(&random, depth: depth - 1)) })
    }
  }

  private func randomText(_ random: inout SeededRandom) -> String {
    var text = ""
    for _ in 0..<Int.random(in: 0..<8, using: &random) {
      let limit: UInt32 = Bool.random(using: &random) ? 0xff : 0x10ffff
      if let scalar = UnicodeScalar(UInt32.random(in: 0...limit, using: &random)) {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}
