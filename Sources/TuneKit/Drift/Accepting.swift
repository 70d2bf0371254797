// Taking over what moved into the baseline, all of it or what a rule or a subject names.

extension Baseline {
  /// The baseline with some entries accepted: their facts and rules are as now.
  ///
  /// - Parameters:
  ///   - entries: What is accepted, from a comparison with this baseline.
  ///   - now: The facts of that comparison.
  ///   - report: The audit of that comparison.
  public func accepting(
    _ entries: [DriftEntry], now: StableFacts, _ report: Report
  ) -> Baseline {
    var result = self
    let ids = Set(facts.keys).union(now.facts.keys)
    for entry in entries {
      for id in ids where entry.covers(id) && now.unreadable[id] == nil {
        result.facts[id] = now.facts[id]?.value
      }
    }
    let present = Set(
      report.findings.map { Violated(rule: $0.rule, subject: FactID($0.subject, "").subject) })
    let rules = Set(entries.filter { $0.violates != nil }.map(\.rule))
    result.violated = violated.filter { !rules.contains($0.rule) || present.contains($0) }
    result.violated.formUnion(present.filter { rules.contains($0.rule) })
    return result
  }
}

extension DriftEntry {
  /// Whether accepting this entry takes a fact over: itself, what is in the element, and for a
  /// subject that came or went all of its facts and parts.
  fileprivate func covers(_ other: FactID) -> Bool {
    if other == id { return true }
    if id.isPresence {
      return other.subject == id.subject
        || (id.subject.kind == .domain && other.subject.isOfDomain
          && other.subject.name.hasPrefix(id.subject.name + "/"))
    }
    return other.subject == id.subject && id.subject.isOfDomain
      && other.key.hasPrefix(id.key + "/")
  }

  /// Whether a word of the command line names this entry: the rule, the fact or the subject, as
  /// written or as a glob.
  public func isNamed(by word: String) -> Bool {
    let glob = Glob(word)
    return [rule, id.key, subject.name].contains { $0 == word || glob.matches($0) }
  }
}

extension DriftMemory {
  /// The memory without entries that were accepted: those did not go away by themselves.
  public func forgetting(_ entries: [DriftEntry]) -> DriftMemory {
    var result = self
    let accepted = Set(entries.map(\.fingerprint))
    result.said.removeAll { accepted.contains($0.fingerprint) }
    return result
  }
}

extension Baseline {
  /// `baseline show`: the head, and with `verbose` every fact.
  public func text(file: String, verbose: Bool) -> String {
    var text = "Baseline of \(Safe.text(hostName ?? "a host without a name")), "
    text += "saved \(savedAt) under the profile \(Safe.text(profile))\n"
    text += "\(facts.count) facts, \(violated.count) known violations, in \(Safe.text(file))\n"
    guard verbose else { return text + "-v lists them.\n" }
    for item in violated.sorted(by: { ($0.rule, $0.subject) < ($1.rule, $1.subject) }) {
      text += "violated  \(Safe.text(item.rule))  \(Safe.text(item.subject.name))\n"
    }
    for (id, value) in facts.sorted(by: { $0.key < $1.key }) {
      let subject = id.subject.kind == .host ? "" : "\(Safe.text(id.subject.name))  "
      text += "\(subject)\(Safe.text(id.key)) = "
      text += Safe.text(value.replacing("\n", with: "; ")) + "\n"
    }
    return text
  }
}
