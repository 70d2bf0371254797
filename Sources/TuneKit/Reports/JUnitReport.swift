// The audit for continuous integration: a suite per rule, a case per subject.

/// Renders a report as JUnit XML. Findings fail; what is waived, does not apply or could not be
/// checked is skipped with its reason, so that it never looks passed.
enum JUnitReport {
  static func text(_ report: Report) -> String {
    var suites: [(rule: String, cases: [Case])] = []
    var index: [String: Int] = [:]
    for entry in cases(report) {
      if let known = index[entry.rule] {
        suites[known].cases.append(entry)
      } else {
        index[entry.rule] = suites.count
        suites.append((entry.rule, [entry]))
      }
    }
    let all = suites.flatMap(\.cases)
    var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    text += "<testsuites name=\"tuned-vm\" \(counts(all))>\n"
    for suite in suites {
      text += "  <testsuite name=\"\(Escape.markup(suite.rule))\" \(counts(suite.cases))"
      text += " timestamp=\"\(Escape.markup(report.generatedAt))\""
      text += " hostname=\"\(Escape.markup(report.host.name ?? ""))\">\n"
      text += suite.cases.map(\.text).joined()
      text += "  </testsuite>\n"
    }
    return text + "</testsuites>\n"
  }

  private struct Case {
    let rule: String
    let subject: Subject
    /// `<failure>` or `<skipped>`; nil where it passed.
    let outcome: String?
    let failed: Bool

    var text: String {
      let name = "\(subject.kind.rawValue) \(subject.name)"
      let start =
        "    <testcase classname=\"\(Escape.markup(rule))\" name=\"\(Escape.markup(name))\" time=\"0\""
      guard let outcome else { return start + "/>\n" }
      return start + ">\n      \(outcome)\n    </testcase>\n"
    }
  }

  private static func counts(_ cases: [Case]) -> String {
    let failures = cases.count(where: \.failed)
    let skipped = cases.count { $0.outcome != nil && !$0.failed }
    return "tests=\"\(cases.count)\" failures=\"\(failures)\" errors=\"0\" skipped=\"\(skipped)\""
  }

  private static func cases(_ report: Report) -> [Case] {
    let findings = report.findings.map { finding in
      Case(
        rule: finding.rule, subject: finding.subject, outcome: outcome(finding),
        failed: finding.waiver == nil)
    }
    let others = report.ledger.compactMap { entry -> Case? in
      switch entry.verdict {
      case .violated: nil
      case .satisfied:
        Case(rule: entry.rule, subject: entry.subject, outcome: nil, failed: false)
      case .notApplicable(let reason):
        skipped(entry, "not applicable: \(reason)")
      case .unknown(let reason):
        skipped(entry, "not checked: \(reason)")
      }
    }
    return findings + others
  }

  private static func skipped(_ entry: Report.Entry, _ message: String) -> Case {
    Case(
      rule: entry.rule, subject: entry.subject,
      outcome: "<skipped message=\"\(Escape.markup(message))\"/>", failed: false)
  }

  private static func outcome(_ finding: Report.Finding) -> String {
    let message = Escape.markup(finding.violation.message)
    if let waiver = finding.waiver {
      let until = waiver.until.map { " until \($0)" } ?? ""
      let reason = "waived\(until): \(waiver.reason): \(finding.violation.message)"
      return "<skipped message=\"\(Escape.markup(reason))\"/>"
    }
    var lines = finding.violation.evidence.map { evidence in
      let expected = evidence.expected.map { ", wanted \($0)" } ?? ""
      return "\(evidence.source): \(evidence.observed ?? "nothing")\(expected)"
    }
    if let cause = finding.violation.cause { lines.append("cause: \(cause)") }
    lines.append(
      "remedy (\(finding.violation.remedy.effect.rawValue)): \(finding.violation.remedy.summary)")
    let body = lines.map(Escape.markup).joined(separator: "\n")
    return "<failure type=\"\(finding.severity.word)\" message=\"\(message)\">\(body)</failure>"
  }
}
