// Findings whose remedy another tuner of the host would undo: they say so.

extension Violation {
  /// The violation with a line of proof for each tuner that would write the wanted values back.
  func notingOwners(_ facts: Facts) -> Violation {
    var names: [String] = []
    var lines: [Evidence] = []
    for change in remedy.changes {
      guard let owner = KnobOwner.of(change, in: facts), !names.contains(owner.name) else {
        continue
      }
      names.append(owner.name)
      lines.append(
        Evidence(
          "service \(owner.name.printable)",
          observed: owner.value.map { "active, sets \($0.printable)" }
            ?? "active, sets this itself",
          expected: "inactive, or the same value"))
    }
    guard !names.isEmpty else { return self }
    let tuners = names.map(\.printable).joined(separator: ", ")
    let warning =
      "\(tuners) \(names.count == 1 ? "writes" : "write") its own value back "
      + "(host.tuner-conflict)"
    return Violation(
      "\(message); \(warning)", severity: severity, evidence: evidence + lines,
      remedy: Remedy(
        remedy.effect, remedy.summary,
        risk: [remedy.risk, warning].compactMap { $0 }.joined(separator: "; "),
        persistence: remedy.persistence, changes: remedy.changes),
      cause: cause)
  }
}
