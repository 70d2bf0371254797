// A plan for people: by class, one line a change, diffs below; then what is not made and why.

/// Renders a plan as text.
public enum PlanText {
  /// The text of a plan.
  ///
  /// - Parameters:
  ///   - verbose: with risks of every change and what was not asked for.
  public static func render(_ plan: Plan, color: Bool, verbose: Bool) -> String {
    var text = headline(plan) + "\n"
    for (effect, title) in sections {
      let changes = plan.work.filter { $0.effect == effect }
      guard !changes.isEmpty else { continue }
      text += "\n\(bold(title, color))\n"
      text += entries(changes, color, verbose)
    }
    let advice = plan.changes.filter { $0.kind == .advice }
    if !advice.isEmpty {
      text += "\n\(bold("Advice: nothing is written", color))\n"
      text += entries(advice, color, verbose)
    }
    text += conflicts(plan, color) + refusals(plan, color, verbose)
    for notice in plan.notices { text += "\nNote: \(Escape.text(notice))\n" }
    return text
  }

  private static let sections: [(RemedyClass, String)] = [
    (.live, "At once"), (.nextGuestStart, "At the next start of the guest"),
    (.nextHostBoot, "At the next boot of the host"), (.firmware, "In the firmware"),
    (.advisory, "Other changes"),
  ]

  private static func headline(_ plan: Plan) -> String {
    let count = plan.work.count
    let advice = plan.changes.count - count
    let profile = Escape.text(plan.profile)
    let tail = advice == 0 ? "" : ", and \(advice) to advise"
    if count == 0 { return "Profile \(profile): nothing to change\(tail)." }
    return "Profile \(profile): \(count) \(count == 1 ? "change" : "changes")\(tail)."
  }

  /// What one rule wants of many files in the same words is one entry.
  private struct Group: Hashable {
    let rule: String
    let summary: String
    let kind: PlannedChange.Kind
    let risk: String
    let before: String?
    let after: String?
    /// Definitions and drop-in lines are entries of their own.
    let own: String?
  }

  private static func entries(_ changes: [PlannedChange], _ color: Bool, _ verbose: Bool)
    -> String
  {
    var known: Set<String> = []
    return changes.gathered { change in
      let isOne = change.kind == .domainXML || change.kind == .persist
      let isAdvice = change.kind == .advice
      return Group(
        rule: change.rule, summary: change.summary, kind: change.kind, risk: change.risk,
        before: isAdvice ? nil : change.before, after: change.after, own: isOne ? change.id : nil)
    }.map { group in
      let key = (group.first?.rule ?? "") + "\0" + (group.first?.summary ?? "")
      defer { known.insert(key) }
      return entry(group, isKnown: known.contains(key), color, verbose)
    }.joined()
  }

  private static func entry(
    _ group: [PlannedChange], isKnown: Bool, _ color: Bool, _ verbose: Bool
  ) -> String {
    guard let change = group.first else { return "" }
    // What makes a value last repeats the words of the value.
    let keeps = change.kind == .persist && isKnown
    let summary = keeps ? "keep it after a boot" : Escape.text(change.summary)
    var text = "  \(Escape.text(change.rule))\(subjects(group)): \(summary)\n"
    if change.kind == .write || change.kind == .hugePages || change.kind == .persist {
      text +=
        "      \(Escape.text(PathPattern.joined(group.map(\.target)))): \(shown(change.before)) -> "
        + "\(shown(change.after))\n"
    }
    if let diff = change.diff { text += self.diff(diff, color) }
    if verbose || change.effect == .advisory, !change.risk.isEmpty {
      text += "      \(Escape.text(change.risk))\n"
    }
    return text
  }

  /// The subjects of a group; the host goes without saying.
  private static func subjects(_ group: [PlannedChange]) -> String {
    let names = group.filter { $0.subject.kind != .host }.map(\.subject.name)
      .gathered { $0 }.compactMap(\.first)
    guard !names.isEmpty else { return "" }
    let shown = names.prefix(8).map(Escape.text).joined(separator: ", ")
    return " " + shown + (names.count > 8 ? " and \(names.count - 8) more" : "")
  }

  private static func diff(_ diff: String, _ color: Bool) -> String {
    diff.split(separator: "\n").map { line in
      let safe = Escape.text(String(line))
      guard color, let sign = line.first else { return "      \(safe)\n" }
      switch sign {
      case "+": return "      \u{1B}[32m\(safe)\u{1B}[0m\n"
      case "-": return "      \u{1B}[31m\(safe)\u{1B}[0m\n"
      default: return "      \(safe)\n"
      }
    }.joined()
  }

  private static func conflicts(_ plan: Plan, _ color: Bool) -> String {
    guard !plan.conflicts.isEmpty else { return "" }
    var text = "\n\(bold("Contradictions: neither is made", color))\n"
    for conflict in plan.conflicts {
      text += "  \(Escape.text(conflict.target))\n"
      for wish in conflict.wishes {
        text +=
          "      \(Escape.text(wish.rule)) on \(Escape.text(wish.subject.name)) wants "
          + "'\(Escape.text(wish.value))'\n"
      }
    }
    return text
  }

  private static func refusals(_ plan: Plan, _ color: Bool, _ verbose: Bool) -> String {
    let shown = plan.refusals.filter { verbose || $0.cause != .notAskedFor }
      .filter { $0.cause != .conflict }
    guard !shown.isEmpty else { return "" }
    var text = "\n\(bold("Not made", color))\n"
    for refusal in shown {
      text +=
        "  \(Escape.text(refusal.rule)) on \(Escape.text(refusal.target)): "
        + "\(Escape.text(refusal.reason))\n"
    }
    return text
  }

  private static func shown(_ text: String?) -> String {
    text.map { $0.isEmpty ? "(empty)" : Escape.text($0) } ?? "(absent)"
  }

  private static func bold(_ text: String, _ color: Bool) -> String {
    color ? "\u{1B}[1m\(text)\u{1B}[0m" : text
  }
}
