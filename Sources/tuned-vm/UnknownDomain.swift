// A name, uuid or glob that means no domain.

import TuneKit

extension Failure {
  /// The end of a command that was asked about a domain that isn't known: 64, or, where this machine's
  /// libvirt didn't say which domains there are, 69 with its reason.
  static func unknownDomain(_ pattern: String, in facts: Facts) -> Failure {
    if facts.snapshot.origin == .live, let reason = facts.snapshot.domainsMissing {
      return Failure(.unavailable, "domain \(pattern.quoted()) can't be looked for: \(reason)")
    }
    let hint = Nearest.hint(pattern, in: facts.domains.map(\.key))
    return Failure(.usage, "no domain \(pattern.quoted())\(hint)")
  }
}
