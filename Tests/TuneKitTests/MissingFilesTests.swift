// What rules say where a kind of file can't be read: unknown with the reason, or nothing else than
// before. `make record` accepts a change; read its diff.

import TestSupport
import Testing

@testable import TuneKit

@Suite struct MissingFilesTests {
  /// A host that is read in full, with guests of many kinds, a running one among them.
  private static let whole: Snapshot = {
    var host = Snapshot.fixtureHost
    for name in DomainFixture.all.keys.sorted() where !name.hasPrefix("general-") {
      host = host.withDomain(DomainFixture.all[name]?.text ?? "", running: name == "db")
    }
    return host.with("/proc/net/route", "Iface\tDestination\nbr0\t00000000\n")
  }()

  /// The host without its files of one kind: of paths that differ in numbers alone.
  private static let hosts: [(missing: String, facts: Facts)] = {
    Dictionary(grouping: whole.files.keys) { path in
      path.replacing(/[0-9a-f]{2,}:[0-9a-f:.]+|[0-9]+/, with: "N")
    }.sorted { $0.key < $1.key }.map { kind, paths in
      var host = whole
      for path in paths { host.files[path] = .missing("permission denied") }
      return (kind, Facts(host))
    }
  }()

  @Test func whatIsMissingIsToldAsReviewed() throws {
    let difference = try Reviewed.difference(
      Self.text(of: Catalogue.all), from: CapturedHost.fixtures + "/missing.txt")
    #expect(difference == nil, "\(difference ?? "")")
  }

  /// For each kind of file what rules say only without it.
  static func text(of rules: [RuleInstance]) throws -> String {
    let profiles = try [ProfileFamily.secure, .migratable, .latency].map(ShippedForTests.profile)
    let facts = Facts(whole)
    let before = try profiles.map { try answers(rules, facts, $0) }
    var lines: [String] = []
    for host in hosts {
      var found: Set<String> = []
      for (profile, before) in zip(profiles, before) {
        found.formUnion(try answers(rules, host.facts, profile).subtracting(before))
      }
      if !found.isEmpty { lines += ["", "# \(host.missing)"] + found.sorted() }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Each answer but the satisfied ones, subjects left out.
  private static func answers(
    _ rules: [RuleInstance], _ facts: Facts, _ profile: EffectiveProfile
  ) throws -> Set<String> {
    let context = Context(
      facts: facts, profile: profile, domainProfiles: try ShippedForTests.tagged(facts),
      today: "2026-01-01")
    return Set(
      Audit.assess(context, rules: rules).map { entry in
        let verdict = entry.verdict
        let words =
          switch verdict {
          case .satisfied: ""
          case .notApplicable(let reason), .unknown(let reason): ": \(reason)"
          case .violated(let violation): ": \(violation.message)"
          }
        return "\(entry.about.id) \(verdict.word)\(words)"
      })
  }
}
