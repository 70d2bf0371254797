// One thing that moved since the baseline.

/// A fact that moved, or a subject that came or went.
public struct DriftEntry: Sendable, Equatable {
  /// Which fact.
  public var id: FactID
  /// The subject as people know it: the host by its name.
  public var subject: Subject
  /// The rule newly violated or satisfied through it, else the fact's name.
  public var rule: String
  /// The severity of the rule newly violated, else info.
  public var severity: Severity
  /// Whether a rule became violated; nil where no rule is touched.
  public var violates: Bool?
  /// The value in the baseline; nil where there was none.
  public var was: String?
  /// The value now; nil where there is none.
  public var now: String?
  /// Where it is read.
  public var sources: [String]
  /// Who or what may have moved it, where that can be known.
  public var by: String?

  /// 16 hexadecimal digits of fact, subject kind and name; the host's name does not count.
  public var fingerprint: String {
    let text = "drift\u{0}\(id.key)\u{0}\(id.subject.kind.rawValue)\u{0}\(id.subject.name)"
    return SHA256.hexadecimal(SHA256.digest(text.utf8).prefix(8))
  }

  /// Orders by severity downwards, then subject and fact.
  static func worstFirst(_ left: DriftEntry, _ right: DriftEntry) -> Bool {
    left.severity != right.severity ? left.severity > right.severity : left.id < right.id
  }
}

/// What moved on a host since its baseline.
public struct DriftReport: Sendable {
  /// Who the host is.
  public var host: HostIdentity
  /// RFC 3339 UTC.
  public var generatedAt: String
  /// Name of the profile that judged.
  public var profile: String
  /// The baseline's file.
  public var baseline: String
  /// When the baseline was saved.
  public var since: String
  /// What moved, worst first.
  public var drifted: [DriftEntry]
  /// What an earlier `--new` said and is as in the baseline again.
  public var resolved: [DriftEntry]
  /// What could not be compared, and other things worth telling.
  public var notices: [String]
}
