// Two measurements that belong together, and how far apart they are.

/// One measurement of each state, taken one after the other.
public struct PairedSample: Sendable, Equatable {
  /// The value without the changes, above 0.
  public let before: Double
  /// The value with the changes, above 0.
  public let after: Double
  /// Whether the state without the changes was measured first.
  public let beforeFirst: Bool

  /// A pair; nil where a value is not a positive finite number, which no measurement gives.
  public init?(before: Double, after: Double, beforeFirst: Bool) {
    guard before.isFinite, after.isFinite, before > 0, after > 0 else { return nil }
    self.before = before
    self.after = after
    self.beforeFirst = beforeFirst
  }

  /// The difference in relation to the middle of the two, from -2 to 2. It changes its sign when
  /// before and after change places, which a percentage of `before` does not.
  public var difference: Double { 2 * (after - before) / (after + before) }
}

/// The way between symmetric differences and what people say.
public enum RelativeChange {
  /// The ratio after / before of a symmetric difference.
  public static func ratio(_ difference: Double) -> Double {
    (2 + difference) / max(2 - difference, .leastNormalMagnitude)
  }

  /// The change in percent of `before`.
  public static func percent(_ difference: Double) -> Double { 100 * (ratio(difference) - 1) }

  /// The symmetric difference of a change in percent of `before`.
  public static func difference(percent: Double) -> Double { percent / (100 + percent / 2) }
}
