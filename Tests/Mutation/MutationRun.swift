// Tries mutants of the rules, one after the other, in one process. scripts/mutate puts this file
// into the copy of TuneKitTests; no part of the package.
//
// MUTATION_LIST names the mutants, a number a line; MUTATION_OUT gets each with its end.

import Foundation
import Testing

@testable import TuneKit

// Swift hides it; the child of a test has one thread and ends by _exit.
@_silgen_name("fork") private func fork() -> Int32

@Suite(.serialized) struct MutationRun {
  /// Tests of one rule, and the mutants they meet.
  private struct Unit {
    let id: String
    let cases: [Case]
    var met: Set<Int> = []
    var answers: [String] = []
    var missing: String?
  }

  /// A judged machine whose findings tests lay down.
  private struct Machine {
    let name: String
    let context: @Sendable () -> Context
    /// What must be found, if anything.
    let fault: (rule: String, subject: String)?
    /// Whether a grave finding beside it is an error.
    var before: [String: Set<String>] = [:]
  }

  private static let environment = ProcessInfo.processInfo.environment
  private static let isWanted = environment["MUTATION_LIST"] != nil

  @Test(.enabled(if: isWanted)) func everyMutantIsTried() throws {
    let list = try String(contentsOfFile: Self.environment["MUTATION_LIST"] ?? "", encoding: .utf8)
    let numbers = list.split(separator: "\n").compactMap { Int($0) }
    let out = try #require(
      fopen(Self.environment["MUTATION_OUT"] ?? "", "a"), "MUTATION_OUT can't be written")
    func say(_ text: String) {
      fputs(text + "\n", out)
      fflush(out)
    }
    let wanted = Set(numbers)
    var units = try Catalogue.all.map { Unit(id: $0.about.id, cases: try Self.cases($0)) }
    // Checks of a site's own, which no catalogue has.
    units += Set(RareVerdictTests.all.map(\.rule)).subtracting(units.map(\.id)).sorted().map {
      Unit(id: $0, cases: [])
    }
    let began = Date()
    for index in units.indices {
      Mutant.met.update(repeating: false, count: Mutant.size)
      if !units[index].cases.isEmpty,
        let issue = Self.issue(units[index].cases, of: units[index].id)
      {
        Issue.record("without a mutant: \(units[index].id): \(issue)")
        return
      }
      units[index].answers = Self.answers(units[index].cases, of: units[index].id)
      units[index].missing = Self.missing(units[index].id)
      if Self.isWithoutARareVerdict(units[index].id) {
        Issue.record("without a mutant: \(units[index].id) lacks a rare verdict")
        return
      }
      units[index].met = Set(wanted.filter { Mutant.met[$0] })
    }
    let middle = Date()
    var machines = Self.machines()
    let rules = Catalogue.all
    for index in machines.indices {
      machines[index].before = Self.findings(machines[index].context(), rules)
    }
    print(
      "examples \(middle.timeIntervalSince(began)) s, machines \(Date().timeIntervalSince(middle)) s"
    )
    // In a child, for some mutants crash and some never end: the parent goes on behind those.
    let place = mmap(nil, 8, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)?
      .assumingMemoryBound(to: Int.self)
    let progress = try #require(place)
    progress.pointee = 0
    while progress.pointee < numbers.count {
      let child = fork()
      if child == 0 {
        // Threads of a test runner block signals; this one is to end by the alarm.
        var none = sigset_t()
        sigemptyset(&none)
        sigprocmask(SIG_SETMASK, &none, nil)
        while progress.pointee < numbers.count {
          alarm(20)
          let number = numbers[progress.pointee]
          say("\(number)\t\(Self.end(of: number, units, machines))")
          progress.pointee += 1
        }
        _exit(0)
      }
      var status: Int32 = 0
      waitpid(child, &status, 0)
      if status == 0 { break }
      say("\(numbers[progress.pointee])\tkilled by signal \(status & 127)")
      progress.pointee += 1
    }
    fclose(out)
  }

  /// How one mutant ends.
  private static func end(of number: Int, _ units: [Unit], _ machines: [Machine]) -> String {
    Mutant.active = number
    let meeting = units.filter { $0.met.contains(number) || $0.met.contains(number - 1) }
    if meeting.isEmpty { return "unmet" }
    let shipped = meeting.filter { !$0.cases.isEmpty }
    for unit in shipped where issue(unit.cases, of: unit.id) != nil {
      return "killed by an example of \(unit.id)"
    }
    for unit in shipped where answers(unit.cases, of: unit.id) != unit.answers {
      return "killed by an answer of \(unit.id)"
    }
    for unit in meeting where isWithoutARareVerdict(unit.id) {
      return "killed by a rare verdict of \(unit.id)"
    }
    let ids = shipped.map(\.id)
    if let name = speaks(machines, ids) { return "killed by the machine \(name)" }
    for id in ids.prefix(5) where breaks(law: id) != nil { return "killed by a law on \(id)" }
    for unit in meeting.prefix(5) where missing(unit.id) != unit.missing {
      return "killed by a missing file under \(unit.id)"
    }
    return "survived"
  }

  /// The examples of a rule with what is read from them, which no mutant changes.
  private struct Case {
    let example: Example
    let facts: Facts
    let profile: EffectiveProfile
    let tagged: [String: EffectiveProfile]
  }

  private static func cases(_ rule: RuleInstance) throws -> [Case] {
    try rule.examples.map { example in
      let facts = Facts(example.snapshot)
      return Case(
        example: example, facts: facts, profile: try ShippedForTests.profile(example.family),
        tagged: try ShippedForTests.tagged(facts))
    }
  }

  /// The first example that comes out differently, as RuleExampleTests and DomainRuleTests see it.
  private static func issue(_ cases: [Case], of id: String) -> String? {
    guard let rule = Catalogue.all.first(where: { $0.about.id == id }) else { return "gone" }
    for item in cases {
      let family = item.example.family
      let context = Context(
        facts: item.facts, profile: item.profile, domainProfiles: item.tagged, today: "2026-01-01")
      let outcome = outcome(rule.evaluate(context), rule.about.severity[family])
      if !matches(outcome, item.example.outcome) { return item.example.title }
    }
    return nil
  }

  /// What ExampleAnswerTests compares.
  private static func answers(_ cases: [Case], of id: String) -> [String] {
    guard let rule = Catalogue.all.first(where: { $0.about.id == id }) else { return [] }
    return [ExampleAnswerTests.severities(rule.about.severity)]
      + cases.flatMap { item in
        ExampleAnswerTests.answers(
          rule,
          Context(
            facts: item.facts, profile: item.profile, domainProfiles: item.tagged,
            today: "2026-01-01"))
      }
  }

  private static func isWithoutARareVerdict(_ id: String) -> Bool {
    RareVerdictTests.all.contains { $0.rule == id && RareVerdictTests.others($0) != nil }
  }

  /// What MissingFilesTests compares.
  private static func missing(_ id: String) -> String? {
    try? MissingFilesTests.text(of: Catalogue.all.filter { $0.about.id == id })
  }

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

  /// What the laws complain about; nil where nothing.
  private static func breaks(law id: String) -> String? {
    let box = Box()
    try? withKnownIssue(isIntermittent: true) {
      if Catalogue.domainRules.contains(where: { $0.about.id == id }) {
        try DomainRuleTests().itsExamplesComeOutAsWritten(id)
        try DomainRuleTests().itsChangesPutItRight(id)
      }
      if box.found != nil { return }
      try RuleLawTests().aRemedyPutsTheMatterRight(id: id)
      if box.found != nil { return }
      try RuleLawTests().anUnreadableFactIsUnknownAndNoViolation(id: id)
      try RuleLawTests().theOrderOfDomainsDoesNotMatter(id: id)
    } matching: { issue in
      if box.found == nil { box.found = "\(issue)" }
      return true
    }
    return box.found
  }

  /// Holds the first issue of a run that has one thread.
  private final class Box: @unchecked Sendable { var found: String? }

  // MARK: Machines of the labelled and the planted tests

  private static func machines() -> [Machine] {
    func made(
      _ name: String, _ host: Snapshot, _ family: ProfileFamily, _ today: String,
      _ fault: (String, String)? = nil
    ) -> Machine? {
      guard let profile = try? ShippedForTests.profile(family) else { return nil }
      let facts = Facts(host)
      return Machine(
        name: name, context: { Context(facts: facts, profile: profile, today: today) }, fault: fault
      )
    }
    var result = RightHost.all.map { made("right \($0)", $0.snapshot, $0.family, "2026-01-01") }
    for family in ProfileFamily.allCases {
      let host = RightHost.intel(family)
      for fault in HostFault.all where fault.families.contains(family) {
        result.append(
          made(
            "\(fault.title) [\(family)]", fault.plant(host), family, "2026-01-01",
            (fault.rule, fault.subject.name)))
      }
    }
    for (name, fixture) in DomainFixture.all.sorted(by: { $0.key < $1.key }) {
      let host = Snapshot.fixtureHost
      result.append(
        made("\(name), off", host.with(domain: fixture.text), fixture.family, "2026-06-01"))
      result.append(
        made(
          "\(name), running", host.withDomain(fixture.text, running: true), fixture.family,
          "2026-06-01"))
    }
    for fault in PlantedFault.all {
      guard let fixture = DomainFixture.all[fault.base] else { continue }
      let text = fault.edits.reduce(fixture.text) { $0.replacing($1.0, with: $1.1) }
      let host = fault.host(Snapshot.fixtureHost)
      result.append(
        made(
          "\(fault)", fault.runs ? host.withDomain(text, running: true) : host.with(domain: text),
          fault.family ?? fixture.family, "2026-06-01", (fault.rule, fault.subject)))
    }
    return result.compactMap { $0 }
  }

  /// Violations by rule: the grave ones, and with a minus those that are only worth knowing.
  private static func findings(_ context: Context, _ rules: [RuleInstance]) -> [String: Set<String>]
  {
    var result: [String: Set<String>] = [:]
    for item in Audit.assess(context, rules: rules) {
      guard case .violated = item.verdict else { continue }
      result[item.about.id, default: []].insert(
        (item.severity >= .warning ? "" : "-") + item.subject.name)
    }
    return result
  }

  /// The first machine on which a planted fault is no longer named, or something new and grave is.
  private static func speaks(_ machines: [Machine], _ ids: [String]) -> String? {
    guard !ids.isEmpty, ids.count < 20 else { return nil }
    let rules = Catalogue.all.filter { ids.contains($0.about.id) }
    for machine in machines {
      let now = findings(machine.context(), rules)
      for rule in rules {
        let id = rule.about.id
        let (before, after) = (machine.before[id] ?? [], now[id] ?? [])
        if let fault = machine.fault, fault.rule == id {
          let names = Set(after.map { $0.hasPrefix("-") ? String($0.dropFirst()) : $0 })
          if !names.contains(fault.subject) { return machine.name }
        } else if after.contains(where: { !$0.hasPrefix("-") && !before.contains($0) }) {
          return machine.name
        }
      }
    }
    return nil
  }
}
