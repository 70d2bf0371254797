// Findings as people count them: one cause is one entry.

/// A rule that is violated in the same way on one or more subjects.
struct FindingBundle: Sendable {
  /// At least one, all with the same rule, severity and waiver.
  var findings: [Report.Finding]

  var first: Report.Finding { findings[0] }
  var severity: Severity { first.severity }
  var subjects: [Subject] { findings.map(\.subject) }

  /// The other subjects by name, for a line below the first one's message.
  var otherNames: [String] { findings.dropFirst().map(\.subject.name) }
}

/// One entry of a report for people: what is wrong, and what follows from the same cause.
struct FindingGroup: Sendable {
  /// What is wrong.
  var head: FindingBundle
  /// What would go away with it.
  var consequences: [FindingBundle]

  var severity: Severity { head.severity }
  var bundles: [FindingBundle] { [head] + consequences }
  var count: Int { bundles.reduce(0) { $0 + $1.findings.count } }
}

extension Report {
  /// Unwaived findings by cause, worst first. Without a stated cause, findings of one rule with the
  /// same values belong together: one wrong knob on 64 CPUs or 12 disks is one entry.
  var groups: [FindingGroup] { Self.groups(of: findings.filter { $0.waiver == nil }) }

  /// Waived findings, likewise.
  var waivedGroups: [FindingGroup] { Self.groups(of: findings.filter { $0.waiver != nil }) }

  private static func groups(of findings: [Finding]) -> [FindingGroup] {
    var order: [String] = []
    var members: [String: [Finding]] = [:]
    for finding in findings {
      let key = finding.groupKey
      if members[key] == nil { order.append(key) }
      members[key, default: []].append(finding)
    }
    let groups = alike(order.compactMap { key in members[key].flatMap { group($0) } })
    // Stable: groups of one severity keep the order of their first findings.
    return groups.enumerated().sorted { left, right in
      left.element.severity != right.element.severity
        ? left.element.severity > right.element.severity : left.offset < right.offset
    }.map(\.element)
  }

  /// Groups that differ in nothing but their subjects are one: the same mistake on each disk.
  private static func alike(_ groups: [FindingGroup]) -> [FindingGroup] {
    var result: [FindingGroup] = []
    var known: [String: Int] = [:]
    for group in groups {
      let key = group.bundles.map { $0.first.valueKey }.joined(separator: "\u{2}")
      guard let index = known[key] else {
        known[key] = result.count
        result.append(group)
        continue
      }
      result[index].head.findings += group.head.findings
      for (place, bundle) in group.consequences.enumerated() {
        result[index].consequences[place].findings += bundle.findings
      }
    }
    return result
  }

  private static func group(_ findings: [Finding]) -> FindingGroup? {
    var order: [String] = []
    var members: [String: [Finding]] = [:]
    for finding in findings {
      let key = "\(finding.rule)\n\(finding.severity.word)"
      if members[key] == nil { order.append(key) }
      members[key, default: []].append(finding)
    }
    var bundles = order.compactMap { key in members[key].map { FindingBundle(findings: $0) } }
    guard let worst = bundles.map(\.severity).max() else { return nil }
    // The cause often bears the name of the rule that speaks of it; else the worst leads.
    let cause = findings[0].violation.cause
    let head =
      bundles.firstIndex { $0.severity == worst && $0.first.rule == cause }
      ?? bundles.firstIndex { $0.severity == worst } ?? 0
    return FindingGroup(head: bundles.remove(at: head), consequences: bundles)
  }
}

extension Report.Finding {
  /// Findings with the same key are one entry.
  fileprivate var groupKey: String {
    let waived = waiver.map { "waived\n\($0.reason)\n\($0.until ?? "")\n" } ?? ""
    if let cause = violation.cause { return "\(waived)cause\n\(cause)" }
    return waived + valueKey
  }

  /// Findings with the same key say the same of their subjects.
  fileprivate var valueKey: String {
    let values = violation.evidence.map { "\($0.observed ?? "")\u{0}\($0.expected ?? "")" }
    let waived = waiver.map { "\($0.reason)\n\($0.until ?? "")" } ?? ""
    return "\(waived)\n\(rule)\n\(severity.word)\n" + values.joined(separator: "\u{1}")
  }
}

/// Facts that nobody could read, by reason.
struct UnknownGroup: Sendable {
  /// What is missing and what would make it readable.
  var reason: String
  /// The rules that could not be judged because of it, each once.
  var rules: [String]
  /// How many verdicts of the ledger.
  var count: Int
}

extension Report {
  /// What could not be checked, most verdicts first.
  var unknowns: [UnknownGroup] {
    var groups: [String: UnknownGroup] = [:]
    for entry in ledger {
      guard case .unknown(let reason) = entry.verdict else { continue }
      var group = groups[reason] ?? UnknownGroup(reason: reason, rules: [], count: 0)
      if !group.rules.contains(entry.rule) { group.rules.append(entry.rule) }
      group.count += 1
      groups[reason] = group
    }
    return groups.values.sorted { left, right in
      left.count != right.count ? left.count > right.count : left.reason < right.reason
    }
  }
}
