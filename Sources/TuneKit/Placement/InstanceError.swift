/// Why a text is no instance: the place in the text and in the structure, and the reason.
public struct InstanceError: Error, Sendable, Hashable, CustomStringConvertible {
  /// Line and column.
  public let position: JSONPosition
  /// The value that is wrong, such as `vms[3].vcpus`; empty when the text is no JSON.
  public let place: String
  /// What is wrong and what was expected.
  public let reason: String

  /// `LINE:COLUMN: PLACE: REASON`.
  public var description: String {
    "\(position.line):\(position.column): " + message
  }

  /// Place and reason without the position.
  public var message: String { place.isEmpty ? reason : "\(place): \(reason)" }
}

/// A problem at a path, before the path is turned into a position.
struct InstanceProblem: Error {
  let path: JSONPath
  let reason: String
}

/// A JSON value that knows where it stands, with readers that say what they miss.
struct InstanceField {
  let value: JSONValue
  let path: JSONPath

  func problem(_ reason: String) -> InstanceProblem {
    InstanceProblem(path: path, reason: reason)
  }

  func member(_ key: String) throws(InstanceProblem) -> InstanceField {
    guard case .object = value else { throw problem("expected an object, found \(value.kindName)") }
    guard let member = value[key] else { throw problem("the key \"\(key)\" is missing") }
    return InstanceField(value: member, path: path.key(key))
  }

  func optionalMember(_ key: String) throws(InstanceProblem) -> InstanceField? {
    guard case .object = value else { throw problem("expected an object, found \(value.kindName)") }
    guard let member = value[key], !member.isNull else { return nil }
    return InstanceField(value: member, path: path.key(key))
  }

  func elements(atMost limit: Int) throws(InstanceProblem) -> [InstanceField] {
    guard case .array(let elements) = value else {
      throw problem("expected an array, found \(value.kindName)")
    }
    guard elements.count <= limit else {
      throw problem("\(elements.count) elements; at most \(limit) are taken")
    }
    return elements.enumerated().map { InstanceField(value: $1, path: path.index($0)) }
  }

  func integer(in range: ClosedRange<Int>) throws(InstanceProblem) -> Int {
    guard case .integer(let number) = value else {
      if case .number = value { throw problem("expected an integer of \(shown(range))") }
      throw problem("expected an integer, found \(value.kindName)")
    }
    guard range.contains(number) else {
      throw problem("\(number) is out of range; expected \(shown(range))")
    }
    return number
  }

  func string() throws(InstanceProblem) -> String {
    guard case .string(let text) = value else {
      throw problem("expected a string, found \(value.kindName)")
    }
    return text
  }

  func choice<T: RawRepresentable & CaseIterable>(_ type: T.Type) throws(InstanceProblem) -> T
  where T.RawValue == String {
    let text = try string()
    guard let choice = T(rawValue: text) else {
      let names = T.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
      throw problem("\"\(text)\" is none of \(names)")
    }
    return choice
  }

  private func shown(_ range: ClosedRange<Int>) -> String {
    "\(range.lowerBound) to \(range.upperBound)"
  }
}
