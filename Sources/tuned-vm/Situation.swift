// What every command starts from: the configuration, the profiles, the facts, and what was asked
// for.

import TuneHost
import TuneKit

/// A host with its wanted state, ready to be judged.
struct Situation {
  /// What rules look at.
  let context: Context
  /// The rules that are in play.
  let rules: [RuleInstance]
  /// What of the verdicts is asked for.
  let selection: Selection
  /// What could not be read and is worth telling.
  let notices: [String]
  /// Where the snapshot came from.
  let request: ProbeRequest

  /// Reads the configuration, the profiles, and the host or tree or files the options name.
  ///
  /// - Throws: typed errors with the exit codes of the contract.
  init(_ input: InputOptions, _ filter: RuleFilterOptions? = nil) throws {
    let site = try Site(input)
    Progress.begin(.reading)
    let request = ProbeRequest(
      root: input.root, connect: input.connect, domainXML: input.domainXml,
      extraFiles: site.profile.furtherReadings)
    let facts = Facts(try HostProbe.snapshot(request))
    Progress.begin(.judging)
    try Self.refuseMalformedFiles(facts, input)
    self.request = request
    let tags = try DomainTags(facts.domains, site)
    notices = facts.snapshot.notices + tags.notices
    context = Context(
      facts: facts, profile: site.profile,
      domainProfiles: tags.profiles,
      configuration: site.configuration, today: Clock.today())
    rules = Catalogue.rules(for: site.profile)
    selection = try Selection(
      only: filter?.only ?? [], skip: filter?.skip ?? [],
      domains: Self.keys(input.domain, in: facts))
    try Self.refuseUnknown(
      (filter?.only ?? []) + (filter?.skip ?? []), in: rules.map(\.about.id))
  }

  /// The level that makes the exit code 1: the option's, else the configuration's, else warning;
  /// nil for never.
  func failLevel(_ option: FailLevel?) -> Severity? {
    if let option { return option.severity }
    let configured = context.configuration.failOn.flatMap(FailLevel.init(rawValue:))
    return configured.map(\.severity) ?? .warning
  }

  /// After everything else was printed: domains that could not be understood end the run with 65
  /// where they were named by `--domain-xml`, and are said where they lie below a tree.
  func complainOfMalformedDomains() throws {
    let messages = context.facts.domainFailures.map(\.message)
    guard !messages.isEmpty else { return }
    guard !request.domainXML.isEmpty else { return Terminal.complain(messages) }
    throw Failure(.malformed, messages: messages)
  }

  /// A malformed file that was named itself ends the run before anything is printed.
  private static func refuseMalformedFiles(_ facts: Facts, _ input: InputOptions) throws {
    let named = Set(input.domainXml)
    let messages = facts.domainFailures.filter { named.contains($0.origin) }.map(\.message)
    if !messages.isEmpty { throw Failure(.malformed, messages: messages) }
  }

  /// The keys of the domains that names, uuids or globs mean.
  private static func keys(_ patterns: [String], in facts: Facts) throws -> Set<String>? {
    guard !patterns.isEmpty else { return nil }
    var keys: Set<String> = []
    for pattern in patterns {
      let glob = Glob(pattern)
      let matches = facts.domains.filter {
        $0.name == pattern || $0.key == pattern || $0.definition.uuid == pattern.lowercased()
          || glob.matches($0.name) || glob.matches($0.key)
      }
      guard !matches.isEmpty else { throw Failure.unknownDomain(pattern, in: facts) }
      keys.formUnion(matches.map(\.key))
    }
    return keys
  }

  /// A filter that matches no rule is a mistake.
  private static func refuseUnknown(_ globs: [String], in ids: [String]) throws {
    for pattern in globs where !ids.contains(where: { Glob(pattern).matches($0) }) {
      throw Failure(.usage, "no rule \(pattern.quoted())\(Nearest.hint(pattern, in: ids))")
    }
  }
}
