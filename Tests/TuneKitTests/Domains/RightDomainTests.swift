// Definitions in the style of the tools that write them: right ones are left alone.

import TestSupport
import Testing

@testable import TuneKit

@Suite struct RightDomainTests {
  static let names = DomainFixture.all.keys.sorted()

  private static func fixture(_ name: String) throws -> DomainFixture {
    try #require(DomainFixture.all[name])
  }

  @Test func thereAreDefinitionsForEveryProfile() {
    let families = Set(DomainFixture.all.values.map(\.family))
    #expect(families == Set(ProfileFamily.allCases))
  }

  @Test(arguments: names)
  func aRightDomainThatIsOffHasNothingGrave(name: String) throws {
    let fixture = try Self.fixture(name)
    let audit = try DomainAudit(Snapshot.fixtureHost.with(domain: fixture.text), fixture.family)
    #expect(audit.grave.isEmpty, "\(audit.grave.joined(separator: "\n"))")
  }

  @Test(arguments: names)
  func aRightDomainThatRunsHasNothingGrave(name: String) throws {
    let fixture = try Self.fixture(name)
    let host = Snapshot.fixtureHost.withDomain(fixture.text, running: true)
    let audit = try DomainAudit(host, fixture.family)
    #expect(audit.grave.isEmpty, "\(audit.grave.joined(separator: "\n"))")
  }

  @Test(arguments: names)
  func withoutAHostNothingIsGuessed(name: String) throws {
    let fixture = try Self.fixture(name)
    let audit = try DomainAudit(
      Snapshot(origin: .none("only domains were given")).with(domain: fixture.text), fixture.family)
    #expect(audit.grave.isEmpty, "\(audit.grave.joined(separator: "\n"))")
  }

  /// All of them on one host, each with its own profile by its metadata: guests don't get in each
  /// other's way.
  @Test func allOfThemTogetherHaveNothingGrave() throws {
    let dedicated = ["db", "latency", "hpc", "network", "gpu"]
    var host = Snapshot.fixtureHost
    for name in dedicated { host = host.withDomain(try Self.fixture(name).text, running: true) }
    let audit = try DomainAudit(host, .hpc)
    let between = ["cpu.pin-overlap", "cpu.dedicated-shared", "cpu.pin-siblings", "cpu.kvm-hints"]
    let found = audit.findings.filter { between.contains($0.about.id) && $0.severity > .info }
    #expect(found.isEmpty, "\(found.map { "\($0.about.id) \($0.subject.name)" })")
  }
}
