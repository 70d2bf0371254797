// What an audit makes of rules' judgements: severities, guests of other hypervisors, no host at all,
// definitions that nobody understands, and the configuration's waivers.

import Testing

@testable import TuneKit

@Suite struct AuditTests {
  /// What is said under a profile whose `rules:` has these.
  private func assess(
    _ host: Snapshot, rules: [(rule: String, severity: Severity)] = [], waivers: [Waiver] = []
  ) throws -> [Audit.Assessment] {
    var profile = try ShippedForTests.profile(.general)
    profile.severities += rules
    var configuration = Configuration()
    configuration.waivers = waivers
    let context = Context(
      facts: Facts(host), profile: profile, configuration: configuration, today: "2026-01-01")
    let found = Audit.assess(context, rules: Catalogue.all)
    return found + DomainFailureRule.assess(context, Selection())
      + WaiverRules.assess(
        context, over: found, selection: Selection(), ids: Catalogue.all.map(\.about.id))
  }

  private func of(_ rule: String, _ found: [Audit.Assessment]) -> [Audit.Assessment] {
    found.filter { $0.about.id == rule }
  }

  @Test func whatAProfileNamesCounts() throws {
    let host = Snapshot.exampleHost().with("/proc/sys/vm/swappiness", "100\n")
    let id = "mem.swappiness"
    #expect(of(id, try assess(host)).count == 1)
    #expect(of(id, try assess(host, rules: [(id, .off)])).isEmpty)
    #expect(of(id, try assess(host, rules: [(id, .info)])).map(\.severity) == [.info])
    #expect(of(id, try assess(host, rules: [(id, .critical)])).map(\.severity) == [.critical])
  }

  @Test func withoutAHostRulesOfTheHostSayWhy() throws {
    let reason = "connected elsewhere"
    let found = try assess(
      Snapshot(origin: .none(reason)).withDomain(DomainXML.example(extra: "<memoryBacking/>")))
    let ofHost = found.filter { !$0.subject.isOfDomain }
    #expect(ofHost.count > 20)
    for item in ofHost { #expect(item.verdict == .notApplicable(reason), "\(item.about.id)") }
  }

  @Test func aGuestOfAnotherHypervisorIsLeftAlone() throws {
    let found = try assess(
      Snapshot.exampleHost().withDomain(DomainXML.example(type: "xen"), running: true))
    let ofDomain = found.filter(\.subject.isOfDomain)
    #expect(ofDomain.count > 20)
    for item in ofDomain {
      #expect(item.verdict.reason?.hasPrefix("a guest of 'xen'") == true, "\(item.about.id)")
    }
  }

  @Test func aDefinitionThatNobodyUnderstandsIsUnknown() throws {
    let host = Snapshot.exampleHost().withDomain("<domain type='kvm'><name>web1</name>")
    let id = "dom.definition"
    let found = of(id, try assess(host))
    #expect(found.map(\.severity) == [.warning])
    #expect(found.map(\.verdict.word) == ["unknown"])
    #expect(of(id, try assess(host, rules: [(id, .info)])).map(\.severity) == [.info])
    #expect(of(id, try assess(host, rules: [(id, .off)])).isEmpty)
  }

  @Test func waiversAreJudgedThemselves() throws {
    let host = Snapshot.exampleHost().with("/proc/sys/vm/swappiness", "100\n")
    func waiver(_ rule: String, until: String? = nil) -> Waiver {
      Waiver(rule: rule, subject: nil, reason: "decided", until: until)
    }
    let (over, idle) = ("config.waiver-expired", "config.waiver-unused")
    func words(_ waivers: [Waiver], _ rules: [(rule: String, severity: Severity)] = []) throws
      -> [String]
    {
      let found = try assess(host, rules: rules, waivers: waivers)
      return [over, idle].flatMap { id in
        of(id, found).map { "\($0.verdict.word) \($0.severity.word)" }
      }
    }
    #expect(try words([]) == [])
    #expect(try words([waiver("mem.swappiness")]) == ["satisfied warning", "satisfied info"])
    #expect(try words([waiver("mem.no*")]) == ["satisfied warning", "violated info"])
    #expect(
      try words([waiver("mem.swappiness", until: "2025-12-31")])
        == ["violated warning", "satisfied info"])
    #expect(
      try words([waiver("mem.no*")], [(over, .off), (idle, .critical)]) == ["violated critical"])
  }
}
