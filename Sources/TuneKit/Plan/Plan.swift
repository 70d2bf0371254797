// A plan: what apply would do, in order, and what it won't do and why.

/// What would be done to a host and its domains.
public struct Plan: Sendable {
  /// The profile's name.
  public var profile: String
  /// The profile's hash, for drop-in headers.
  public var profileHash: String
  /// A digest of what the changes read; the same as long as none of it moved.
  public var factsDigest: String
  /// The changes, in the order they are made; advice comes last.
  public var changes: [PlannedChange]
  /// Two rules that want different values for one thing. Neither is made.
  public var conflicts: [PlanConflict]
  /// What was asked for and is not made, and why.
  public var refusals: [Refusal]
  /// What the operator should know.
  public var notices: [String]

  /// Changes that are really made.
  public var work: [PlannedChange] { changes.filter { $0.kind != .advice } }
}

/// One change of a plan.
public struct PlannedChange: Sendable, Equatable {
  /// The kinds of the contract.
  public enum Kind: String, Sendable, CaseIterable {
    /// A kernel knob.
    case write
    /// A line of a drop-in.
    case persist
    /// A domain's definition.
    case domainXML = "domain-xml"
    /// A huge-page pool.
    case hugePages = "hugepages"
    /// Nothing is written.
    case advice
  }

  /// 16 hexadecimal digits of rule, subject, kind and target; the same in every plan.
  public var id: String
  /// The rule.
  public var rule: String
  /// What it speaks of; the domain for domain definitions.
  public var subject: Subject
  /// When it takes effect.
  public var effect: RemedyClass
  /// Its kind.
  public var kind: Kind
  /// The file, or the domain's name or file.
  public var target: String
  /// The value before; nil where there is none.
  public var before: String?
  /// The value after; nil for advice.
  public var after: String?
  /// The unified diff of a definition, without passwords.
  public var diff: String?
  /// What it costs and risks.
  public var risk: String
  /// What it does, one sentence.
  public var summary: String
  /// What is done; nil for advice.
  public var change: Change?
  /// Ids of changes that must have been made before.
  public var restsOn: [String]
  /// Other rules that want the very same.
  public var alsoFor: [String]
}

/// Two wishes for one target that exclude each other.
public struct PlanConflict: Sendable, Equatable {
  /// One wish.
  public struct Wish: Sendable, Equatable {
    /// The rule.
    public var rule: String
    /// What it speaks of.
    public var subject: Subject
    /// The wanted value.
    public var value: String
  }
  /// The file, or domain and XML node.
  public var target: String
  /// The wishes, by rule.
  public var wishes: [Wish]
}

/// A change that was asked for and is not made.
public struct Refusal: Sendable, Equatable {
  /// Why a change is left out.
  public enum Cause: String, Sendable {
    /// `--only`, `--skip` or `--domain` leave it out, or it is out of reach: not asked for.
    case notAskedFor = "not-asked-for"
    /// It would do harm here, or something else owns the target.
    case unsafe
    /// Two rules contradict each other.
    case conflict
    /// What it rests on is not made.
    case dependency
    /// The model refuses it: the kernel would not take the value.
    case impossible
  }
  /// The change's id.
  public var id: String
  /// The rule.
  public var rule: String
  /// What it speaks of.
  public var subject: Subject
  /// The file, or the domain's name or file.
  public var target: String
  /// Why.
  public var cause: Cause
  /// Why, and what to do; a sentence.
  public var reason: String
  /// Whether it was asked for: filters and reach leave out what was not, and what rests on it.
  public var isAskedFor: Bool
}

/// What of a plan is wanted and can be reached.
public struct PlanOptions: Sendable {
  /// `--only`: rule globs, classes, `domain:NAME`.
  public var only: [String]
  /// `--skip`: the same.
  public var skip: [String]
  /// Domain keys that may be changed; nil for all.
  public var domains: Set<String>?
  /// `--yes`.
  public var confirmed: Bool
  /// Whether the host's own files can be changed.
  public var reachesHost: Bool
  /// `--take`: knobs taken over from another tuner.
  public var take: [String]

  /// Creates options.
  public init(
    only: [String] = [], skip: [String] = [], domains: Set<String>? = nil,
    confirmed: Bool = false, reachesHost: Bool = true, take: [String] = []
  ) {
    self.only = only
    self.skip = skip
    self.domains = domains
    self.confirmed = confirmed
    self.reachesHost = reachesHost
    self.take = take
  }

  /// The first value of `--take` that names nothing, and what it could have named.
  public func unknownTake(_ facts: Facts, rules: [String]) -> (value: String, known: [String])? {
    guard !take.isEmpty else { return nil }
    let known = KnobOwner.names(in: facts, rules: rules)
    let files = facts.snapshot.files.keys
    return take.first { value in
      let glob = Glob(value)
      return !known.contains { glob.matches($0) } && !files.contains { glob.matches($0) }
    }.map { ($0, known) }
  }
}
