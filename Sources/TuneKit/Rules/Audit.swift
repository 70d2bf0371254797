// The engine: evaluates rules, decides severities, matches waivers and filters, builds the report.

/// What of an audit is asked for; what isn't still counts in the facts.
public struct Selection: Sendable {
  /// Rule globs; empty means every rule.
  public var only: [String]
  /// Rule globs that are left out.
  public var skip: [String]
  /// Domain keys to report; nil means the host and every domain.
  public var domains: Set<String>?

  /// Creates a selection.
  public init(only: [String] = [], skip: [String] = [], domains: Set<String>? = nil) {
    self.only = only
    self.skip = skip
    self.domains = domains
  }

  /// Whether a rule is asked for.
  public func includes(rule id: String) -> Bool {
    if !only.isEmpty, !only.contains(where: { Glob($0).matches(id) }) { return false }
    return !skip.contains { Glob($0).matches(id) }
  }

  /// Whether anything was left out, so that an unused waiver proves nothing.
  public var isPartial: Bool { !only.isEmpty || !skip.isEmpty || domains != nil }
}

/// Evaluates rules over facts.
public enum Audit {
  /// One judgement with the rule it came from and the severity that its profile gives it.
  public struct Assessment: Sendable {
    /// The rule.
    public let about: RuleInfo
    /// What was judged.
    public let subject: Subject
    /// The answer.
    public let verdict: Verdict
    /// The severity under the deciding profile; `off` only where the verdict is no violation.
    public let severity: Severity
    /// The domain the subject belongs to (`Domain.key`); nil for the host's things.
    public let domain: String?
  }

  /// Evaluates every selected rule. Assessments come in the order of the rules and, within one, of
  /// the subjects.
  public static func assess(
    _ context: Context, rules: [RuleInstance], selection: Selection = Selection()
  ) -> [Assessment] {
    var owners = Owners(context.facts.domains)
    let foreign = foreignGuests(context.facts.domains)
    var assessments: [Assessment] = []
    for rule in rules where selection.includes(rule: rule.about.id) {
      guard isWanted(rule, by: context) else { continue }
      let host = Grade(rule.about, context.profile)
      let guests = context.domainProfiles.mapValues { Grade(rule.about, $0) }
      for judgement in distinct(rule.evaluate(context)) {
        let key = owners.key(of: judgement.subject)
        if let wanted = selection.domains {
          guard let key, wanted.contains(key) else { continue }
        }
        let grade = guests.isEmpty ? host : key.flatMap { guests[$0] } ?? host
        let verdict =
          elsewhere(judgement, context) ?? key.flatMap { foreign[$0] } ?? judgement.verdict
        guard let severity = grade.severity(of: verdict) else { continue }
        assessments.append(
          Assessment(
            about: rule.about, subject: judgement.subject, verdict: verdict, severity: severity,
            domain: key))
      }
    }
    return assessments
  }

  /// Builds the report of an audit.
  ///
  /// - Parameters:
  ///   - notices: what could not be read and is worth telling; nil for the snapshot's own.
  ///   - generatedAt: the time stamp, RFC 3339 UTC; the clock is outside this module.
  public static func report(
    _ context: Context, rules: [RuleInstance], selection: Selection = Selection(),
    notices: [String]? = nil, toolVersion: String, generatedAt: String
  ) -> Report {
    var assessments = assess(context, rules: rules, selection: selection)
    assessments += DomainFailureRule.assess(context, selection)
    assessments += WaiverRules.assess(
      context, over: assessments, selection: selection, ids: rules.map(\.about.id))
    let waivers = WaiverRules.matchers(context)
    var findings: [Report.Finding] = []
    var references: (rule: String, texts: [String]) = ("", [])
    for item in assessments {
      guard case .violated(let violation) = item.verdict else { continue }
      if references.rule != item.about.id {
        references = (item.about.id, item.about.sources.map(\.text))
      }
      findings.append(
        Report.Finding(
          rule: item.about.id, severity: item.severity, subject: item.subject,
          violation: violation.notingOwners(context.facts),
          references: references.texts,
          waiver: waivers.first { !$0.isOver && $0.matches(item.about.id, item.subject) }?.waiver,
          fingerprint: Fingerprint.of(rule: item.about.id, item.subject)))
    }
    return Report(
      toolVersion: toolVersion, generatedAt: generatedAt, host: context.facts.host,
      profile: context.profile.name, findings: Causes.shared(worstFirst(findings)),
      ledger: ledger(assessments),
      notices: notices ?? context.facts.snapshot.notices, facts: context.facts)
  }

  /// By severity downwards, rule and subject. Places are sorted, for a finding is many words to move.
  private static func worstFirst(_ findings: [Report.Finding]) -> [Report.Finding] {
    findings.indices.sorted { left, right in
      guard findings[left].severity == findings[right].severity else {
        return findings[left].severity > findings[right].severity
      }
      guard findings[left].rule == findings[right].rule else {
        return findings[left].rule < findings[right].rule
      }
      return findings[left].subject < findings[right].subject
    }.map { findings[$0] }
  }

  /// Every verdict, by rule and subject. Assessments come rule by rule and mostly in the order of
  /// subjects, so that little is left to sort.
  private static func ledger(_ assessments: [Assessment]) -> [Report.Entry] {
    var byRule: [String: [Report.Entry]] = [:]
    for item in assessments {
      byRule[item.about.id, default: []].append(
        Report.Entry(rule: item.about.id, subject: item.subject, verdict: item.verdict))
    }
    return byRule.sorted { $0.key < $1.key }.flatMap { _, entries in
      zip(entries, entries.dropFirst()).contains { $1.subject < $0.subject }
        ? entries.sorted { $0.subject < $1.subject } : entries
    }
  }

  /// A rule that is off under every profile in play is not evaluated, unless it states a severity
  /// itself for some case; those are asked so that the text of a row can beat its header.
  private static func isWanted(_ rule: RuleInstance, by context: Context) -> Bool {
    let severity = rule.about.severity
    return ([context.profile] + context.domainProfiles.values).contains { profile in
      if let named = profile.namedSeverity(of: rule.about.id) { return named != .off }
      return !severity.isFinal || severity[profile.family] != .off
    }
  }

  /// Two judgements of one subject are one; the worse counts.
  private static func distinct(_ judgements: [Judgement]) -> [Judgement] {
    guard judgements.count > 1 else { return judgements }
    var subjects = Set<Subject>(minimumCapacity: judgements.count)
    if judgements.allSatisfy({ subjects.insert($0.subject).inserted }) { return judgements }
    var seen: [Subject: Int] = [:]
    var result: [Judgement] = []
    for judgement in judgements {
      guard let index = seen[judgement.subject] else {
        seen[judgement.subject] = result.count
        result.append(judgement)
        continue
      }
      if rank(judgement.verdict) > rank(result[index].verdict) { result[index] = judgement }
    }
    return result
  }

  private static func rank(_ verdict: Verdict) -> Int {
    switch verdict {
    case .notApplicable: 0
    case .satisfied: 1
    case .unknown: 2
    case .violated(let violation): 3 + (violation.severity?.rawValue ?? 0)
    }
  }

  /// Without a host, host rules have no opinion.
  private static func elsewhere(_ judgement: Judgement, _ context: Context) -> Verdict? {
    guard case .none(let reason) = context.facts.snapshot.origin, !judgement.subject.isOfDomain
    else { return nil }
    return .notApplicable(reason)
  }

  /// How a rule's violations count under one profile.
  private struct Grade {
    /// What the profile says; nil where it says nothing.
    let named: Severity?
    /// What the rule's own table says.
    let table: Severity

    init(_ about: RuleInfo, _ profile: EffectiveProfile) {
      named = profile.namedSeverity(of: about.id)
      table = about.severity[profile.family]
    }

    /// The severity; nil where the rule is off for this verdict.
    func severity(of verdict: Verdict) -> Severity? {
      if let named { return named == .off ? nil : named }
      if case .violated(let violation) = verdict, let stated = violation.severity {
        return stated == .off ? nil : stated
      }
      return table == .off ? nil : table
    }
  }

  /// Rules of this catalogue know QEMU's defaults; about guests of Xen, containers and the rest
  /// they would be wrong.
  private static func foreignGuests(_ domains: [Domain]) -> [String: Verdict] {
    var result: [String: Verdict] = [:]
    for domain in domains where !domain.definition.isQEMU {
      result[domain.key] = .notApplicable(
        "a guest of '\(domain.definition.type)': the rule speaks of QEMU")
    }
    return result
  }
}

/// Finds the domain that a subject belongs to: the one of its name, or of what stands before a `/`
/// of it.
private struct Owners {
  private let keys: Set<String>
  private let areWithoutSlash: Bool
  /// Subjects come domain by domain: the last answer is tried first.
  private var last: String?

  init(_ domains: [Domain]) {
    keys = Set(domains.map(\.key))
    areWithoutSlash = !keys.contains { $0.utf8.contains(UInt8(ascii: "/")) }
  }

  /// The domain's key; nil for a subject that is no part of a domain.
  mutating func key(of subject: Subject) -> String? {
    guard subject.isOfDomain else { return nil }
    if let last, areWithoutSlash, Self.isPart(subject.name, of: last) { return last }
    var name = Substring(subject.name)
    while !keys.contains(String(name)) {
      guard let slash = name.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
      name = name[..<slash]
    }
    last = String(name)
    return last
  }

  private static func isPart(_ name: String, of key: String) -> Bool {
    guard name.hasPrefix(key) else { return false }
    let rest = name.utf8.dropFirst(key.utf8.count).first
    return rest == nil || rest == UInt8(ascii: "/")
  }
}
