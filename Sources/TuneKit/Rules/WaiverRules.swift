// Waivers: which findings they cover, and what is wrong with the waivers themselves.

/// Judges the configuration's waivers against the findings of the same run.
enum WaiverRules {
  static let expired = RuleInfo(
    id: "config.waiver-expired", title: "No waiver has run out",
    severity: Severities(.warning),
    rationale: "A waiver is a decision with an end; after it the finding counts again.",
    cost: "None: decide again, or put the finding right.",
    notWhen: "The waiver has no `until`, or its last day is today or later.",
    sources: [.text("docs/decisions: waivers carry a reason and an end")])

  static let unused = RuleInfo(
    id: "config.waiver-unused", title: "Every waiver covers a finding",
    severity: Severities(.info),
    rationale: "A waiver without a finding hides the next one that happens to match.",
    cost: "None: remove the entry.",
    notWhen: "Filters, or a fact that is missing, kept its rule or subject from being judged.",
    sources: [.text("docs/decisions: waivers carry a reason and an end")])

  /// A waiver with its patterns read once.
  struct Matcher {
    let waiver: Waiver
    let isOver: Bool
    private let rule: Glob
    private let subject: Glob?

    /// Dates are written YYYY-MM-DD, so text order is time order.
    init(_ waiver: Waiver, today: String) {
      self.waiver = waiver
      isOver = !today.isEmpty && (waiver.until.map { $0 < today } ?? false)
      rule = Glob(waiver.rule)
      subject = waiver.subject.map { Glob($0) }
    }

    func matches(_ rule: String, _ subject: Subject) -> Bool {
      matches(rule: rule) && (self.subject?.matches(subject.name) ?? true)
    }

    func matches(rule: String) -> Bool { self.rule.matches(rule) }
  }

  /// The configuration's waivers, ready to be matched. The first that matches and has not run out
  /// covers a finding.
  static func matchers(_ context: Context) -> [Matcher] {
    context.configuration.waivers.map { Matcher($0, today: context.today) }
  }

  /// Findings about the waivers themselves.
  ///
  /// - Parameter ids: all rules in play, those that the selection leaves out included.
  static func assess(
    _ context: Context, over assessments: [Audit.Assessment], selection: Selection, ids: [String]
  ) -> [Audit.Assessment] {
    let matchers = matchers(context)
    guard !matchers.isEmpty, selection.domains == nil else { return [] }
    let over = matchers.filter(\.isOver).map(\.waiver)
    let idle = matchers.filter { matcher in
      let isSkipped = ids.contains { matcher.matches(rule: $0) && !selection.includes(rule: $0) }
      return !matcher.isOver && !isSkipped && !isUsed(matcher, assessments)
    }
    return [
      assessment(expired, over, context, selection) { waiver in
        "the waiver of '\(waiver.rule)' ended on \(waiver.until ?? "")"
      },
      assessment(unused, idle.map(\.waiver), context, selection) { waiver in
        "the waiver of '\(waiver.rule)' covers no finding"
      },
    ].compactMap { $0 }
  }

  private static func assessment(
    _ about: RuleInfo, _ waivers: [Waiver], _ context: Context, _ selection: Selection,
    _ sentence: (Waiver) -> String
  ) -> Audit.Assessment? {
    let severity = context.profile.namedSeverity(of: about.id) ?? about.severity.standard
    guard severity != .off, selection.includes(rule: about.id) else { return nil }
    let evidence = waivers.map {
      Evidence($0.place.isEmpty ? "waivers" : $0.place, observed: describe($0))
    }
    let verdict: Verdict =
      waivers.isEmpty
      ? .satisfied([])
      : .violated(
        Violation(
          waivers.map(sentence).joined(separator: "; "), evidence: evidence,
          remedy: .advice("decide again: renew the entry with a new reason, or remove it")))
    return Audit.Assessment(
      about: about, subject: Subject(.host, context.facts.host.name ?? "host"), verdict: verdict,
      severity: severity, domain: nil)
  }

  private static func describe(_ waiver: Waiver) -> String {
    [waiver.rule, waiver.subject ?? "*", waiver.until].compactMap { $0 }.joined(separator: " ")
  }

  /// Whether the waiver covers a finding, or a missing fact keeps anybody from telling.
  private static func isUsed(_ matcher: Matcher, _ assessments: [Audit.Assessment]) -> Bool {
    assessments.contains { item in
      guard matcher.matches(item.about.id, item.subject) else { return false }
      switch item.verdict {
      case .violated, .unknown: return true
      case .satisfied, .notApplicable: return false
      }
    }
  }
}
