// Findings that are one matter for people: the same wrong value on many subjects.

enum Causes {
  /// Gives findings of one rule that found and want the same on several subjects a common cause.
  static func shared(_ findings: [Report.Finding]) -> [Report.Finding] {
    struct Key: Hashable {
      let rule: String
      let severity: Severity
      let observed: String?
      let expected: String?
    }
    func key(_ finding: Report.Finding) -> Key? {
      guard finding.violation.cause == nil, let first = finding.violation.evidence.first else {
        return nil
      }
      return Key(
        rule: finding.rule, severity: finding.severity, observed: first.observed,
        expected: first.expected)
    }
    var counts: [Key: Int] = [:]
    for finding in findings { key(finding).map { counts[$0, default: 0] += 1 } }
    return findings.map { finding in
      guard let key = key(finding), counts[key, default: 0] > 1 else { return finding }
      var finding = finding
      let violation = finding.violation
      finding.violation = Violation(
        violation.message, severity: violation.severity, evidence: violation.evidence,
        remedy: violation.remedy, cause: "\(key.rule)=\(key.observed ?? "absent")")
      return finding
    }
  }
}
