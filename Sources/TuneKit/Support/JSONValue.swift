/// A JSON value (RFC 8259). Objects keep the order of their keys, and integers stay exact:
/// a number written without fraction and exponent that fits `Int` is `integer`.
public enum JSONValue: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([JSONMember])
}

/// One key of an object with its value.
public struct JSONMember: Sendable, Hashable {
  /// The name, unescaped.
  public let key: String
  /// What the name stands for.
  public let value: JSONValue

  /// A pair.
  public init(_ key: String, _ value: JSONValue) {
    self.key = key
    self.value = value
  }
}

extension JSONValue {
  /// The value of a key; nil when there is none or this is no object.
  public subscript(key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key.utf8.elementsEqual(key.utf8) }?.value
  }

  /// An element; nil when the index is out of range or this is no array.
  public subscript(index: Int) -> JSONValue? {
    guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
    return elements[index]
  }

  /// Whether this is `null`.
  public var isNull: Bool { self == .null }

  /// The truth value, when this is one.
  public var boolValue: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }

  /// The integer, when the value was written as one; `1.0` is none.
  public var intValue: Int? {
    guard case .integer(let value) = self else { return nil }
    return value
  }

  /// Any number as a floating-point value.
  public var doubleValue: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }

  /// The text, when this is a string.
  public var stringValue: String? {
    guard case .string(let value) = self else { return nil }
    return value
  }

  /// The elements, when this is an array.
  public var arrayValue: [JSONValue]? {
    guard case .array(let value) = self else { return nil }
    return value
  }

  /// The members in their order, when this is an object.
  public var objectValue: [JSONMember]? {
    guard case .object(let value) = self else { return nil }
    return value
  }

  /// What kind of value this is, as a message says it: "a string", "an object".
  public var kindName: String {
    switch self {
    case .null: "null"
    case .bool: "a boolean"
    case .integer: "an integer"
    case .number: "a number that is no integer"
    case .string: "a string"
    case .array: "an array"
    case .object: "an object"
    }
  }

  /// An object from pairs, in their order. Keys must differ.
  public static func object(pairs: [(String, JSONValue)]) -> JSONValue {
    .object(pairs.map { JSONMember($0.0, $0.1) })
  }

  /// A value or null.
  public static func optional(_ text: String?) -> JSONValue { text.map(JSONValue.string) ?? .null }

  /// A value or null.
  public static func optional(_ value: Int?) -> JSONValue { value.map(JSONValue.integer) ?? .null }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral, ExpressibleByStringLiteral,
  ExpressibleByStringInterpolation, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  /// `null`.
  public init(nilLiteral: ()) { self = .null }
  /// `true` or `false`.
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  /// An integer.
  public init(integerLiteral value: Int) { self = .integer(value) }
  /// A number.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// A string.
  public init(stringLiteral value: String) { self = .string(value) }
  /// An array.
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  /// An object; keys keep their order and must differ.
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    self = .object(pairs: elements)
  }
}
