// The audit for scripts: keys, order and words as documented, one line of JSON.

/// Renders a report as JSON (`docs/schema/audit.json`).
enum JSONReport {
  /// The bytes of `value`. A big host has thousands of findings and tens of thousands of entries in
  /// its ledger, which are written as they come instead of as values first.
  static func bytes(_ report: Report) -> [UInt8] {
    var stream = JSONReportStream(report)
    return stream.bytes()
  }

  /// The same as a text.
  static func text(_ report: Report) -> String {
    String(decoding: bytes(report), as: UTF8.self)
  }

  static func value(_ report: Report) -> JSONValue {
    .object(
      head(report) + [
        JSONMember("findings", .array(report.findings.map(finding))),
        JSONMember("verdicts", .array(report.ledger.map(verdict))),
      ])
  }

  /// What stands before the findings.
  static func head(_ report: Report) -> [JSONMember] {
    let pairs: [(String, JSONValue)] = [
      ("schema", "tuned-vm/audit/v1"),
      ("tool", ["name": "tuned-vm", "version": .string(report.toolVersion)]),
      ("generatedAt", .string(report.generatedAt)),
      ("host", host(report.host)),
      ("profile", .string(report.profile)),
      ("summary", summary(report.summary)),
    ]
    return pairs.map { JSONMember($0.0, $0.1) }
  }

  /// The host as audit and drift name it.
  static func host(_ host: HostIdentity) -> JSONValue {
    .object(pairs: [
      ("name", .optional(host.name)),
      ("id", .optional(host.id)),
      ("kernel", .optional(host.kernel)),
      ("cpuModel", .optional(host.cpuModel)),
      ("virtualized", host.virtualized.map { .bool($0) } ?? .null),
    ])
  }

  /// A subject, alike in all outputs.
  static func subject(_ subject: Subject) -> JSONValue {
    ["kind": .string(subject.kind.rawValue), "name": .string(subject.name)]
  }

  private static func summary(_ summary: Report.Summary) -> JSONValue {
    [
      "critical": .integer(summary.critical), "warning": .integer(summary.warning),
      "info": .integer(summary.info), "satisfied": .integer(summary.satisfied),
      "notApplicable": .integer(summary.notApplicable), "unknown": .integer(summary.unknown),
      "waived": .integer(summary.waived), "score": .integer(summary.score),
    ]
  }

  private static func finding(_ finding: Report.Finding) -> JSONValue {
    let violation = finding.violation
    return .object(pairs: [
      ("rule", .string(finding.rule)),
      ("severity", .string(finding.severity.word)),
      ("verdict", "violated"),
      ("subject", subject(finding.subject)),
      ("message", .string(violation.message)),
      ("evidence", .array(violation.evidence.map(evidence))),
      ("remedy", remedy(violation.remedy)),
      ("references", .array(finding.references.map { .string($0) })),
      ("cause", .optional(violation.cause)),
      ("waiver", finding.waiver.map(waiver) ?? .null),
      ("fingerprint", .string(finding.fingerprint)),
    ])
  }

  private static func evidence(_ evidence: Evidence) -> JSONValue {
    .object(pairs: [
      ("source", .string(evidence.source)),
      ("observed", .optional(evidence.observed)),
      ("expected", .optional(evidence.expected)),
    ])
  }

  private static func remedy(_ remedy: Remedy) -> JSONValue {
    .object(pairs: [
      ("class", .string(remedy.effect.rawValue)),
      ("summary", .string(remedy.summary)),
      ("persistence", .optional(remedy.persistence)),
      ("change", ChangeJSON.value(remedy.changes)),
      ("risk", .optional(remedy.risk)),
    ])
  }

  static func waiver(_ waiver: Waiver) -> JSONValue {
    .object(pairs: [("reason", .string(waiver.reason)), ("until", .optional(waiver.until))])
  }

  private static func verdict(_ entry: Report.Entry) -> JSONValue {
    .object(pairs: [
      ("rule", .string(entry.rule)),
      ("subject", subject(entry.subject)),
      ("verdict", .string(entry.verdict.word)),
      ("reason", .optional(entry.verdict.reason)),
    ])
  }
}
