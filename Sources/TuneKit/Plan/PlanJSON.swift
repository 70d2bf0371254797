// The JSON form of a plan (tuned-vm/plan/v1).

extension Plan {
  /// The plan as JSON.
  public var json: JSONValue {
    .object(pairs: [
      ("schema", "tuned-vm/plan/v1"),
      ("profile", .string(profile)),
      ("factsDigest", .string(factsDigest)),
      ("changes", .array(changes.map(\.json))),
      ("conflicts", .array(conflicts.map(\.json))),
      ("notMade", .array(refusals.map(\.json))),
      ("notices", .array(notices.map(JSONValue.string))),
    ])
  }
}

extension PlannedChange {
  var json: JSONValue {
    .object(pairs: [
      ("id", .string(id)),
      ("rule", .string(rule)),
      ("subject", JSONReport.subject(subject)),
      ("class", .string(effect.rawValue)),
      ("kind", .string(kind.rawValue)),
      ("target", .string(target)),
      ("before", .optional(before)),
      ("after", .optional(after)),
      ("diff", .optional(diff)),
      ("risk", .string(risk)),
      ("summary", .string(summary)),
      ("restsOn", .array(restsOn.map(JSONValue.string))),
      ("alsoFor", .array(alsoFor.map(JSONValue.string))),
    ])
  }
}

extension PlanConflict {
  var json: JSONValue {
    .object(pairs: [
      ("target", .string(target)),
      (
        "wishes",
        .array(
          wishes.map { wish in
            .object(pairs: [
              ("rule", .string(wish.rule)), ("subject", JSONReport.subject(wish.subject)),
              ("value", .string(wish.value)),
            ])
          })
      ),
    ])
  }
}

extension Refusal {
  var json: JSONValue {
    .object(pairs: [
      ("id", .string(id)),
      ("rule", .string(rule)),
      ("subject", JSONReport.subject(subject)),
      ("target", .string(target)),
      ("cause", .string(cause.rawValue)),
      ("askedFor", .bool(isAskedFor)),
      ("reason", .string(reason)),
    ])
  }
}

/// What `apply --plan FILE` takes from a plan written earlier. Nothing of it is carried out as
/// such: the plan is made anew and must hold the same changes.
public struct SavedPlan: Sendable, Equatable {
  /// One change as the file states it.
  public struct Change: Sendable, Equatable {
    /// Its id.
    public var id: String
    /// The rule.
    public var rule: String
    /// The target.
    public var target: String
    /// The value it found.
    public var before: String?
    /// The value it leaves.
    public var after: String?
    /// The diff of a definition.
    public var diff: String?
  }
  /// The profile's name.
  public var profile: String
  /// The digest of what its changes read.
  public var factsDigest: String
  /// The changes other than advice.
  public var changes: [Change]

  /// Reads a plan's JSON.
  ///
  /// - Throws: ``JSONError`` where it is no JSON; `Failure` (65) where it is no plan.
  public init(_ bytes: [UInt8], file: String) throws {
    let value = try JSONValue(parsing: bytes)
    func wrong(_ what: String) -> Failure {
      Failure(.malformed, "\(Escape.text(file)):1:1: \(what)")
    }
    guard value["schema"]?.stringValue == "tuned-vm/plan/v1" else {
      throw wrong("no plan: 'schema' is not 'tuned-vm/plan/v1'")
    }
    guard let profile = value["profile"]?.stringValue,
      let digest = value["factsDigest"]?.stringValue, let list = value["changes"]?.arrayValue
    else { throw wrong("the plan lacks 'profile', 'factsDigest' or 'changes'") }
    self.profile = profile
    factsDigest = digest
    changes = try list.filter { $0["kind"]?.stringValue != "advice" }.map { item in
      guard let id = item["id"]?.stringValue, let rule = item["rule"]?.stringValue,
        let target = item["target"]?.stringValue
      else { throw wrong("a change of the plan lacks 'id', 'rule' or 'target'") }
      return Change(
        id: id, rule: rule, target: target, before: item["before"]?.stringValue,
        after: item["after"]?.stringValue, diff: item["diff"]?.stringValue)
    }
  }

  /// What moved between this plan and one made now, a sentence each; empty where it still holds.
  public func moved(since now: Plan) -> [String] {
    let current = Dictionary(now.changes.map { ($0.id, $0) }, uniquingKeysWith: { a, _ in a })
    return changes.compactMap { old in
      let name = "\(Escape.text(old.rule)) on '\(Escape.text(old.target))'"
      guard let new = current[old.id], new.kind != .advice else {
        return "\(name): no longer to be changed, or not in this way"
      }
      if new.before != old.before {
        return "\(name): was '\(shown(old.before))' when planned, is '\(shown(new.before))'"
      }
      if new.after != old.after || new.diff != old.diff {
        return "\(name): what it should become is no longer what was planned"
      }
      return nil
    }
  }

  private func shown(_ text: String?) -> String { text.map(Escape.text) ?? "(absent)" }
}
