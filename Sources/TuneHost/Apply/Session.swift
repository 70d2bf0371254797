// One run that changes something: holds the lock, finishes what an earlier run left, then applies,
// rolls back or recovers.

import Glibc
import TuneKit

/// A run that holds the lock of a state directory.
public final class Session {
  let state: StateDirectory
  let system: System
  private let lock: Lock
  /// For tests.
  var lockDescriptor: Int32 { lock.file }
  private let judge: DefinitionJudge

  /// What recovering an interrupted transaction came to.
  public struct Recovery: Sendable, Equatable {
    /// The transaction's number.
    public let id: Int
    /// Steps taken back.
    public let undone: Int
    /// What was not given back.
    public let left: [Leftover]
  }

  /// Takes the lock.
  ///
  /// - Throws: `Failure` 75 where another run holds it; 73 or 77 where the state directory can't be
  ///   made.
  public convenience init(
    _ state: StateDirectory, command: String, now: String, system: System = System()
  ) throws(Failure) {
    try self.init(state, command: command, now: now, system: system, judge: DefinitionJudge())
  }

  init(
    _ state: StateDirectory, command: String, now: String, system: System, judge: DefinitionJudge
  ) throws(Failure) {
    self.state = state
    self.judge = judge
    self.system = system
    try state.prepare(system)
    lock = try Lock(state, system, command: command, now: now)
  }

  // MARK: - Apply

  /// Carries out an assignment.
  ///
  /// - Parameters:
  ///   - header: who and when, for the journal.
  ///   - verify: a last look before the commit; a text is what is wrong.
  /// - Throws: `Failure` where the journal can't be started; nothing was changed then.
  public func carryOut(
    _ assignment: Assignment, now: String, toolVersion: String,
    verify: (Outcome) -> String? = { _ in nil }
  ) throws(Failure) -> Outcome {
    let number = (state.numbers().first ?? 0) + 1
    let journal: Journal
    do throws(SystemError) {
      journal = try Journal(
        new: number, in: state,
        header: [
          ("started", now), ("tool", toolVersion), ("profile", assignment.plan.profile),
          ("target", assignment.isTree ? assignment.root : "this host"),
        ], system)
      for change in assignment.plan.work { try journal.note(change) }
    } catch {
      throw Failure(
        error.code == EACCES || error.code == EPERM ? .notPermitted : .ioError, error.sentence,
        "  nothing was changed.")
    }
    return Transaction(assignment, journal, system, judge: judge).run(verify: verify)
  }

  // MARK: - Recover

  /// Finishes transactions that were interrupted, the latest first.
  ///
  /// - Parameters:
  ///   - force: overwrite what somebody changed since.
  ///   - atBoot: libvirt does not run yet; its steps wait for a later recover.
  /// - Throws: `Failure` 65 where a journal is damaged; 69 where steps wait for libvirt.
  public func recover(now: String, force: Bool = false, atBoot: Bool = false) throws(Failure)
    -> [Recovery]
  {
    var result: [Recovery] = []
    for number in state.numbers() where JournalFile.isUnfinished(number, in: state) {
      let file = try JournalFile(number, in: state)
      switch file.state {
      case .committed, .rolledBack: continue
      case .empty:
        try? system.unlink(state.file(of: number), in: AT_FDCWD, path: state.file(of: number))
      case .open, .undoing:
        let done = try undo(file, now: now, why: "recovered", force: force, atBoot: atBoot)
        result.append(Recovery(id: number, undone: done.undone, left: done.left))
      }
    }
    return result
  }

  // MARK: - Rollback

  /// Takes a committed transaction back.
  ///
  /// - Parameters:
  ///   - id: its number; nil for the last one that is committed.
  /// - Throws: `Failure` 66 where there is no such transaction or nothing to take back.
  public func rollback(_ id: Int?, now: String, force: Bool) throws(Failure) -> Recovery {
    let file = try Self.committed(id, in: state)
    let done = try undo(file, now: now, why: "rolled back on request", force: force)
    return Recovery(id: file.number, undone: done.undone, left: done.left)
  }

  /// The transaction that a rollback would take back.
  static func committed(_ id: Int?, in state: StateDirectory) throws(Failure) -> JournalFile {
    if let id {
      let file = try JournalFile(id, in: state)
      guard file.state == .committed else {
        throw Failure(.noInput, "transaction \(id) is \(file.state.rawValue): nothing to roll back")
      }
      return file
    }
    for number in state.numbers() {
      let file = try JournalFile(number, in: state)
      if file.state == .committed { return file }
    }
    throw Failure(.noInput, "there is no transaction to roll back")
  }

  private func undo(
    _ file: JournalFile, now: String, why: String, force: Bool, atBoot: Bool = false
  ) throws(Failure) -> Undoer {
    let signals = SignalShield()
    defer { withExtendedLifetime(signals) {} }
    var undoer = Undoer(StepRunner(system), force: force)
    do throws(SystemError) {
      let journal = try Journal(continuing: file.number, in: state, system)
      try journal.add(JournalRecord("undo", [("at", now)]))
      var waits = false
      for entry in file.steps.reversed() where !file.isUndone(entry.number) {
        if atBoot, entry.step.needsLibvirt {
          waits = true
          continue
        }
        guard undoer.undo(entry.step, outcome: file.outcome(of: entry.number)) else {
          if system.isDead { throw SystemError("go on", "rollback", reason: "the process is gone") }
          continue
        }
        try journal.add(JournalRecord("undone", [("n", "\(entry.number)")]))
      }
      if waits { return undoer }
      guard !undoer.lacksLibvirt else {
        throw SystemError("reach", "libvirt", reason: "it does not answer; definitions wait for it")
      }
      try journal.add(
        JournalRecord("end", [("at", now), ("why", why), ("left", "\(undoer.left.count)")]))
    } catch {
      throw Failure(
        undoer.lacksLibvirt ? .unavailable : .ioError, error.sentence,
        "  run 'tuned-vm recover' once this is mended: it goes on here.")
    }
    return undoer
  }
}
