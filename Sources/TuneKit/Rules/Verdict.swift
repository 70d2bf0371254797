// What a rule answers: satisfied, violated with a remedy, no opinion, or a missing fact.

/// One line of proof: where it was read, what was there and what was wanted.
public struct Evidence: Sendable, Equatable {
  /// The host's path or the XML node.
  public let source: String
  /// What was there; nil where it is missing.
  public let observed: String?
  /// What was wanted; nil where any value would do.
  public let expected: String?

  /// Creates a line of proof.
  public init(_ source: String, observed: String?, expected: String? = nil) {
    self.source = source
    self.observed = observed
    self.expected = expected
  }
}

/// When a remedy takes effect, or that software can't do it.
public enum RemedyClass: String, Sendable, CaseIterable {
  /// At once.
  case live
  /// When the guest is started the next time.
  case nextGuestStart = "next-guest-start"
  /// When the host is started the next time.
  case nextHostBoot = "next-host-boot"
  /// In the firmware's setup.
  case firmware
  /// By a decision of the operator.
  case advisory
}

/// What puts a violation right.
public struct Remedy: Sendable, Equatable {
  /// When it takes effect.
  public let effect: RemedyClass
  /// What to do, one sentence.
  public let summary: String
  /// What it costs or risks, where that differs from the rule's own text.
  public let risk: String?
  /// How it outlives a boot ("sysctl.d", "udev rule" …); nil where that is no question.
  public let persistence: String?
  /// The changes; none for advice.
  public let changes: [Change]
  /// The domains that it wants elsewhere (`Domain.key`): a plan asks the solver where.
  public let moves: [String]

  /// Creates a remedy.
  public init(
    _ effect: RemedyClass, _ summary: String, risk: String? = nil, persistence: String? = nil,
    changes: [Change] = [], moves: [String] = []
  ) {
    self.effect = effect
    self.summary = summary
    self.risk = risk
    self.persistence = persistence
    self.changes = changes
    self.moves = moves
  }

  /// Advice: nothing is ever written.
  public static func advice(_ summary: String, risk: String? = nil) -> Remedy {
    Remedy(.advisory, summary, risk: risk)
  }
}

/// A violated rule with its proof and its remedy.
public struct Violation: Sendable, Equatable {
  /// Overrides the profile's severity for this case; the text of a row beats its header.
  public let severity: Severity?
  /// What is wrong and why it matters, one sentence.
  public let message: String
  /// The proof.
  public let evidence: [Evidence]
  /// What puts it right.
  public let remedy: Remedy
  /// Findings with one cause are one entry for people; nil where it stands alone.
  public let cause: String?

  /// Creates a violation.
  public init(
    _ message: String, severity: Severity? = nil, evidence: [Evidence], remedy: Remedy,
    cause: String? = nil
  ) {
    self.message = message
    self.severity = severity
    self.evidence = evidence
    self.remedy = remedy
    self.cause = cause
  }
}

/// The answer of a rule about one subject.
public enum Verdict: Sendable, Equatable {
  /// The desired state was observed.
  case satisfied([Evidence])
  /// Another state was observed.
  ///
  /// Indirect, for verdicts are handed on by the ten thousand and few of them are this one.
  indirect case violated(Violation)
  /// The rule has no opinion here, and why.
  case notApplicable(String)
  /// A fact is missing: which one, and what would make it readable.
  case unknown(String)

  /// Why there is no opinion; nil where there is one.
  var reason: String? {
    switch self {
    case .satisfied, .violated: nil
    case .notApplicable(let reason), .unknown(let reason): reason
    }
  }

  /// The word of the JSON contract.
  public var word: String {
    switch self {
    case .satisfied: "satisfied"
    case .violated: "violated"
    case .notApplicable: "notApplicable"
    case .unknown: "unknown"
    }
  }
}

/// A verdict with its subject.
public struct Judgement: Sendable, Equatable {
  /// What was judged.
  public let subject: Subject
  /// The answer.
  public let verdict: Verdict

  /// Creates a judgement.
  public init(_ subject: Subject, _ verdict: Verdict) {
    self.subject = subject
    self.verdict = verdict
  }
}
