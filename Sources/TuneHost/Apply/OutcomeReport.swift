// What a run that changes something says at its end: for people by when it takes effect, and as
// JSON.

import TuneKit

/// Renders outcomes.
public enum OutcomeReport {
  /// What became of an apply, with the plan's advice and what was not made.
  public static func text(_ outcome: Outcome, _ plan: Plan, verbose: Bool) -> String {
    if case .rolledBack(let why) = outcome.ending {
      var text = "Failed and rolled back (transaction \(outcome.id)): \(Escape.text(why))\n"
      text += leftovers(outcome.left)
      if outcome.left.isEmpty { text += "Everything is as it was before.\n" }
      return text
    }
    var text = "Done: transaction \(outcome.id), profile \(Escape.text(plan.profile)).\n"
    for (effect, title) in sections {
      let changes = outcome.made.filter { $0.effect == effect }
      guard !changes.isEmpty else { continue }
      text += "\(title): \(changes.count)\n"
      text += lines(changes)
    }
    let advice = plan.changes.filter { $0.kind == .advice }
    if !advice.isEmpty {
      text += "Advice, nothing written: \(advice.count)\(verbose ? "" : " (see plan)")\n"
      if verbose { text += lines(advice) }
    }
    if !outcome.partial.isEmpty {
      text += "Only partly: \(outcome.partial.count)\n"
      for (change, note) in outcome.partial {
        text += "  \(name(change)): \(Escape.text(note))\n"
      }
    }
    text += notMade(outcome, plan, verbose)
    for notice in plan.notices { text += "Note: \(Escape.text(notice))\n" }
    text += "Undo with: tuned-vm rollback \(outcome.id)\n"
    return text
  }

  private static let sections: [(RemedyClass, String)] = [
    (.live, "Changed now"), (.nextGuestStart, "At the next start of the guest"),
    (.nextHostBoot, "At the next boot of the host"), (.firmware, "In the firmware"),
    (.advisory, "Others"),
  ]

  private static func notMade(_ outcome: Outcome, _ plan: Plan, _ verbose: Bool) -> String {
    let refused = plan.refusals.filter { verbose || $0.cause != .notAskedFor }
    guard !refused.isEmpty || !outcome.skipped.isEmpty else { return "" }
    var text = "Not made: \(refused.count + outcome.skipped.count)\n"
    for (change, why) in outcome.skipped { text += "  \(name(change)): \(Escape.text(why))\n" }
    for refusal in refused {
      text +=
        "  \(Escape.text(refusal.rule)) on \(Escape.text(refusal.target)): "
        + "\(Escape.text(refusal.reason))\n"
    }
    return text
  }

  /// One line for what one rule wants of many places in the same words.
  private static func lines(_ changes: [PlannedChange]) -> String {
    changes.gathered { [$0.rule, $0.summary] }.map { group in
      let rule = Escape.text(group.first?.rule ?? "")
      let targets = group.map(\.target).gathered { $0 }.compactMap(\.first)
      // A value and what makes it last lie in different places: the value speaks.
      let values = group.filter { $0.kind != .persist }.map(\.target)
      let shown = PathPattern.joined(values.isEmpty ? targets : values)
      return "  \(rule) on \(Escape.text(shown)): \(Escape.text(group.first?.summary ?? ""))\n"
    }.joined()
  }

  private static func name(_ change: PlannedChange) -> String {
    "\(Escape.text(change.rule)) on \(Escape.text(change.target))"
  }

  /// What was not given back, one line each.
  public static func leftovers(_ left: [Leftover]) -> String {
    left.map {
      "  left: \(Escape.text($0.target)) was '\(short($0.was))', is '\(short($0.is))': "
        + "\(Escape.text($0.why))\n"
    }.joined()
  }

  private static func short(_ text: String) -> String {
    let safe = Escape.text(text.trimmedBlanks)
    return safe.count > 80 ? String(safe.prefix(77)) + "..." : safe
  }

  // MARK: - JSON

  /// An apply as JSON (tuned-vm/apply/v1).
  public static func json(_ outcome: Outcome?, _ plan: Plan) -> JSONValue {
    var why: String?
    var state = "nothing"
    if let outcome {
      state = "done"
      if case .rolledBack(let reason) = outcome.ending { (state, why) = ("rolled-back", reason) }
    }
    return .object(pairs: [
      ("schema", "tuned-vm/apply/v1"),
      ("id", .optional(outcome.map { "\($0.id)" })),
      ("state", .string(state)),
      ("why", .optional(why)),
      ("profile", .string(plan.profile)),
      ("made", .array((outcome?.made ?? []).map(change))),
      (
        "partial",
        .array(
          (outcome?.partial ?? []).map { entry in
            .object(pairs: [("change", change(entry.change)), ("note", .string(entry.note))])
          })
      ),
      (
        "skipped",
        .array(
          (outcome?.skipped ?? []).map { entry in
            .object(pairs: [("change", change(entry.change)), ("why", .string(entry.why))])
          })
      ),
      ("notMade", plan.json["notMade"] ?? .array([])),
      ("conflicts", plan.json["conflicts"] ?? .array([])),
      ("advice", .array(plan.changes.filter { $0.kind == .advice }.map(change))),
      ("left", json(outcome?.left ?? [])),
      ("notices", .array(plan.notices.map(JSONValue.string))),
    ])
  }

  private static func change(_ change: PlannedChange) -> JSONValue {
    .object(pairs: [
      ("id", .string(change.id)), ("rule", .string(change.rule)),
      ("class", .string(change.effect.rawValue)), ("kind", .string(change.kind.rawValue)),
      ("target", .string(change.target)), ("before", .optional(change.before)),
      ("after", .optional(change.after)),
    ])
  }

  /// What was left, as JSON.
  public static func json(_ left: [Leftover]) -> JSONValue {
    .array(
      left.map { item in
        .object(pairs: [
          ("target", .string(item.target)), ("was", .string(item.was)),
          ("is", .string(item.is)), ("why", .string(item.why)),
        ])
      })
  }

  /// Recoveries or a rollback as JSON.
  public static func json(schema: String, _ recoveries: [Session.Recovery]) -> JSONValue {
    .object(pairs: [
      ("schema", .string(schema)),
      (
        "transactions",
        .array(
          recoveries.map { item in
            .object(pairs: [
              ("id", .string("\(item.id)")), ("undone", .integer(item.undone)),
              ("left", json(item.left)),
            ])
          })
      ),
    ])
  }

  /// History as JSON (tuned-vm/history/v1).
  public static func json(_ past: [PastTransaction]) -> JSONValue {
    .object(pairs: [
      ("schema", "tuned-vm/history/v1"), ("transactions", .array(past.map(transaction))),
    ])
  }

  private static func transaction(_ item: PastTransaction) -> JSONValue {
    .object(pairs: [
      ("id", .string("\(item.id)")), ("started", .string(item.started)),
      ("profile", .string(item.profile)), ("target", .string(item.target)),
      ("state", .string(item.state)), ("why", .optional(item.why)),
      (
        "changes",
        .array(
          item.changes.map { change in
            .object(pairs: [
              ("id", .string(change.id)), ("rule", .string(change.rule)),
              ("kind", .string(change.kind)), ("class", .string(change.effect)),
              ("target", .string(change.target)), ("before", .optional(change.before)),
              ("after", .optional(change.after)),
            ])
          })
      ),
    ])
  }
}
