// A fact together with where it was read, or with the reason why it could not be read.

/// A value read from a named source, or the reason why there is none.
///
/// A missing fact is never replaced by a guess: rules turn it into an `unknown` verdict.
public struct Known<Value: Sendable>: Sendable {
  /// The value, or why it is missing.
  public enum State: Sendable {
    /// The fact was read.
    case value(Value)
    /// The fact could not be read; the text says why, in words fit for an operator.
    case missing(String)
  }

  /// What was found.
  public let state: State
  /// The host's path or the XML node the fact came from, for evidence lines.
  public let source: String

  /// Creates a fact that was read from `source`.
  public init(_ value: Value, from source: String) {
    self.state = .value(value)
    self.source = source
  }

  /// Creates a fact that could not be read.
  public init(missing reason: String, from source: String) {
    self.state = .missing(reason)
    self.source = source
  }

  /// The value, or nil where it is missing.
  public var value: Value? {
    if case .value(let value) = state { return value }
    return nil
  }

  /// Why the fact is missing, or nil where it is known.
  public var missingReason: String? {
    if case .missing(let reason) = state { return reason }
    return nil
  }

  /// The sentence an `unknown` verdict carries: the source and what is wrong with it.
  public var unknownReason: String {
    "\(source): \(missingReason ?? "not understood")"
  }

  /// Transforms the value and keeps the source; nil means that the text could not be understood.
  public func parsed<T: Sendable>(
    as what: String, _ transform: (Value) -> T?
  ) -> Known<T> {
    switch state {
    case .missing(let reason): return Known<T>(missing: reason, from: source)
    case .value(let value):
      guard let result = transform(value) else {
        return Known<T>(missing: "is not \(what)", from: source)
      }
      return Known<T>(result, from: source)
    }
  }

  /// Transforms the value and keeps the source.
  public func map<T: Sendable>(_ transform: (Value) -> T) -> Known<T> {
    switch state {
    case .missing(let reason): return Known<T>(missing: reason, from: source)
    case .value(let value): return Known<T>(transform(value), from: source)
    }
  }
}

extension Known.State: Equatable where Value: Equatable {}
extension Known: Equatable where Value: Equatable {}
