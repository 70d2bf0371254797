// The course of a trial: each measurement with the changes is a transaction that is never
// committed, so that whatever ends the trial, the changes are taken back.

import ArgumentParser
import TuneHost
import TuneKit

struct TrialRun {
  private let options: TrialCommand
  private let workload: any Workload

  init(_ options: TrialCommand, _ workload: any Workload) {
    self.options = options
    self.workload = workload
  }

  /// What is tried, and what not.
  private struct Subject {
    /// The whole plan, for keeping it.
    let whole: Proposal
    /// What can be switched on and off.
    let tried: Proposal
    /// What can't, with the reason.
    let leftOut: [String]
  }

  func perform() throws -> TrialReport {
    let startedAt = Clock.now()
    let subject = try chooseSubject()
    let isPlacebo = options.placebo || subject.tried.plan.work.isEmpty
    if !isPlacebo, !options.yes {
      Terminal.say(PlanText.render(subject.tried.plan, color: false, verbose: false))
      guard Terminal.ask("Try \(subject.tried.plan.work.count) changes?") else {
        throw Failure(.findings, "nothing was changed")
      }
    }
    let session =
      isPlacebo
      ? nil
      : try Session(
        StateDirectory(options.input.stateDirectory), command: "trial", now: startedAt)
    if let session, History.hasUnfinished(StateDirectory(options.input.stateDirectory)) {
      _ = try session.recover(now: Clock.now())
    }
    var course = TrialCourse(
      metrics: workload.metrics,
      design: TrialDesign(
        maximumPairs: options.pairs, smallestPercent: options.smallest,
        metrics: workload.metrics.count),
      seed: options.seed ?? UInt64.random(in: .min ... .max))
    let cutShort = try measurePairs(&course, subject, session)
    course.close()
    return try finish(
      course, subject, session, startedAt: startedAt, cutShort: cutShort)
  }

  // MARK: - What is tried

  private func chooseSubject() throws -> Subject {
    let whole = try Proposal(options.input, options.filter, confirmed: options.yes)
    options.output.notice(whole.situation.notices)
    var ids: Set<String> = []
    var leftOut: [String] = []
    for change in whole.plan.work {
      guard let reason = obstacle(change) else {
        ids.insert(change.id)
        continue
      }
      if !reason.isEmpty { leftOut.append("\(change.rule) on \(change.target): \(reason)") }
    }
    for refusal in whole.plan.refusals where refusal.isAskedFor {
      leftOut.append("\(refusal.rule) on \(refusal.target): \(refusal.reason)")
    }
    if ids.isEmpty, !leftOut.isEmpty, !options.placebo {
      throw Failure(.findings, messages: ["nothing of the plan can be tried"] + leftOut)
    }
    return Subject(whole: whole, tried: whole.limited(to: ids), leftOut: leftOut)
  }

  /// Why a change can't be switched on and off; empty where nobody needs to be told.
  private func obstacle(_ change: PlannedChange) -> String? {
    // In trees and files every value is there as soon as it is written.
    if options.input.root != nil || !options.input.domainXml.isEmpty { return nil }
    // What makes a value last is no part of its effect; it is written when the changes are kept.
    if change.kind == .persist { return change.effect == .live ? "" : "it needs a boot" }
    switch change.effect {
    case .live: return nil
    case .nextGuestStart:
      return options.beforeEach == nil
        ? "it takes effect at the next start of the guest; --before-each can restart it" : nil
    case .nextHostBoot, .firmware, .advisory: return "it takes effect at the next boot"
    }
  }

  // MARK: - Measuring

  /// Measures until enough is known; gives why it stopped earlier.
  private func measurePairs(
    _ course: inout TrialCourse, _ subject: Subject, _ session: Session?
  ) throws -> String? {
    let start = Clock.seconds()
    // The first run fills caches; it counts for nobody.
    try settle()
    _ = try workload.measure()
    while true {
      progress(course)
      let beforeFirst = course.beforeComesFirst()
      let first = try measure(changed: !beforeFirst, subject, session)
      let second = try measure(changed: beforeFirst, subject, session)
      let (before, after) = beforeFirst ? (first, second) : (second, first)
      let pair = zip(before, after).compactMap {
        PairedSample(before: $0, after: $1, beforeFirst: beforeFirst)
      }
      guard pair.count == workload.metrics.count else {
        throw Failure(.ioError, "\(workload.name.quoted()) gave a value that is not above 0")
      }
      if course.add(pair) { return nil }
      if Clock.seconds() - start > options.timeLimit {
        return "the time limit of \(options.timeLimit) s is over"
      }
    }
  }

  private func measure(
    changed: Bool, _ subject: Subject, _ session: Session?
  ) throws -> [Double] {
    guard changed, let session else {
      try settle()
      return try workload.measure()
    }
    var result: Result<[Double], any Error>?
    let outcome = try session.carryOut(
      subject.tried.assignment(options.input), now: Clock.now(), toolVersion: TunedVM.version
    ) { _ in
      result = Result {
        try settle()
        return try workload.measure()
      }
      return "they were tried only"
    }
    guard outcome.left.isEmpty else {
      Terminal.complain(["the trial could not take everything back"])
      Terminal.say(OutcomeReport.leftovers(outcome.left))
      throw ExitCode(ExitStatus.ioError.rawValue)
    }
    guard let result else {
      if case .rolledBack(let why) = outcome.ending { throw Failure(.ioError, why) }
      throw Failure(.ioError, "the changes could not be made")
    }
    return try result.get()
  }

  /// Runs the command of `--before-each`.
  private func settle() throws {
    guard let command = options.beforeEach else { return }
    let end = try ChildProcess.run(["sh", "-c", command], keepsOutput: false)
    guard end.status == 0 else {
      throw Failure(.ioError, "--before-each ended with \(end.description)")
    }
  }

  private func progress(_ course: TrialCourse) {
    guard Terminal.canAsk, !options.output.quiet else { return }
    Terminal.say("\rpair \(course.pairs + 1) of at most \(course.design.maximumPairs) \r")
  }

  // MARK: - The end

  private func finish(
    _ course: TrialCourse, _ subject: Subject, _ session: Session?, startedAt: String,
    cutShort: String?
  ) throws -> TrialReport {
    func report(_ ending: TrialReport.Ending) -> TrialReport {
      TrialReport(
        workload: workload.name, profile: subject.whole.plan.profile, startedAt: startedAt,
        toolVersion: TunedVM.version, changes: session == nil ? [] : subject.tried.plan.work,
        leftOut: subject.leftOut, course: course, ending: ending, cutShort: cutShort)
    }
    guard let session else { return report(.placebo) }
    let tried = report(.rolledBack)
    guard options.keep, tried.isBetter else {
      try settle()
      return tried
    }
    let outcome = try session.carryOut(
      subject.whole.assignment(options.input), now: Clock.now(), toolVersion: TunedVM.version)
    if case .rolledBack(let why) = outcome.ending {
      throw Failure(.ioError, "the changes could not be kept: \(why)")
    }
    try settle()
    return report(.kept)
  }
}
