/// A step from a JSON value to one below it.
public enum JSONStep: Sendable, Hashable {
  case key(String)
  case index(Int)
}

/// A place inside a JSON value. It costs nothing to parsing: line and column are found by reading
/// the text again, only when something is to be said about the place.
public struct JSONPath: Sendable, Hashable, CustomStringConvertible {
  /// The steps from the outermost value.
  public let steps: [JSONStep]

  /// A path; without steps, the outermost value.
  public init(_ steps: [JSONStep] = []) { self.steps = steps }

  /// The path to the value of a key below.
  public func key(_ key: String) -> JSONPath { JSONPath(steps + [.key(key)]) }
  /// The path to an element below.
  public func index(_ index: Int) -> JSONPath { JSONPath(steps + [.index(index)]) }

  /// The path as people write it: `vms[3].vcpus`.
  public var description: String {
    var text = ""
    for step in steps {
      switch step {
      case .key(let key): text += (text.isEmpty ? "" : ".") + key
      case .index(let index): text += "[\(index)]"
      }
    }
    return text
  }

  /// Where the value stands in the text it was parsed from; of a path that leads nowhere, the place
  /// of its last value that is there.
  public func position(in bytes: [UInt8]) -> JSONPosition {
    let offset = bytes.withUnsafeBufferPointer { buffer -> Int in
      var parser = JSONParser(bytes: buffer, maxDepth: Int.max)
      parser.skipBlanks()
      for step in steps {
        let here = parser.at
        if (try? parser.descend(step)) != true { return here }
      }
      return parser.at
    }
    return JSONPosition(offset: offset, in: bytes)
  }
}

extension JSONParser {
  /// Moves from a value to one below it; false when there is none.
  fileprivate mutating func descend(_ step: JSONStep) throws(JSONFailure) -> Bool {
    switch step {
    case .key(let wanted):
      guard take(UInt8(ascii: "{")) else { return false }
      while true {
        skipBlanks()
        guard peek() == UInt8(ascii: "\"") else { return false }
        let key = try string()
        skipBlanks()
        guard take(UInt8(ascii: ":")) else { return false }
        skipBlanks()
        if key == wanted { return true }
        _ = try value()
        skipBlanks()
        guard take(UInt8(ascii: ",")) else { return false }
      }
    case .index(let wanted):
      guard take(UInt8(ascii: "[")) else { return false }
      skipBlanks()
      for _ in 0..<wanted {
        _ = try value()
        skipBlanks()
        guard take(UInt8(ascii: ",")) else { return false }
        skipBlanks()
      }
      return peek() != UInt8(ascii: "]")
    }
  }
}
