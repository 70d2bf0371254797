// What earlier runs of `drift --new` said, so that cron says each thing once.

/// The memory of `--new`.
public struct DriftMemory: Sendable, Equatable {
  /// Something that was said.
  public struct Said: Sendable, Equatable {
    var fingerprint: String
    var rule: String
    var subject: Subject
    var key: String
    var was: String?
    var now: String?
  }

  /// When the baseline it belongs to was saved; after another `baseline save` what went away was
  /// accepted, not resolved.
  public var baselineSavedAt: String
  /// What was said and still held at that time.
  public var said: [Said]
  /// Notices of the last run: what could not be compared, a clock that went back.
  public var notices: [String] = []

  /// A memory of nothing.
  public init(baselineSavedAt: String) {
    self.baselineSavedAt = baselineSavedAt
    said = []
  }

  /// The part of a report that was not said before, and what has gone since; and the memory after
  /// saying it. Of the notices, too, only those remain that the run before did not have.
  public func news(
    of report: DriftReport, notices present: [String] = []
  ) -> (report: DriftReport, memory: DriftMemory) {
    var news = report
    news.notices = present.filter { !notices.contains($0) }
    news.drifted = report.drifted.filter { entry in
      !said.contains { $0.fingerprint == entry.fingerprint && $0.now == entry.now }
    }
    if baselineSavedAt == report.since {
      let drifted = Set(report.drifted.map(\.fingerprint))
      news.resolved = said.filter { !drifted.contains($0.fingerprint) }.map(\.entry)
    }
    var memory = DriftMemory(baselineSavedAt: report.since)
    memory.notices = present
    memory.said = report.drifted.map { entry in
      Said(
        fingerprint: entry.fingerprint, rule: entry.rule, subject: entry.subject,
        key: entry.id.key, was: entry.was, now: entry.now)
    }
    return (news, memory)
  }

  // MARK: - File

  /// The file's text.
  public var text: String {
    let rows = said.map { item -> JSONValue in
      [
        .string(item.fingerprint), .string(item.rule), .string(item.subject.kind.rawValue),
        .string(item.subject.name), .string(item.key), .optional(item.was), .optional(item.now),
      ]
    }
    let value: JSONValue = [
      "schema": "tuned-vm/drift-memory/v1", "baselineSavedAt": .string(baselineSavedAt),
      "said": .array(rows), "notices": .array(notices.map { .string($0) }),
    ]
    return value.text() + "\n"
  }

  /// Reads a file's bytes; nil where it is damaged. Then everything is said once more, which is
  /// better than never.
  public init?(parsing bytes: [UInt8]) {
    guard let value = try? JSONValue(parsing: bytes),
      value["schema"]?.stringValue == "tuned-vm/drift-memory/v1",
      let saved = value["baselineSavedAt"]?.stringValue, let rows = value["said"]?.arrayValue
    else { return nil }
    baselineSavedAt = saved
    notices = value["notices"]?.arrayValue?.compactMap(\.stringValue) ?? []
    said = []
    for row in rows {
      guard let fingerprint = row[0]?.stringValue, let rule = row[1]?.stringValue,
        let kind = row[2]?.stringValue.flatMap(Subject.Kind.init(rawValue:)),
        let name = row[3]?.stringValue, let key = row[4]?.stringValue
      else { return nil }
      said.append(
        Said(
          fingerprint: fingerprint, rule: rule, subject: Subject(kind, name), key: key,
          was: row[5]?.stringValue, now: row[6]?.stringValue))
    }
  }
}

extension DriftMemory.Said {
  /// The entry as it was said.
  var entry: DriftEntry {
    DriftEntry(
      id: FactID(subject, key), subject: subject, rule: rule, severity: .info, violates: nil,
      was: was, now: now, sources: [], by: nil)
  }
}
