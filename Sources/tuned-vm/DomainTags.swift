// The profile of each domain.

import TuneKit

/// Profiles that domains carry in their metadata or get from the configuration.
struct DomainTags {
  /// The profile of each domain that has one of its own, by `Domain.key`.
  private(set) var profiles: [String: EffectiveProfile] = [:]
  /// Tags that name no profile.
  private(set) var notices: [String] = []

  /// Metadata wins over the configuration. Definitions are not the operator's alone, so a tag that
  /// names no profile is said and passed over, and never read as a file; the configuration's name
  /// must be right.
  init(_ domains: [Domain], _ site: Site) throws {
    var loaded: [String: EffectiveProfile] = [:]
    for domain in domains {
      if let name = domain.definition.tags.profile {
        let isName = !name.contains("/") && !name.hasSuffix(".yaml")
        let profile = loaded[name] ?? (isName ? try? site.profile(name) : nil)
        guard let profile else {
          notices.append(
            "domain \(domain.key.quoted()) asks for no known profile: \(name.quoted())")
          continue
        }
        loaded[name] = profile
        profiles[domain.key] = profile
      } else if let name = Self.configured(domain, site.configuration) {
        let profile = try loaded[name] ?? site.profile(name)
        loaded[name] = profile
        profiles[domain.key] = profile
      }
    }
  }

  private static func configured(_ domain: Domain, _ configuration: Configuration) -> String? {
    configuration.domains.first { $0.profile != nil && Glob($0.match).matches(domain.name) }?
      .profile
  }
}
