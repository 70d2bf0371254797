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

  @Test func pinsToReservedCPUsAreNamed() throws {
    let host = Snapshot.fixtureHost.with(domain: try Self.fixture("db").text)
    func found(_ reserved: CPUSet) throws -> Bool {
      let context = Context(
        facts: Facts(host), profile: try ShippedForTests.profile(.db),
        configuration: Configuration(reservedCPUs: reserved), today: "2026-06-01")
      return Audit.assess(context, rules: Catalogue.all).contains {
        if case .violated = $0.verdict { return $0.about.id == "cpu.dedicated-shared" }
        return false
      }
    }
    #expect(try !found([16, 17, 48, 49]))
    #expect(try found([16, 20]))
  }

  /// A live host's threads can be pinned again, and the model shows it.
  @Test func threadsThatWereMovedArePinnedAgain() throws {
    var host = Snapshot.fixtureHost.withDomain(try Self.fixture("db").text, running: true)
    host.origin = .live
    for (tid, name, cpus) in [
      (4242, "qemu-system-x86", "16,48"), (4250, "CPU 0/KVM", "0-63"), (4251, "IO iothread2", "3"),
    ] {
      host = host.with("/proc/4242/task/\(tid)/comm", name + "\n")
        .with("/proc/4242/task/\(tid)/status", "Name:\tx\nCpus_allowed_list:\t\(cpus)\nMems:\t0\n")
    }
    func violation(_ host: Snapshot) throws -> Violation? {
      let context = Context(facts: Facts(host), profile: try ShippedForTests.profile(.db))
      for judgement in AffinityActual.evaluate(context) {
        if case .violated(let violation) = judgement.verdict { return violation }
      }
      return nil
    }
    let found = try #require(try violation(host))
    guard case .domain(let change)? = found.remedy.changes.first else {
      Issue.record("no change")
      return
    }
    #expect(change.edits.isEmpty)
    #expect(change.live == [.pinVCPU(0, [20]), .pinIOThread(2, [49])])
    let after = try host.applying(found.remedy.changes)
    #expect(try violation(after) == nil)
    #expect(after.domains == host.domains)
  }
}
