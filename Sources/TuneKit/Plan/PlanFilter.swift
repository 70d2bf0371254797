// What `--only` and `--skip` leave in: values of one kind are alternatives, of different kinds all
// must hold.

/// A list of rule globs, classes and `domain:NAME`, sorted by kind.
struct ChangeFilter: Sendable {
  var rules: [String] = []
  var classes: [RemedyClass] = []
  var domains: [String] = []

  init(_ values: [String]) {
    for value in values {
      if value.hasPrefix("domain:") {
        domains.append(String(value.dropFirst("domain:".count)))
      } else if let effect = RemedyClass(rawValue: value) {
        classes.append(effect)
      } else {
        rules.append(value)
      }
    }
  }

  var isEmpty: Bool { rules.isEmpty && classes.isEmpty && domains.isEmpty }

  /// Whether a candidate meets every kind that is given.
  func matches(_ candidate: Candidate, domain: String?) -> Bool {
    if !rules.isEmpty, !rules.contains(where: { Glob($0).matches(candidate.rule) }) {
      return false
    }
    if !classes.isEmpty, !classes.contains(candidate.effect) { return false }
    if !domains.isEmpty {
      guard let domain, domains.contains(where: { Glob($0).matches(domain) }) else { return false }
    }
    return true
  }
}

extension PlanOptions {
  /// Whether the rule and the domain are both named outright, which is what a change needs that
  /// could leave a guest unable to boot.
  func names(rule: String, domain: String) -> Bool {
    let filter = ChangeFilter(only)
    return filter.rules.contains(rule) && filter.domains.contains(domain)
  }

  /// Why a candidate is not asked for; nil where it is.
  func leavesOut(_ candidate: Candidate, domain: String?) -> String? {
    let (only, skip) = (ChangeFilter(only), ChangeFilter(skip))
    if !only.isEmpty, !only.matches(candidate, domain: domain) { return "not among --only" }
    if !skip.isEmpty, skip.matches(candidate, domain: domain) { return "left out by --skip" }
    if let domains {
      guard let domain, domains.contains(domain) else { return "left out by --domain" }
    }
    if !reachesHost, candidate.domain == nil, candidate.change != nil {
      return "out of reach: only the files of --domain-xml are changed"
    }
    return nil
  }
}
