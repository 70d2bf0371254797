// What rules say where a kind of file can't be read: unknown with the reason, or nothing else than
// before. `make record` accepts a change; read its diff.

import Foundation
import TestSupport
import Testing

@testable import TuneKit

@Suite struct MissingFilesTests {
  private static let file = CapturedHost.fixtures + "/missing.txt"

  /// A host that is read in full, with guests of many kinds, a running one among them.
  private static let host: Snapshot = {
    var host = Snapshot.fixtureHost
    for name in DomainFixture.all.keys.sorted() where !name.hasPrefix("general-") {
      host = host.withDomain(DomainFixture.all[name]?.text ?? "", running: name == "db")
    }
    return host.with("/proc/net/route", "Iface\tDestination\nbr0\t00000000\n")
  }()

  /// Files of one kind: paths that differ in numbers alone.
  private static let kinds: [(name: String, paths: [String])] = {
    Dictionary(grouping: host.files.keys) { path in
      path.replacing(/[0-9a-f]{2,}:[0-9a-f:.]+|[0-9]+/, with: "N")
    }.map { ($0.key, $0.value) }.sorted { $0.0 < $1.0 }
  }()

  /// Each answer but the satisfied ones, subjects left out.
  private static func answers(_ host: Snapshot, _ profile: EffectiveProfile) throws -> Set<String> {
    let facts = Facts(host)
    let context = Context(
      facts: facts, profile: profile, domainProfiles: try ShippedForTests.tagged(facts),
      today: "2026-01-01")
    return Set(
      Audit.assess(context, rules: Catalogue.all).map { entry in
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

  @Test func whatIsMissingIsToldAsReviewed() throws {
    let profiles = try [ProfileFamily.secure, .migratable, .latency].map(ShippedForTests.profile)
    let whole = try profiles.map { try Self.answers(Self.host, $0) }
    var lines: [String] = []
    for kind in Self.kinds {
      var host = Self.host
      for path in kind.paths { host.files[path] = .missing("permission denied") }
      var found: Set<String> = []
      for (profile, before) in zip(profiles, whole) {
        found.formUnion(try Self.answers(host, profile).subtracting(before))
      }
      if !found.isEmpty { lines += ["", "# \(kind.name)"] + found.sorted() }
    }
    let now = lines.joined(separator: "\n") + "\n"
    if ProcessInfo.processInfo.environment["RECORD"] != nil {
      return try now.write(toFile: Self.file, atomically: true, encoding: .utf8)
    }
    let reviewed = (try? String(contentsOfFile: Self.file, encoding: .utf8)) ?? ""
    let (new, old) = (now.split(separator: "\n"), reviewed.split(separator: "\n"))
    let gone = old.filter { !new.contains($0) }.map { "- " + $0 }
    let came = new.filter { !old.contains($0) }.map { "+ " + $0 }
    #expect(
      now == reviewed,
      "if these are right, run 'make record':\n\((gone + came).joined(separator: "\n"))")
  }
}
