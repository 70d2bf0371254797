import TestSupport
import Testing

@testable import TuneKit

/// Every domain rule: its examples, and its changes put it right.
@Suite struct DomainRuleTests {
  private static func context(_ example: Example, _ snapshot: Snapshot) -> Context {
    Context(
      facts: Facts(snapshot),
      profile: EffectiveProfile(name: example.family.rawValue, family: example.family))
  }

  private static func rank(_ verdict: Verdict) -> Int {
    switch verdict {
    case .notApplicable: 0
    case .satisfied: 1
    case .unknown: 2
    case .violated: 3
    }
  }

  private static func worst(_ judgements: [Judgement]) -> Judgement? {
    judgements.max { rank($0.verdict) < rank($1.verdict) }
  }

  @Test(arguments: Catalogue.domainRules.map { $0.about.id })
  func itsExamplesComeOutAsWritten(_ id: String) throws {
    let rule = try #require(Catalogue.domainRules.first { $0.about.id == id })
    for example in rule.examples {
      let worst = Self.worst(rule.evaluate(Self.context(example, example.snapshot)))
      switch (example.outcome, worst?.verdict) {
      case (.silent, nil), (.satisfied, .satisfied), (.notApplicable, .notApplicable),
        (.unknown, .unknown):
        break
      case (.violated(let severity), .violated(let violation)):
        let found = violation.severity ?? rule.about.severity[example.family]
        #expect(severity == nil || severity == found, "\(id): \(example.title)")
      default:
        Issue.record("\(id): \(example.title): \(String(describing: worst))")
      }
    }
  }

  @Test(arguments: Catalogue.domainRules.map { $0.about.id })
  func itsChangesPutItRight(_ id: String) throws {
    let rule = try #require(Catalogue.domainRules.first { $0.about.id == id })
    for example in rule.examples {
      var snapshot = example.snapshot
      let judgements = rule.evaluate(Self.context(example, snapshot))
      var changed = false
      for judgement in judgements {
        guard case .violated(let violation) = judgement.verdict else { continue }
        for case .domain(let change) in violation.remedy.changes {
          snapshot = try snapshot.applying(change)
          changed = true
        }
      }
      guard changed else { continue }
      let after = rule.evaluate(Self.context(example, snapshot)).filter {
        if case .violated(let violation) = $0.verdict { return !violation.remedy.changes.isEmpty }
        return false
      }
      #expect(after.isEmpty, "\(id): \(example.title)")
    }
  }

  @Test func idsAreUniqueAndExplained() {
    let rules = Catalogue.domainRules
    #expect(Set(rules.map { $0.about.id }).count == rules.count)
    for rule in rules {
      let about = rule.about
      #expect(!about.rationale.isEmpty && !about.cost.isEmpty && !about.notWhen.isEmpty)
      #expect(!about.sources.isEmpty, "\(about.id)")
      #expect(rule.examples.contains { if case .violated = $0.outcome { true } else { false } })
      let silent = rule.examples.contains { if case .violated = $0.outcome { false } else { true } }
      #expect(silent, "\(about.id)")
    }
  }
}
