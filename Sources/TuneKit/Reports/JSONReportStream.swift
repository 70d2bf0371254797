// The bytes of an audit's JSON, written as they come. JSONReport says the same as a value; a test
// compares them.

/// Writes one report.
struct JSONReportStream {
  private let report: Report
  private var writer = JSONWriter(layout: .compact)

  init(_ report: Report) {
    self.report = report
    writer.out.reserveCapacity(160 * report.ledger.count + 1200 * report.findings.count + 2048)
  }

  mutating func bytes() -> [UInt8] {
    writer.write(.object(JSONReport.head(report)), level: 0)
    writer.out.removeLast()
    put(list: report.findings, after: ",\"findings\":[") { $0.put(finding: $1) }
    putLedger()
    writer.put("}\n")
    return writer.out
  }

  // MARK: - Parts

  private mutating func put(_ key: StaticString, _ text: String?) {
    writer.put(key)
    if let text { writer.string(text) } else { writer.put("null") }
  }

  private mutating func put<Item>(
    list: [Item], after key: StaticString, _ put: (inout JSONReportStream, Item) -> Void
  ) {
    writer.put(key)
    for (index, item) in list.enumerated() {
      if index > 0 { writer.put(",") }
      put(&self, item)
    }
    writer.put("]")
  }

  private mutating func put(subject: Subject) {
    put("{\"kind\":", subject.kind.rawValue)
    put(",\"name\":", subject.name)
    writer.put("}")
  }

  // MARK: - Findings

  private mutating func put(finding: Report.Finding) {
    let violation = finding.violation
    put("{\"rule\":", finding.rule)
    put(",\"severity\":", finding.severity.word)
    writer.put(",\"verdict\":\"violated\",\"subject\":")
    put(subject: finding.subject)
    put(",\"message\":", violation.message)
    put(list: violation.evidence, after: ",\"evidence\":[") { $0.put(evidence: $1) }
    put(remedy: violation.remedy)
    put(list: finding.references, after: ",\"references\":[") { $0.writer.string($1) }
    put(",\"cause\":", violation.cause)
    writer.put(",\"waiver\":")
    writer.write(finding.waiver.map(JSONReport.waiver) ?? .null, level: 0)
    put(",\"fingerprint\":", finding.fingerprint)
    writer.put("}")
  }

  private mutating func put(evidence: Evidence) {
    put("{\"source\":", evidence.source)
    put(",\"observed\":", evidence.observed)
    put(",\"expected\":", evidence.expected)
    writer.put("}")
  }

  private mutating func put(remedy: Remedy) {
    put(",\"remedy\":{\"class\":", remedy.effect.rawValue)
    put(",\"summary\":", remedy.summary)
    put(",\"persistence\":", remedy.persistence)
    writer.put(",\"change\":")
    writer.write(ChangeJSON.value(remedy.changes), level: 0)
    put(",\"risk\":", remedy.risk)
    writer.put("}")
  }

  // MARK: - Verdicts

  private mutating func putLedger() {
    // Rule and kind are mostly those of the entry before.
    var start: (rule: String, kind: Subject.Kind, bytes: [UInt8])?
    writer.put(",\"verdicts\":[")
    for (index, entry) in report.ledger.enumerated() {
      if index > 0 { writer.put(",") }
      if let start, start.rule == entry.rule, start.kind == entry.subject.kind {
        writer.out.append(contentsOf: start.bytes)
      } else {
        let place = writer.out.count
        put("{\"rule\":", entry.rule)
        put(",\"subject\":{\"kind\":", entry.subject.kind.rawValue)
        writer.put(",\"name\":")
        start = (entry.rule, entry.subject.kind, Array(writer.out[place...]))
      }
      writer.string(entry.subject.name)
      put("},\"verdict\":", entry.verdict.word)
      put(",\"reason\":", entry.verdict.reason)
      writer.put("}")
    }
    writer.put("]")
  }
}
