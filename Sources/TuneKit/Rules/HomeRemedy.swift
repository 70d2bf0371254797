// Rules that want a domain elsewhere leave it to the solver where. An audit only names the domains; a
// plan asks the solver once for all of them, and the rules are asked again knowing the places.

extension Context {
  /// The remedy of a rule that wants domains elsewhere.
  func homeRemedy(_ domains: [Domain], risk: String? = nil) -> Remedy {
    guard let homes else {
      return Remedy(
        .nextGuestStart, "find the best place beside all others: 'tuned-vm plan' shows it",
        risk: risk, moves: domains.map(\.key))
    }
    let places = domains.compactMap { domain in homes.places[domain.key].map { (domain, $0) } }
    let changes = places.compactMap { domain, place in
      domain.isTransient ? nil : place.change
    }
    let summaries = places.filter { $0.1.change != nil }.map { domain, place in
      domains.count > 1 ? "\(domain.key): \(place.summary)" : place.summary
    }
    if !changes.isEmpty {
      return Remedy(
        .nextGuestStart, summaries.joined(separator: "; "), risk: risk,
        changes: changes.map(Change.domain), moves: domains.map(\.key))
    }
    if let place = places.first(where: { $0.0.isTransient && $0.1.change != nil })?.1 {
      return .advice(
        place.summary + " in the definition that whoever starts this transient domain uses")
    }
    if let domain = domains.first(where: { homes.obstacles[$0.key] != nil }) {
      return .advice(
        "there is no better place for \(domain.key): \(homes.obstacles[domain.key] ?? "")")
    }
    return .advice("it has the best place there is now: see 'tuned-vm place --explain'")
  }

  /// The same for one domain.
  func homeRemedy(_ domain: Domain, risk: String? = nil) -> Remedy {
    homeRemedy([domain], risk: risk)
  }

  /// A rule's own remedy, unless the domain moves: then the edits that move it, which put this right
  /// as well.
  func home(_ domain: Domain, or remedy: Remedy) -> Remedy {
    guard homes?.places[domain.key]?.change != nil else { return remedy }
    return homeRemedy(domain, risk: remedy.risk)
  }

  /// Why no place can be found on this host, whatever is asked: cores of more than two PUs.
  var coresUnplaceable: Verdict? {
    let wide = facts.topology.cores.first { $0.cpus.count > 2 }
    return wide.map {
      .unknown(
        "the core of CPUs \($0.cpus) has \($0.cpus.count) PUs; placement knows cores of one or two")
    }
  }

  /// The same with the places of the domains that a report's findings want elsewhere; nil where there
  /// is none.
  func findingHomes(for report: Report) -> Context? {
    let wanted = report.findings.reduce(into: Set<String>()) { keys, finding in
      if finding.waiver == nil { keys.formUnion(finding.violation.remedy.moves) }
    }
    guard !wanted.isEmpty else { return nil }
    return with(HomeFinder(context: self, wanted: wanted).find())
  }

  /// The same with places.
  func with(_ homes: Homes) -> Context {
    Context(
      facts: facts, profile: profile, domainProfiles: domainProfiles,
      configuration: configuration, homes: homes, today: today)
  }
}
