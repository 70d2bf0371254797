// The one value every audit output is rendered from.

/// The result of an audit.
public struct Report: Sendable {
  /// A finding: a violated rule on one subject.
  public struct Finding: Sendable {
    /// The rule's id.
    public var rule: String
    /// Severity under the profile that decides for the subject.
    public var severity: Severity
    /// What is wrong with what.
    public var subject: Subject
    /// The sentence for people.
    public var violation: Violation
    /// Rule titles and sources.
    public var references: [String]
    /// The waiver that covers it, if any.
    public var waiver: Waiver?
    /// 16 hexadecimal digits of rule, subject kind and name.
    public var fingerprint: String
  }

  /// One line of the full ledger.
  public struct Entry: Sendable {
    /// The rule's id.
    public var rule: String
    /// What was judged.
    public var subject: Subject
    /// The answer.
    public var verdict: Verdict
  }

  /// Counts for the summary.
  public struct Summary: Sendable, Equatable {
    /// Unwaived critical findings.
    public var critical = 0
    /// Unwaived warnings.
    public var warning = 0
    /// Unwaived infos.
    public var info = 0
    /// Satisfied entries.
    public var satisfied = 0
    /// Entries without an opinion.
    public var notApplicable = 0
    /// Entries with a missing fact.
    public var unknown = 0
    /// Waived findings.
    public var waived = 0
    /// max(0, 100 − 12·critical − 4·warning − info).
    public var score: Int { max(0, 100 - 12 * critical - 4 * warning - info) }
  }

  /// Version of the program.
  public var toolVersion: String
  /// RFC 3339 UTC.
  public var generatedAt: String
  /// Who the host is.
  public var host: HostIdentity
  /// Name of the host's profile.
  public var profile: String
  /// All findings, worst first, then by rule and subject.
  public var findings: [Finding]
  /// The full ledger, by rule and subject.
  public var ledger: [Entry]
  /// What could not be read and is worth telling.
  public var notices: [String]
  /// For the map: topology and the domains on it.
  public var facts: Facts

  /// The counts.
  public var summary: Summary {
    var summary = Summary()
    for finding in findings {
      if finding.waiver != nil {
        summary.waived += 1
      } else {
        switch finding.severity {
        case .critical: summary.critical += 1
        case .warning: summary.warning += 1
        case .info, .off: summary.info += 1
        }
      }
    }
    for entry in ledger {
      switch entry.verdict {
      case .satisfied: summary.satisfied += 1
      case .notApplicable: summary.notApplicable += 1
      case .unknown: summary.unknown += 1
      case .violated: break
      }
    }
    return summary
  }
}
