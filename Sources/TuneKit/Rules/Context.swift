// What a rule may look at: the facts, the wanted profiles, and the configuration.

/// The whole input of an evaluation.
public struct Context: Sendable {
  /// What is known of the host and its domains.
  public let facts: Facts
  /// The profile that decides for the host.
  public let profile: EffectiveProfile
  /// The profile of each domain by `Domain.key`, where it differs from the host's.
  public let domainProfiles: [String: EffectiveProfile]
  /// Reserved CPUs, thresholds, domain tags …
  public let configuration: Configuration
  /// Where the solver puts the domains that rules want elsewhere; nil where nobody has asked it, as
  /// in an audit.
  public let homes: Homes?
  /// Today, `YYYY-MM-DD`, for waivers; the clock is outside this module.
  public let today: String

  /// Creates a context.
  public init(
    facts: Facts, profile: EffectiveProfile, domainProfiles: [String: EffectiveProfile] = [:],
    configuration: Configuration = Configuration(), homes: Homes? = nil, today: String = ""
  ) {
    self.facts = facts
    self.profile = profile
    self.domainProfiles = domainProfiles
    self.configuration = configuration
    self.homes = homes
    self.today = today
  }

  /// The profile that decides for a domain.
  public func profile(of domain: Domain) -> EffectiveProfile {
    domainProfiles[domain.key] ?? profile
  }
}
