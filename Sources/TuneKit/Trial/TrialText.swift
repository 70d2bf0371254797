// A trial as text: what was measured, what can be said, and what can't.

extension TrialReport {
  /// The report for people, ending in a newline. Everything in it is safe to print.
  public func text(width: Int = 80) -> String {
    var lines = Columns.wrap(
      "\(course.pairs) pairs of '\(Escape.text(workload))' under profile "
        + "\(Escape.text(profile)): \(headline)", width)
    for row in rows { lines += ["", Escape.text(row.metric.name)] + Self.lines(row, width) }
    let notes = remarks
    if !notes.isEmpty {
      lines += ["", "Not like for like:"]
      for note in notes { lines += Self.item(note, width) }
    }
    if !leftOut.isEmpty {
      lines += ["", "Not tried:"]
      for note in leftOut { lines += Self.item(note, width) }
    }
    lines.append("")
    lines += Columns.wrap(closing, width)
    return lines.joined(separator: "\n") + "\n"
  }

  /// The whole in a sentence.
  var headline: String {
    guard let verdicts = course.verdicts else { return "nothing can be said" }
    let better = verdicts.count { $0.statement == .better }
    let worse = verdicts.count { $0.statement == .worse }
    if worse > 0, better > 0 { return "some of it better, some worse" }
    if worse > 0 { return "worse" }
    if better > 0 { return better == verdicts.count ? "better" : "some of it better" }
    if verdicts.allSatisfy({ $0.statement == .same }) { return "no difference" }
    return verdicts.contains(where: Self.isLeaning) ? "too few pairs" : "within the noise"
  }

  private static func lines(
    _ row: (metric: TrialMetric, samples: [PairedSample], verdict: TrialVerdict?), _ width: Int
  ) -> [String] {
    guard let before = TrialNumbers.median(row.samples.map(\.before)),
      let after = TrialNumbers.median(row.samples.map(\.after))
    else { return ["  nothing was measured"] }
    let unit = Escape.text(row.metric.unit)
    var lines = [
      "  before \(TrialNumbers.short(before)) \(unit), after \(TrialNumbers.short(after)) \(unit) "
        + "(medians; \(row.metric.better.rawValue) is better)"
    ]
    guard let verdict = row.verdict, let interval = verdict.interval else {
      return lines + ["  too few pairs to say anything"]
    }
    lines.append(
      "  change \(TrialNumbers.percent(RelativeChange.percent(interval.mean))), 95 % interval "
        + "\(TrialNumbers.percent(RelativeChange.percent(interval.low))) to "
        + TrialNumbers.percent(RelativeChange.percent(interval.high)))
    return lines + Columns.wrap(sentence(verdict), width - 2).map { "  " + $0 }
  }

  private static func sentence(_ verdict: TrialVerdict) -> String {
    switch verdict.statement {
    case .better: "The changes make it better."
    case .worse: "The changes make it worse."
    case .same: "No difference worth having: the interval holds only small ones."
    case .undecided:
      (isLeaning(verdict)
        ? "Undecided: the pairs lean one way, but are too few to rule out chance."
        : "Within the noise: no difference was shown.")
        + (verdict.morePairs.map {
          " About \($0) more \($0 == 1 ? "pair" : "pairs") would show one of this size."
        } ?? "")
    }
  }

  /// Whether the interval leaves out 0 although the test is not passed: that is more than noise.
  private static func isLeaning(_ verdict: TrialVerdict) -> Bool {
    verdict.statement == .undecided && verdict.interval?.excludesZero == true
  }

  private var closing: String {
    let early = cutShort.map { "Cut short: \(Escape.text($0)). " } ?? ""
    switch ending {
    case .rolledBack: return early + "The changes were taken back: the host is as it was."
    case .kept: return early + "The changes are kept; 'tuned-vm rollback' takes them back."
    case .placebo: return early + "Nothing was changed: the same state was measured twice."
    }
  }

  private static func item(_ text: String, _ width: Int) -> [String] {
    let wrapped = Columns.wrap(Escape.text(text), width - 4)
    return wrapped.enumerated().map { ($0.offset == 0 ? "  - " : "    ") + $0.element }
  }
}
