// What a moved fact means: the rule it touches, and who may have moved it.

/// Ties entries to rules whose verdict turned, and to what may have caused them.
struct DriftAttribution {
  /// A rule whose verdict turned since the baseline.
  private struct Turn {
    let rule: String
    let subject: Subject
    let severity: Severity
    let violated: Bool
    let sources: [String]
  }

  private let turns: [Turn]
  private let facts: Facts
  /// When the host was booted, where that was after the baseline: seconds since 1970.
  private let booted: Int?

  init(baseline: Baseline, report: Report) {
    facts = report.facts
    booted = Self.boot(of: report.facts.snapshot, after: baseline.savedAt)
    var turns = report.findings.compactMap { finding -> Turn? in
      let subject = FactID(finding.subject, "").subject
      guard finding.waiver == nil,
        !baseline.violated.contains(.init(rule: finding.rule, subject: subject))
      else { return nil }
      return Turn(
        rule: finding.rule, subject: subject, severity: finding.severity, violated: true,
        sources: finding.violation.evidence.map(\.source))
    }
    for entry in report.ledger {
      let subject = FactID(entry.subject, "").subject
      guard case .satisfied(let evidence) = entry.verdict,
        baseline.violated.contains(.init(rule: entry.rule, subject: subject))
      else { continue }
      turns.append(
        Turn(
          rule: entry.rule, subject: subject, severity: .info, violated: false,
          sources: evidence.map(\.source)))
    }
    // Violations first, worst first.
    self.turns = turns.sorted { left, right in
      (left.violated ? 1 : 0, left.severity, right.rule)
        > (right.violated ? 1 : 0, right.severity, left.rule)
    }
  }

  /// Fills in rule, severity and author.
  func explain(_ entry: inout DriftEntry) {
    if let turn = turns.first(where: { touches($0, entry) }) {
      entry.rule = turn.rule
      entry.severity = turn.violated ? turn.severity : .info
      entry.violates = turn.violated
    }
    entry.by = author(entry)
  }

  private func touches(_ turn: Turn, _ entry: DriftEntry) -> Bool {
    guard isRelated(turn.subject, entry.id.subject) else { return false }
    if entry.id.isPresence { return turn.subject == entry.id.subject }
    if Knob.table.contains(where: { $0.name == entry.id.key && $0.rule == turn.rule }) {
      return true
    }
    guard entry.id.subject.isOfDomain else {
      return turn.sources.contains { entry.sources.contains($0) }
    }
    let way = Self.plain(entry.id.key)
    return turn.sources.contains { source in
      let other = Self.plain(source)
      return other.hasSuffix(way) || way.hasPrefix(other) || other.hasPrefix(way)
    }
  }

  /// The same subject, the host it is on, or two parts of one domain.
  private func isRelated(_ turn: Subject, _ entry: Subject) -> Bool {
    if turn == entry || turn.kind == .host { return true }
    guard turn.isOfDomain, entry.isOfDomain else { return false }
    return turn.name.hasPrefix(entry.name + "/") || entry.name.hasPrefix(turn.name + "/")
  }

  /// The way to an XML node without predicates and `/domain`: `devices/disk/driver`.
  private static func plain(_ way: String) -> String {
    var text = ""
    var depth = 0
    for character in way {
      switch character {
      case "[": depth += 1
      case "]": depth = max(0, depth - 1)
      default: if depth == 0, character != "@" { text.append(character) }
      }
    }
    let parts = text.split(separator: "/").map { part in
      part.split(separator: "#").first.map(String.init) ?? String(part)
    }
    return parts.drop { $0 == "domain" }.joined(separator: "/")
  }

  // MARK: - Who

  private func author(_ entry: DriftEntry) -> String? {
    if let source = entry.sources.first, let value = facts.nextBoot.value(of: source),
      value.value == entry.now
    {
      return "as \(value.source) sets it"
    }
    if entry.id.key == "host.kernel" { return "a boot into another kernel" }
    guard entry.sources.contains(where: { $0.hasPrefix("/sys/") || $0.hasPrefix("/proc/sys/") })
    else { return nil }
    if entry.id.subject.kind == .host || entry.id.subject.kind == .blockDevice,
      facts.units.all.value?["tuned.service"]?.active == "active",
      let profile = facts.snapshot.text("/etc/tuned/active_profile").value
    {
      return "perhaps tuned, which is active with the profile \(profile.quoted())"
    }
    // What nothing writes again is lost with a boot.
    return booted.map { "perhaps the boot of \(Timestamp.text($0))" }
  }

  private static func boot(of snapshot: Snapshot, after time: String) -> Int? {
    guard let saved = Timestamp.seconds(time), let text = snapshot.text("/proc/stat").value,
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("btime ") }),
      let booted = Int(line.dropFirst("btime ".count)), booted > saved
    else { return nil }
    return booted
  }
}
