// The audit in the Static Analysis Results Interchange Format 2.1.0 (OASIS).

/// Renders a report as SARIF. Findings are results of kind `fail`, waived ones are suppressed, what
/// could not be checked is `open`.
enum SARIFReport {
  static func text(_ report: Report) -> String { value(report).text() + "\n" }

  static func value(_ report: Report) -> JSONValue {
    var ids: [String] = []
    var index: [String: Int] = [:]
    for rule in report.findings.map(\.rule) + report.ledger.map(\.rule) where index[rule] == nil {
      index[rule] = ids.count
      ids.append(rule)
    }
    let known = Dictionary(
      Catalogue.all.map { ($0.about.id, $0.about) }, uniquingKeysWith: { first, _ in first })
    let fails = report.findings.map { result($0, index[$0.rule] ?? 0) }
    let open = report.ledger.compactMap { entry -> JSONValue? in
      guard case .unknown(let reason) = entry.verdict else { return nil }
      return openResult(entry, reason, index[entry.rule] ?? 0)
    }
    return .object(pairs: [
      ("$schema", "https://json.schemastore.org/sarif-2.1.0.json"),
      ("version", "2.1.0"),
      (
        "runs",
        [
          .object(pairs: [
            (
              "tool",
              [
                "driver": [
                  "name": "tuned-vm", "version": .string(report.toolVersion),
                  "informationUri": "https://tuned-vm.org",
                  "rules": .array(ids.map { descriptor($0, known[$0]) }),
                ]
              ]
            ),
            ("invocations", [invocation(report)]),
            ("results", .array(fails + open)),
            ("columnKind", "unicodeCodePoints"),
            (
              "properties",
              [
                "profile": .string(report.profile), "score": .integer(report.summary.score),
                "host": JSONReport.host(report.host),
              ]
            ),
          ])
        ]
      ),
    ])
  }

  private static func invocation(_ report: Report) -> JSONValue {
    var members: [(String, JSONValue)] = [("executionSuccessful", true)]
    if Timestamp.seconds(report.generatedAt) != nil {
      members.append(("endTimeUtc", .string(report.generatedAt)))
    }
    if !report.notices.isEmpty {
      members.append(
        (
          "toolExecutionNotifications",
          .array(
            report.notices.map { ["level": "note", "message": ["text": .string($0)]] })
        ))
    }
    return .object(pairs: members)
  }

  private static func descriptor(_ id: String, _ about: RuleInfo?) -> JSONValue {
    guard let about else { return ["id": .string(id)] }
    var members: [(String, JSONValue)] = [
      ("id", .string(id)),
      ("shortDescription", ["text": .string(about.title)]),
      ("fullDescription", ["text": .string(about.rationale)]),
      ("help", ["text": .string("\(about.rationale) \(about.cost)")]),
      ("defaultConfiguration", ["level": .string(level(about.severity.standard))]),
    ]
    if let link = about.sources.lazy.compactMap(\.address).first {
      members.append(("helpUri", .string(link)))
    }
    return .object(pairs: members)
  }

  private static func result(_ finding: Report.Finding, _ index: Int) -> JSONValue {
    let violation = finding.violation
    var members: [(String, JSONValue)] = [
      ("ruleId", .string(finding.rule)),
      ("ruleIndex", .integer(index)),
      ("kind", "fail"),
      ("level", .string(level(finding.severity))),
      ("message", ["text": .string("\(violation.message). Remedy: \(violation.remedy.summary)")]),
      ("locations", [location(finding.subject, violation.evidence.lazy.map(\.source).first)]),
      ("partialFingerprints", ["tunedVm/v1": .string(finding.fingerprint)]),
    ]
    var properties: [(String, JSONValue)] = [("severity", .string(finding.severity.word))]
    if let cause = violation.cause { properties.append(("cause", .string(cause))) }
    members.append(("properties", .object(pairs: properties)))
    if let waiver = finding.waiver {
      let until = waiver.until.map { " (until \($0))" } ?? ""
      members.append(
        (
          "suppressions",
          [["kind": "external", "justification": .string(waiver.reason + until)]]
        ))
    }
    return .object(pairs: members)
  }

  private static func openResult(
    _ entry: Report.Entry, _ reason: String, _ index: Int
  ) -> JSONValue {
    .object(pairs: [
      ("ruleId", .string(entry.rule)),
      ("ruleIndex", .integer(index)),
      ("kind", "open"),
      ("level", "none"),
      ("message", ["text": .string("not checked: \(reason)")]),
      ("locations", [location(entry.subject, nil)]),
    ])
  }

  private static func location(_ subject: Subject, _ source: String?) -> JSONValue {
    let logical: JSONValue = [
      [
        "name": .string(subject.name), "kind": .string(subject.kind.rawValue),
        "fullyQualifiedName": .string("\(subject.kind.rawValue)/\(subject.name)"),
      ]
    ]
    guard let source, source.hasPrefix("/") else { return ["logicalLocations": logical] }
    return [
      "physicalLocation": ["artifactLocation": ["uri": .string(uri(source))]],
      "logicalLocations": logical,
    ]
  }

  /// A file URI; all but unreserved characters and slashes are percent-encoded.
  private static func uri(_ path: String) -> String {
    var text = "file://"
    for byte in path.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D...0x2F, 0x5F, 0x7E:
        text.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let hex = String(byte, radix: 16, uppercase: true)
        text += "%" + (hex.utf8.count == 1 ? "0" : "") + hex
      }
    }
    return text
  }

  private static func level(_ severity: Severity) -> String {
    switch severity {
    case .critical: "error"
    case .warning: "warning"
    case .info: "note"
    case .off: "none"
    }
  }
}

extension Source {
  /// The address of a page; nil for other sources.
  var address: String? {
    if case .link(let address) = self { return address }
    return nil
  }
}
