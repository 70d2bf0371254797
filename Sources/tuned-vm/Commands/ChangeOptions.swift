// Options that plan and apply share, and the way from a host to a plan.

import ArgumentParser
import TuneHost
import TuneKit

struct ChangeFilterOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Only rules that match, a class such as live, or domain:NAME; repeatable.",
      valueName: "glob"))
  var only: [String] = []

  @Option(help: ArgumentHelp("Leave these out; the same values.", valueName: "glob"))
  var skip: [String] = []

  @Option(
    help: ArgumentHelp(
      "Take a knob over from another tuner; repeatable.", valueName: "key"))
  var take: [String] = []

  /// The values that name rules.
  var rules: RuleFilterOptions {
    var filter = RuleFilterOptions()
    filter.only = only.filter(Self.isRule)
    // A rule that is only left out on one domain is still evaluated.
    filter.skip = skip.allSatisfy(Self.isRule) ? skip : []
    return filter
  }

  private static func isRule(_ value: String) -> Bool {
    !value.hasPrefix("domain:") && RemedyClass(rawValue: value) == nil
  }
}

/// A plan with everything it was made from.
struct Proposal {
  let situation: Situation
  let plan: Plan
  let report: Report

  /// Reads the host, judges it and plans.
  init(
    _ input: InputOptions, _ filter: ChangeFilterOptions, confirmed: Bool,
    domains: Set<String>? = nil
  ) throws {
    let situation = try Situation(try Self.resolved(input), filter.rules)
    let context = situation.context
    for value in filter.only + filter.skip where value.hasPrefix("domain:") {
      let pattern = String(value.dropFirst("domain:".count))
      let keys = context.facts.domains.map(\.key)
      guard keys.contains(where: { Glob(pattern).matches($0) }) else {
        throw Failure.unknownDomain(pattern, in: context.facts)
      }
    }
    let selection = Selection(only: filter.rules.only, skip: filter.rules.skip)
    report = Audit.report(
      context, rules: situation.rules, selection: selection, toolVersion: TunedVM.version,
      generatedAt: "")
    let options = PlanOptions(
      only: filter.only, skip: filter.skip,
      domains: Self.intersection(situation.selection.domains, domains), confirmed: confirmed,
      reachesHost: input.domainXml.isEmpty || input.root != nil, take: filter.take)
    if let wrong = options.unknownTake(context.facts, rules: situation.rules.map(\.about.id)) {
      let hint = Nearest.hint(wrong.value, in: wrong.known)
      throw Failure(.usage, "no knob or rule \(wrong.value.quoted()) to take over\(hint)")
    }
    plan = Planner.plan(
      report, context, rules: situation.rules, options: options, selection: selection)
    self.situation = situation
  }

  private init(situation: Situation, plan: Plan, report: Report) {
    self.situation = situation
    self.plan = plan
    self.report = report
  }

  /// The same with only these changes.
  func limited(to ids: Set<String>) -> Proposal {
    var plan = plan
    plan.changes.removeAll { $0.kind != .advice && !ids.contains($0.id) }
    return Proposal(situation: situation, plan: plan, report: report)
  }

  private static func intersection(_ a: Set<String>?, _ b: Set<String>?) -> Set<String>? {
    guard let a else { return b }
    return b.map { a.intersection($0) } ?? a
  }

  /// `--profile auto`: the strictest profile of the running domains decides, by the order of the
  /// catalogue (sec > lat > net > hpc > db > thr > mig > gen > desk).
  private static func resolved(_ input: InputOptions) throws -> InputOptions {
    guard input.profile == "auto" else { return input }
    var plain = input
    plain.profile = nil
    let context = try Situation(plain).context
    let running = context.facts.domains.filter(\.isRunning)
    let order: [ProfileFamily] = [
      .secure, .latency, .network, .hpc, .db, .throughput, .migratable, .general, .desktop,
    ]
    func rank(_ domain: Domain) -> Int {
      order.firstIndex(of: context.profile(of: domain).family) ?? order.count
    }
    guard let decisive = running.min(by: { rank($0) < rank($1) }) else { return plain }
    plain.profile = context.profile(of: decisive).name
    Terminal.complain([
      "profile \(plain.profile ?? ""): running domain \(decisive.key.quoted()) decides"
    ])
    return plain
  }

  /// The plan with the places it is written to.
  func assignment(_ input: InputOptions) -> Assignment {
    Assignment(
      plan: plan, facts: situation.context.facts,
      host: input.root.map { .tree($0) } ?? .live,
      domainsAreNamedFiles: !input.domainXml.isEmpty)
  }
}
