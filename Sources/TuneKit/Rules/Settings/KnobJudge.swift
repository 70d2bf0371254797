// Judges a list of knobs as one subject: satisfied, or one violation with all changes.

enum KnobJudge {
  /// How a violation is worded and weighed.
  struct Wording: Sendable {
    /// Why the target is better, a clause.
    let because: String
    /// What the remedy risks, where the rule's own text isn't enough.
    var risk: String?
    /// Overrides the severity for the violated items.
    var severity: Severity?
    /// Shared by findings of one cause.
    var cause: String?
  }

  /// The verdict over all items: unknown where one can't be read and none is wrong.
  static func verdict(
    _ items: [KnobItem], _ snapshot: Snapshot, _ wording: Wording
  ) -> Verdict {
    var evidence: [Evidence] = []
    var wrong: [(item: KnobItem, observed: String)] = []
    var missing: [String] = []
    for item in items {
      let reading = item.reading(snapshot)
      guard let value = reading.value else {
        missing.append(reading.unknownReason)
        continue
      }
      guard let isRight = item.target.accepts(value) else {
        missing.append("\(item.path): is no value the kernel gives")
        continue
      }
      evidence.append(Evidence(item.path, observed: value, expected: item.target.text))
      if !isRight { wrong.append((item, value)) }
    }
    guard !wrong.isEmpty else {
      return missing.isEmpty ? .satisfied(evidence) : .unknown(missing.joined(separator: "; "))
    }
    return .violated(violation(wrong, evidence, wording))
  }

  private static func violation(
    _ wrong: [(item: KnobItem, observed: String)], _ evidence: [Evidence], _ wording: Wording
  ) -> Violation {
    let facts = wrong.prefix(3).map { "\($0.item.name) is \($0.observed)" }
    let more = wrong.count > 3 ? " and \(wrong.count - 3) more" : ""
    let writes = wrong.prefix(3).map {
      "\($0.item.written ?? $0.item.target.written) to \($0.item.path)"
    }
    let persistence = Set(wrong.compactMap { $0.item.persistence?.word }).sorted()
    return Violation(
      "\(facts.joined(separator: ", "))\(more); \(wording.because)", severity: wording.severity,
      evidence: evidence,
      remedy: Remedy(
        .live, "write \(writes.joined(separator: ", "))\(more)", risk: wording.risk,
        persistence: persistence.isEmpty ? nil : persistence.joined(separator: ", "),
        changes: wrong.flatMap { $0.item.changes() }),
      cause: wording.cause)
  }
}

extension Context {
  /// The host as a subject.
  var hostSubject: Subject { Subject(.host, facts.host.name ?? "host") }

  /// Why there is no host to judge; nil where there is one.
  var noHost: String? {
    if case .none(let reason) = facts.snapshot.origin { return reason }
    return nil
  }

  /// The one answer of a rule about the host where no host was read; nil where one was.
  var withoutHost: [Judgement]? {
    noHost.map { [Judgement(hostSubject, .notApplicable($0))] }
  }

  /// One verdict about the host.
  func onHost(_ verdict: () -> Verdict) -> [Judgement] {
    withoutHost ?? [Judgement(hostSubject, verdict())]
  }

  /// The host profile's value of a knob, and whether it is the shipped one of its family (then the
  /// rule's own tolerances hold) or the user's (then exactly that is wanted).
  func wanted(_ knob: String) -> (value: ProfileValue, isShipped: Bool)? {
    guard let last = profile.settings.last(where: { $0.knob == knob && $0.selector.isEmpty })
    else { return nil }
    let isShipped =
      last.place.isEmpty
      || ProfileFamily.allCases.contains { last.place.hasPrefix("profiles/\($0.rawValue).yaml:") }
    return (last.value, isShipped)
  }
}
