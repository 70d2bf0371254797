// What each rule says about each of its examples, word for word: verdicts, reasons, messages, proofs,
// remedies and severities. `make record` accepts a change; read its diff.

import Foundation
import TestSupport
import Testing

@testable import TuneKit

@Suite struct ExampleAnswerTests {
  static let directory = CapturedHost.fixtures + "/answers"
  private static let ids = Catalogue.all.map(\.about.id)

  @Test(arguments: ids)
  func theAnswersAreAsReviewed(id: String) throws {
    let rule = try #require(Catalogue.all.first { $0.about.id == id })
    let difference = try Reviewed.difference(
      Self.text(of: rule), from: "\(Self.directory)/\(id).txt")
    #expect(difference == nil, "\(id): \(difference ?? "")")
  }

  /// A rule that is gone leaves no answers behind.
  @Test(.disabled(if: Reviewed.isRecording))
  func thereAreAnswersOfRulesOnly() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.directory)
    #expect(names.sorted() == Self.ids.map { $0 + ".txt" }.sorted())
  }

  // MARK: - Text

  private static func text(of rule: RuleInstance) throws -> String {
    var lines = [severities(rule.about.severity)]
    for example in rule.examples {
      lines += ["", "# \(example.title) [\(example.family.rawValue)]"]
      let facts = Facts(example.snapshot)
      lines += answers(
        rule,
        Context(
          facts: facts, profile: try ShippedForTests.profile(example.family),
          domainProfiles: try ShippedForTests.tagged(facts), today: "2026-01-01"))
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// What a rule counts as under each profile.
  static func severities(_ table: Severities) -> String {
    "severity: \(table.standard.word)"
      + ProfileFamily.allCases.map { ", \($0.rawValue) \(table[$0].word)" }.joined()
      + (table.isFinal ? ", final" : "")
  }

  /// A few lines for each judgement.
  static func answers(_ rule: RuleInstance, _ context: Context) -> [String] {
    rule.evaluate(context).flatMap { judgement in
      let subject = "\(judgement.subject.kind.rawValue) \(judgement.subject.name)"
      switch judgement.verdict {
      case .satisfied(let evidence):
        return ["satisfied \(subject)"] + evidence.map(line)
      case .notApplicable(let reason), .unknown(let reason):
        return ["\(judgement.verdict.word) \(subject): \(reason)"]
      case .violated(let violation):
        let severity = violation.severity.map { " (\($0.word))" } ?? ""
        let remedy = violation.remedy
        let notes = [remedy.persistence, remedy.risk].compactMap { $0 }.map { " [\($0)]" }.joined()
        return ["violated\(severity) \(subject): \(violation.message)"]
          + violation.evidence.map(line)
          + (violation.cause.map { ["  cause: \($0)"] } ?? [])
          + ["  \(remedy.effect.rawValue): \(remedy.summary)\(notes)"]
          + remedy.moves.map { "  move: \($0)" }
          + remedy.changes.map { "  change: \($0)".replacing("TuneKit.", with: "") }
      }
    }
  }

  private static func line(_ evidence: Evidence) -> String {
    "  \(evidence.source): \(evidence.observed ?? "nothing")"
      + (evidence.expected.map { ", expected \($0)" } ?? "")
  }
}
