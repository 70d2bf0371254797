// What the fleet store keeps of a host's report.

import TuneKit

/// The part of an audit or drift report that fleet questions need.
public struct ReportSummary: Sendable, Equatable {
  /// Which report.
  public enum Kind: String, Sendable {
    /// `tuned-vm audit --format json`.
    case audit
    /// `tuned-vm drift --format json`.
    case drift
  }

  /// Unwaived findings of one rule, or drifted facts.
  public struct Count: Sendable, Equatable {
    /// The rule's id or the fact's name.
    public var rule: String
    /// How many.
    public var findings: Int
  }

  /// Which report.
  public var kind: Kind
  /// RFC 3339 UTC, as written.
  public var generatedAt: String
  /// Seconds since 1970.
  public var seconds: Int
  /// The host's name.
  public var name: String?
  /// The host's id.
  public var id: String?
  /// Processor model: like hosts share it.
  public var cpuModel: String?
  /// Name of the profile.
  public var profile: String
  /// The score of an audit; for drift 0.
  public var score: Int
  /// Unwaived findings by severity.
  public var critical: Int
  /// Warnings.
  public var warning: Int
  /// Infos.
  public var info: Int
  /// By rule, each once.
  public var rules: [Count]

  /// What tells hosts apart: the id, else the name.
  public var hostKey: String { id.map { "id:\($0)" } ?? "name:\(name ?? "")" }

  /// The rules as the store keeps them.
  var packedRules: String { PackedRules(rules.map { ($0.rule, $0.findings) }).text }
}

/// One input, or a part of it: a file, a member of an archive.
public struct FleetItem: Sendable {
  /// What it is called in messages and in the quarantine.
  public var path: String
  /// Reports of it.
  public var reports: [ReportSummary]
  /// What is wrong with it.
  public var problem: ReportProblem?
  /// Whether nothing more comes of it.
  public var isLast: Bool

  /// Creates an item.
  public init(
    path: String, reports: [ReportSummary], problem: ReportProblem? = nil, isLast: Bool = true
  ) {
    self.path = path
    self.reports = reports
    self.problem = problem
    self.isLast = isLast
  }

  /// A text as databases can hold it: without NUL, and bounded.
  static func storable(_ text: String) -> String {
    let isPlain = text.utf8.count <= 4096 && !text.utf8.contains(0)
    return isPlain ? text : String(text.replacing("\u{0}", with: "\u{2400}").prefix(1024))
  }
}

/// Why a report was put aside.
public struct ReportProblem: Error, Sendable, Equatable {
  /// In words; with the place where it is about the text.
  public let reason: String

  /// Creates a problem.
  public init(_ reason: String) { self.reason = reason }
}
