// Every example of every rule gives the outcome it names.

import Testing

@testable import TuneKit

@Suite struct RuleExampleTests {
  @Test(arguments: Catalogue.all.map(\.about.id))
  func examplesGiveTheirOutcome(id: String) throws {
    let rule = try #require(Catalogue.all.first { $0.about.id == id })
    for example in rule.examples {
      let profile = try ShippedForTests.profile(example.family)
      let facts = Facts(example.snapshot)
      let context = Context(
        facts: facts, profile: profile, domainProfiles: try ShippedForTests.tagged(facts),
        today: "2026-01-01")
      let judgements = rule.evaluate(context)
      let outcome = Self.outcome(judgements, rule.about.severity[example.family])
      #expect(
        Self.matches(outcome, example.outcome),
        "\(id): \(example.title) [\(example.family)]: \(outcome), \(judgements.map(\.verdict))")
    }
  }

  @Test(arguments: Catalogue.all.map(\.about.id))
  func everyRuleIsExplained(id: String) throws {
    let rule = try #require(Catalogue.all.first { $0.about.id == id })
    #expect(!rule.about.title.isEmpty && !rule.about.rationale.isEmpty)
    #expect(!rule.about.cost.isEmpty && !rule.about.notWhen.isEmpty)
    #expect(!rule.about.sources.isEmpty)
    // Judged by the engine over the whole run, not by the facts alone.
    if id.hasPrefix("config.") || id == "dom.definition" { return }
    #expect(
      rule.examples.contains { $0.outcome == .satisfied || $0.outcome == .notApplicable },
      "\(id) has no example in which it is silent")
  }

  /// Rules whose fault an example can't show: they need several profiles, or a run as a whole, or
  /// say only why they can't judge.
  private static let withoutFault: Set<String> = [
    "host.profile-conflict", "mig.max-bandwidth", "dom.definition",
    "config.waiver-expired", "config.waiver-unused",
  ]

  @Test func everyRuleShowsTheFaultItFinds() {
    let silent = Catalogue.all.filter { rule in
      !rule.examples.contains { example in
        if case .violated = example.outcome { true } else { false }
      }
    }
    #expect(Set(silent.map(\.about.id)).subtracting(Self.withoutFault) == [])
  }

  @Test func idsAreUnique() {
    let ids = Catalogue.all.map(\.about.id)
    #expect(Set(ids).count == ids.count)
  }

  /// violated > unknown > satisfied > notApplicable.
  private static func outcome(_ judgements: [Judgement], _ severity: Severity) -> Example.Outcome {
    var result = Example.Outcome.silent
    var rank = -1
    for judgement in judgements {
      let (next, nextRank): (Example.Outcome, Int) =
        switch judgement.verdict {
        case .notApplicable: (.notApplicable, 0)
        case .satisfied: (.satisfied, 1)
        case .unknown: (.unknown, 2)
        case .violated(let violation):
          (.violated(violation.severity ?? severity), 3 + (violation.severity ?? severity).rawValue)
        }
      if nextRank > rank { (result, rank) = (next, nextRank) }
    }
    return result
  }

  private static func matches(_ outcome: Example.Outcome, _ expected: Example.Outcome) -> Bool {
    if case .violated = outcome, expected == .violated(nil) { return true }
    return outcome == expected
  }
}
