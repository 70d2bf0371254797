// What the site says of a domain: metadata wins over the configuration's globs.

extension Context {
  /// The tags of a domain (rules.md annex h 4).
  public func tags(of domain: Domain) -> DomainDefinition.Tags {
    var tags = domain.definition.tags
    for entry in configuration.domains where Glob(entry.match).matches(domain.name) {
      tags.profile = tags.profile ?? entry.profile
      tags.trust = tags.trust ?? entry.trust
      tags.role = tags.role ?? entry.role
      tags.confidential = tags.confidential ?? entry.confidential
    }
    return tags
  }

  /// The trust tier of a domain. Under `secure` a domain without a tag is a tier of its own; under
  /// other profiles all of them share one.
  func tier(of domain: Domain) -> String {
    if let trust = tags(of: domain).trust { return "tag " + trust }
    return profile.family == .secure ? "domain " + domain.key : "untagged"
  }

  /// The tiers of all domains.
  var tiers: Set<String> { Set(facts.domains.map { tier(of: $0) }) }

  /// Whether every domain bears the same tag: they trust each other.
  var isOneTaggedTier: Bool {
    tiers.count == 1 && facts.domains.allSatisfy { tags(of: $0).trust != nil }
  }

  /// One verdict for each domain.
  func judgeDomains(_ verdict: (Domain) -> Verdict) -> [Judgement] {
    facts.domains.map { Judgement($0.subject, verdict($0)) }
  }
}

extension DomainDefinition {
  /// The evidence line of an element or, where it is absent, of the place it would have.
  func evidence(
    _ place: String, observed: String?, expected: String? = nil
  ) -> Evidence {
    Evidence("/domain/" + place, observed: observed, expected: expected)
  }
}

extension Remedy {
  /// An edit of the definition that a restart of the guest makes real.
  static func edit(_ summary: String, _ domain: Domain, _ edits: [XMLEdit]) -> Remedy {
    Remedy(
      .nextGuestStart, summary, changes: [.domain(DomainChange(domain: domain.key, edits: edits))])
  }
}
