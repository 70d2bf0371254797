// A user's own check (`checks:` of a profile) as a rule.

enum OwnCheckRule {
  static func rule(_ check: OwnCheck) -> RuleInstance {
    RuleInstance(
      about: RuleInfo(
        id: check.id, title: title(check), severity: Severities(check.severity),
        rationale: check.why.isEmpty ? "A check of the profile's own." : check.why,
        cost: check.fix.isEmpty ? "That of the remedy." : check.fix,
        notWhen: "There is no host to read.", sources: [.text("checks of the profile")])
    ) { context in
      context.onHost { verdict(check, context.facts.snapshot) }
    }
  }

  private static func title(_ check: OwnCheck) -> String {
    var parts: [String] = []
    if let text = check.equals { parts.append("is \(text.quoted())") }
    if let text = check.contains { parts.append("contains \(text.quoted())") }
    if let range = check.lines { parts.append("has \(words(range)) lines") }
    if let range = check.value { parts.append("is \(words(range))") }
    return "\(check.read) \(parts.joined(separator: " and "))"
  }

  private static func words(_ range: ClosedRange<Int>) -> String {
    switch (range.lowerBound, range.upperBound) {
    case (let low, let high) where low == high: "\(low)"
    case (.min, let high),
      (0, let high) where high < .max:
      "at most \(high)"
    case (let low, .max): "at least \(low)"
    case (let low, let high): "\(low) to \(high)"
    }
  }

  private static func verdict(_ check: OwnCheck, _ snapshot: Snapshot) -> Verdict {
    let reading = snapshot.raw(check.read)
    guard let text = reading.value else { return .unknown(reading.unknownReason) }
    var evidence: [Evidence] = []
    var failures: [String] = []
    func note(_ observed: String, _ expected: String, _ isRight: Bool) {
      let shown = observed.count > 200 ? String(observed.prefix(200)) + "…" : observed
      evidence.append(Evidence(check.read, observed: shown, expected: expected))
      if !isRight { failures.append("\(shown.quoted()), expected \(expected)") }
    }
    let body = text.trimmedBlanks
    if let wanted = check.equals { note(body, wanted, body == wanted.trimmedBlanks) }
    if let wanted = check.contains { note(body, "contains \(wanted)", text.contains(wanted)) }
    if let range = check.lines {
      let count = text.lines.filter { !$0.trimmedBlanks.isEmpty }.count
      note("\(count) lines", "\(words(range)) lines", range.contains(count))
    }
    if let range = check.value {
      guard let number = Int(body) else { return .unknown("\(check.read): is not a whole number") }
      note(body, words(range), range.contains(number))
    }
    guard !failures.isEmpty else { return .satisfied(evidence) }
    let why = check.why.isEmpty ? "" : "; \(check.why)"
    return .violated(
      Violation(
        "\(check.read) is \(failures.joined(separator: " and "))\(why)", evidence: evidence,
        remedy: .advice(check.fix.isEmpty ? "see the profile's own text" : check.fix)))
  }
}

extension EffectiveProfile {
  /// Files that this profile's own checks and further settings read, beyond the reading plan.
  public var furtherReadings: [String] {
    var paths = checks.map(\.read)
    for setting in settings {
      let parts = setting.knob.split(separator: ".").map(String.init)
      guard let root = parts.first, setting.knob != "hugepages" else { continue }
      if Knob.sysctlRoots.contains(root) {
        paths.append(Snapshot.knobPath(sysctl: setting.knob))
      } else if Knob.modules.contains(root), parts.count == 2 {
        paths.append("/sys/module/\(root)/parameters/\(parts[1])")
      }
    }
    return Set(paths).sorted()
  }
}
