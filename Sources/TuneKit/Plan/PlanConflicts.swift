// Two rules that want different values for one thing.

enum PlanConflicts {
  struct Found {
    let conflict: PlanConflict
    /// The ids of the wishes that are not made.
    let ids: [String]
  }

  /// All contradictions among wishes. Of pools the largest wish serves all, so they have none.
  static func find(_ wishes: [Candidate]) -> [Found] {
    plain(wishes) + definitions(wishes)
  }

  private static func plain(_ wishes: [Candidate]) -> [Found] {
    var byKey: [String: [Candidate]] = [:]
    for wish in wishes where wish.kind == .write || wish.kind == .persist {
      byKey[wish.key, default: []].append(wish)
    }
    return byKey.keys.sorted().compactMap { key in
      let rivals = byKey[key] ?? []
      guard let first = rivals.first,
        rivals.contains(where: { !KnobText.same($0.value, first.value) })
      else { return nil }
      return found(key, rivals.map { ($0, $0.value) })
    }
  }

  /// Edits of one place of one domain by different rules.
  private static func definitions(_ wishes: [Candidate]) -> [Found] {
    var byPlace: [String: [(Candidate, String)]] = [:]
    var removed: [String: [(Candidate, XMLPath)]] = [:]
    for wish in wishes {
      guard case .domain(let change) = wish.change else { continue }
      for edit in change.edits {
        if case .ensure = edit { continue }
        byPlace["\(change.domain): \(edit.place)", default: []].append((wish, edit.outcome))
        if edit.removes { removed[change.domain, default: []].append((wish, edit.path)) }
      }
    }
    var result: [Found] = byPlace.keys.sorted().compactMap { place in
      let rivals = byPlace[place] ?? []
      guard let first = rivals.first, rivals.contains(where: { $0.1 != first.1 }) else {
        return nil
      }
      return found(place, rivals)
    }
    for wish in wishes {
      guard case .domain(let change) = wish.change else { continue }
      for (remover, path) in removed[change.domain] ?? [] where remover.rule != wish.rule {
        let inside = change.edits.filter { !$0.removes && path.holds($0.path) }
        guard let edit = inside.first else { continue }
        result.append(
          found("\(change.domain): \(path)", [(wish, edit.outcome), (remover, "(absent)")]))
      }
    }
    return result
  }

  private static func found(_ target: String, _ rivals: [(Candidate, String)]) -> Found {
    var wishes: [PlanConflict.Wish] = []
    for (wish, value) in rivals {
      let entry = PlanConflict.Wish(rule: wish.rule, subject: wish.subject, value: value)
      if !wishes.contains(entry) { wishes.append(entry) }
    }
    wishes.sort { ($0.rule, $0.subject, $0.value) < ($1.rule, $1.subject, $1.value) }
    return Found(
      conflict: PlanConflict(target: target, wishes: wishes), ids: rivals.map { $0.0.id })
  }
}

extension XMLPath {
  /// Whether the other path leads to this element or into it.
  func holds(_ other: XMLPath) -> Bool {
    other.steps.count >= steps.count && other.steps.prefix(steps.count).elementsEqual(steps)
  }
}
