// What a rule is: its description, its check, and the examples that are its first tests.

/// A source a rule rests on.
public enum Source: Sendable, Equatable {
  /// A section of the article "Virtualization Technology Deep Dive", for instance `§6.4`.
  case article(String)
  /// A page: kernel documentation, libvirt, QEMU …
  case link(String)
  /// Anything else worth naming, for instance TuneD's profiles.
  case text(String)

  /// The text shown to people and in `references`.
  public var text: String {
    switch self {
    case .article(let section): "article \(section)"
    case .link(let address): address
    case .text(let text): text
    }
  }
}

/// The severity of a rule by profile family.
public struct Severities: Sendable, Equatable {
  /// Where a profile isn't named.
  public let standard: Severity
  /// By profile family.
  public let byFamily: [ProfileFamily: Severity]
  /// Whether no case of the rule states another severity: where the table says off, the rule needs
  /// not be asked.
  public let isFinal: Bool

  /// Creates a table.
  public init(
    _ standard: Severity, _ byFamily: [ProfileFamily: Severity] = [:], isFinal: Bool = false
  ) {
    self.standard = standard
    self.byFamily = byFamily
    self.isFinal = isFinal
  }

  /// The severity under a family. `secure` and `desktop` count as `general` where they are not
  /// named (rules.md annex h 9).
  public subscript(family: ProfileFamily) -> Severity {
    if let named = byFamily[family] { return named }
    if family == .secure || family == .desktop, let general = byFamily[.general] { return general }
    return standard
  }
}

/// The description of a rule. `explain` and the reference pages are made from it.
///
/// A class only so that handing it on costs one count instead of one for each of its texts: it never
/// changes.
public final class RuleInfo: Sendable {
  /// `area.subject`, never changed once released.
  public let id: String
  /// The desired state in one sentence.
  public let title: String
  /// How much a violation matters.
  public let severity: Severities
  /// Why the desired state is better.
  public let rationale: String
  /// What the remedy costs and risks.
  public let cost: String
  /// When the rule is silent.
  public let notWhen: String
  /// What it rests on.
  public let sources: [Source]

  /// Creates a description.
  public init(
    id: String, title: String, severity: Severities, rationale: String, cost: String,
    notWhen: String, sources: [Source]
  ) {
    self.id = id
    self.title = title
    self.severity = severity
    self.rationale = rationale
    self.cost = cost
    self.notWhen = notWhen
    self.sources = sources
  }
}

/// A check of the catalogue.
///
/// `evaluate` is a pure function of its context and gives a judgement for every subject it
/// considered, so that "not checked" can never look like "fine".
public protocol Rule: Sendable {
  /// The description.
  static var about: RuleInfo { get }
  /// Judges every subject of this rule.
  static func evaluate(_ context: Context) -> [Judgement]
  /// Compliant and violating cases; the first of each kind stand in the docs, all are tests.
  static var examples: [Example] { get }
}

/// One example of a rule: a small host or domain and the expected answer.
public struct Example: Sendable {
  /// What is expected of the one subject the example speaks of.
  public enum Outcome: Sendable, Equatable {
    /// Satisfied.
    case satisfied
    /// Violated, with this severity under the example's profile where given.
    case violated(Severity?)
    /// Not applicable.
    case notApplicable
    /// Unknown.
    case unknown
    /// The rule gives no judgement at all: there is no subject of its kind.
    case silent
  }

  /// What the case shows, a clause.
  public let title: String
  /// The host and its domains, made when it is asked for: an audit needs no example.
  public var snapshot: Snapshot { make() }
  /// The profile for the host and all domains.
  public let family: ProfileFamily
  /// The expected outcome of the worst judgement (violated > unknown > satisfied > notApplicable).
  public let outcome: Outcome

  private let make: @Sendable () -> Snapshot

  /// Creates an example.
  public init(
    _ title: String, _ snapshot: @autoclosure @escaping @Sendable () -> Snapshot,
    under family: ProfileFamily = .general, _ outcome: Outcome
  ) {
    self.title = title
    make = snapshot
    self.family = family
    self.outcome = outcome
  }
}
