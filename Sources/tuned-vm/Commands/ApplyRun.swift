// The course of an apply: finish what was interrupted, plan, ask, look again under the lock, carry
// out, look once more.

import ArgumentParser
import TuneHost
import TuneKit

struct ApplyRun {
  let input: InputOptions
  let filter: ChangeFilterOptions
  let output: OutputOptions
  let confirmed: Bool
  let dryRun: Bool
  let saved: SavedPlan?
  let format: ChangeFormat
  var window: TimeWindow?
  /// MiB a second that moving a guest's memory may take.
  var memoryRateMiB = 1000

  private var state: StateDirectory { StateDirectory(input.stateDirectory) }

  /// Reads the plan file of `--plan`.
  static func saved(_ path: String) throws -> SavedPlan {
    switch TextFile.read(path) {
    case .missing(let reason): throw Failure(.noInput, "cannot read \(path.quoted()): \(reason)")
    case .text(let text):
      do {
        return try SavedPlan(Array(text.utf8), file: path)
      } catch let error as JSONError {
        throw Failure(.malformed, "\(path):\(error)")
      }
    }
  }

  func perform(canary: String?) throws {
    if !dryRun, History.hasUnfinished(state) { try finishInterrupted() }
    if let canary, !dryRun {
      guard try once(canary: canary) else { return }
    }
    _ = try once(canary: nil)
  }

  private func finishInterrupted() throws {
    let session = try Session(state, command: "apply", now: Clock.now())
    for item in try session.recover(now: Clock.now()) {
      Terminal.complain(["transaction \(item.id) was interrupted and is taken back"])
      let left = OutcomeReport.leftovers(item.left)
      if !left.isEmpty { Terminal.complain(left.split(separator: "\n").map(String.init)) }
    }
  }

  /// One transaction; gives whether it was committed and all is well.
  private func once(canary: String?) throws -> Bool {
    let domains = canary.map { Set([$0]) }
    let proposal = try propose(domains)
    if let canary { try refuseUnknown(canary, proposal) }
    output.notice(proposal.situation.notices)
    let refusals = proposal.assignment(input).refusals
    guard refusals.isEmpty else {
      throw Failure(.usage, messages: refusals + ["  nothing was changed."])
    }
    if dryRun { return try show(proposal) }
    guard !proposal.plan.work.isEmpty else {
      return try canary.map(passed) ?? nothing(proposal)
    }
    if !confirmed, try !ask(proposal.plan) {
      Terminal.complain(["nothing was changed"])
      throw ExitCode(ExitStatus.findings.rawValue)
    }
    // Questions take their time, and a canary as well.
    try refuseOutsideWindow()
    let session = try Session(state, command: "apply", now: Clock.now())
    let now = try propose(domains)
    try refuseMoved(from: proposal.plan, to: now.plan)
    let before = now.situation.context.facts
    var assignment = now.assignment(input)
    assignment.memoryRateMiB = memoryRateMiB
    if Terminal.canAsk, !output.quiet { assignment.memoryProgress = Terminal.showMove }
    let outcome = try session.carryOut(
      assignment, now: Clock.now(), toolVersion: TunedVM.version
    ) { outcome in
      check(outcome, before, domains)
    }
    // The one report is that of the whole; a canary that is well is a line.
    if let canary, outcome.ending == .done, outcome.partial.isEmpty, outcome.skipped.isEmpty {
      return passed(canary, outcome)
    }
    return try report(outcome, now)
  }

  private func passed(_ canary: String) -> Bool {
    output.notice(["canary \(canary.quoted()): nothing to change"])
    return true
  }

  private func passed(_ canary: String, _ outcome: Outcome) -> Bool {
    let count = outcome.made.count == 1 ? "1 change" : "\(outcome.made.count) changes"
    output.notice(["canary \(canary.quoted()): \(count) made and well (transaction \(outcome.id))"])
    return true
  }

  private func refuseUnknown(_ canary: String, _ proposal: Proposal) throws {
    let facts = proposal.situation.context.facts
    guard !facts.domains.contains(where: { $0.key == canary }) else { return }
    throw Failure.unknownDomain(canary, in: facts)
  }

  private func propose(_ domains: Set<String>?) throws -> Proposal {
    var input = input
    if let saved, input.profile == nil { input.profile = saved.profile }
    // What is confirmed on a terminal was seen; what needs --yes is another matter.
    let proposal = try Proposal(input, filter, confirmed: confirmed, domains: domains)
    guard let saved else { return proposal }
    let moved = saved.moved(since: proposal.plan)
    guard moved.isEmpty else {
      throw Failure(.findings, messages: ["the plan is stale: nothing was changed"] + moved)
    }
    return proposal.limited(to: Set(saved.changes.map(\.id)))
  }

  func refuseOutsideWindow() throws {
    guard let window, !window.contains(Clock.localMinutes()) else { return }
    throw Failure(.findings, "it is outside of --window \(window): nothing was changed")
  }

  private func refuseMoved(from old: Plan, to new: Plan) throws {
    guard old.factsDigest != new.factsDigest || old.work.map(\.id) != new.work.map(\.id) else {
      return
    }
    throw Failure(
      .findings, "the host changed while you decided: nothing was changed", "  run apply again.")
  }

  // MARK: - Looking again

  /// What is wrong after the changes; nil where all is well.
  private func check(_ outcome: Outcome, _ before: Facts, _ domains: Set<String>?) -> String? {
    do {
      let after = try propose(afterwards: domains)
      let running = Set(after.situation.context.facts.domains.filter(\.isRunning).map(\.key))
      for domain in before.domains where domain.isRunning && !running.contains(domain.key) {
        return "guest '\(domain.key)' no longer runs"
      }
      let partial = Set(outcome.partial.map(\.change.id))
      let wanted = Set(after.plan.work.map(\.id))
      for change in outcome.made where wanted.contains(change.id) && !partial.contains(change.id) {
        return "\(change.rule) is still violated on '\(change.target)' after its change"
      }
      return nil
    } catch let error as any ReportableError {
      return error.messages.first ?? "the host can't be read any more"
    } catch {
      return "the host can't be read any more"
    }
  }

  private func propose(afterwards domains: Set<String>?) throws -> Proposal {
    var input = input
    if let saved, input.profile == nil { input.profile = saved.profile }
    return try Proposal(input, filter, confirmed: confirmed, domains: domains)
  }

  // MARK: - Talking

  private func ask(_ plan: Plan) throws -> Bool {
    Terminal.say(PlanText.render(plan, color: output.usesColour, verbose: output.verbose))
    return Terminal.ask("Make \(plan.work.count) changes?")
  }

  private func show(_ proposal: Proposal) throws -> Bool {
    switch format {
    case .text:
      try output.write(
        PlanText.render(proposal.plan, color: output.usesColour, verbose: output.verbose))
    case .json: try output.write(proposal.plan.json.text() + "\n")
    }
    if !proposal.plan.work.isEmpty { throw ExitCode(ExitStatus.findings.rawValue) }
    return true
  }

  private func nothing(_ proposal: Proposal) throws -> Bool {
    switch format {
    case .text:
      try output.write(
        PlanText.render(proposal.plan, color: output.usesColour, verbose: output.verbose))
    case .json: try output.write(OutcomeReport.json(nil, proposal.plan).text() + "\n")
    }
    try proposal.situation.complainOfMalformedDomains()
    if proposal.plan.leavesSomething { throw ExitCode(ExitStatus.findings.rawValue) }
    return true
  }

  private func report(_ outcome: Outcome, _ proposal: Proposal) throws -> Bool {
    let text =
      switch format {
      case .text: OutcomeReport.text(outcome, proposal.plan, verbose: output.verbose)
      case .json: OutcomeReport.json(outcome, proposal.plan).text() + "\n"
      }
    do {
      try output.write(text)
    } catch let error as any ReportableError where outcome.ending == .done {
      // The report is lost, the changes are not.
      throw Failure(
        error.status,
        messages: error.messages + [
          "  transaction \(outcome.id) is committed; 'tuned-vm rollback \(outcome.id)' takes it back."
        ])
    }
    if case .rolledBack = outcome.ending { throw ExitCode(ExitStatus.ioError.rawValue) }
    try proposal.situation.complainOfMalformedDomains()
    let isWhole = outcome.partial.isEmpty && outcome.skipped.isEmpty
    guard isWhole, !proposal.plan.leavesSomething else {
      throw ExitCode(ExitStatus.findings.rawValue)
    }
    return true
  }
}

extension Plan {
  /// Whether something asked for is not made.
  var leavesSomething: Bool { refusals.contains(where: \.isAskedFor) }
}
