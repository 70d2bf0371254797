// A rule as the engine runs it: a type of the catalogue, a row of the setting table, or a user's
// own check.

/// A rule ready to be evaluated.
public struct RuleInstance: Sendable {
  /// The description.
  public let about: RuleInfo
  /// Judges every subject of the rule.
  public let evaluate: @Sendable (Context) -> [Judgement]
  /// Compliant and violating cases, made when they are asked for: an audit needs none.
  public var examples: [Example] { makeExamples() }

  private let makeExamples: @Sendable () -> [Example]

  /// Creates an instance from its parts.
  public init(
    about: RuleInfo, examples: @autoclosure @escaping @Sendable () -> [Example] = [],
    evaluate: @escaping @Sendable (Context) -> [Judgement]
  ) {
    self.about = about
    makeExamples = examples
    self.evaluate = evaluate
  }

  /// The instance of a type of the catalogue.
  public init(_ rule: any Rule.Type) {
    about = rule.about
    makeExamples = { rule.examples }
    evaluate = { rule.evaluate($0) }
  }
}
