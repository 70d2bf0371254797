// Carries out a plan as one transaction: journal, write, read back, verify, commit; any failure
// takes everything back in reverse order.

import Glibc
import TuneKit

/// One transaction at work.
final class Transaction {
  private let assignment: Assignment
  private let journal: Journal
  private let runner: StepRunner
  private let system: System
  private let judge: DefinitionJudge

  private var snapshot: Snapshot
  private var done: [(number: Int, step: Step, outcome: String?)] = []
  private var outcome: Outcome
  private var unmade: Set<String> = []

  init(
    _ assignment: Assignment, _ journal: Journal, _ system: System, judge: DefinitionJudge
  ) {
    self.judge = judge
    self.assignment = assignment
    self.journal = journal
    self.system = system
    runner = StepRunner(system)
    snapshot = assignment.facts.snapshot
    runner.memoryRateMiB = assignment.memoryRateMiB
    runner.memoryProgress = assignment.memoryProgress
    for domain in assignment.facts.domains {
      guard let uuid = domain.definition.uuid, let pid = domain.pid else { continue }
      runner.processes[uuid] = pid
    }
    outcome = Outcome(id: journal.number, ending: .done)
  }

  /// Carries out the plan.
  ///
  /// - Parameters:
  ///   - verify: a last look before the commit; a text is what is wrong.
  func run(verify: (Outcome) -> String?) -> Outcome {
    let signals = SignalShield()
    defer { withExtendedLifetime(signals) {} }
    do throws(SystemError) {
      for unit in Unit.all(assignment.plan.work) {
        if signals.isPending { throw SystemError("carry out", "plan", reason: "interrupted") }
        try carryOut(unit)
      }
      if let wrong = verify(outcome) { throw SystemError("keep", "changes", reason: wrong) }
      try journal.add(JournalRecord("commit"))
    } catch {
      takeBack(because: error)
    }
    return outcome
  }

  // MARK: - Units

  private func carryOut(_ unit: Unit) throws(SystemError) {
    let changes = unit.changes.filter { change in
      guard let missing = change.restsOn.first(where: unmade.contains) else { return true }
      skip(change, "it rests on a change that was not made in full (\(missing))")
      return false
    }
    guard let first = changes.first else { return }
    switch unit {
    case .value:
      if assignment.isTree { try writeTree(first) } else { try writeKernel(first) }
    case .dropIn(let file, _): try writeDropIn(file, changes)
    case .domain(let key, _): try edit(key, changes)
    }
  }

  private func skip(_ change: PlannedChange, _ why: String) {
    unmade.insert(change.id)
    outcome.skipped.append((change, why))
  }

  private func made(_ changes: [PlannedChange]) {
    outcome.made += changes
    for change in changes {
      guard let change = change.change else { continue }
      if case .domain = change { continue }
      _ = try? snapshot.apply(change, by: author)
    }
  }

  private var author: Snapshot.Author {
    Snapshot.Author(profile: assignment.plan.profile, hash: assignment.plan.profileHash)
  }

  /// A knob or pool of the live host.
  private func writeKernel(_ change: PlannedChange) throws(SystemError) {
    let (path, value, pages): (String, String, Bool)
    switch change.change {
    case .knob(let knob, let wanted): (path, value, pages) = (knob, wanted, false)
    case .hugePages(let node, let size, let count):
      path = "/sys/devices/system/node/node\(node)/hugepages/hugepages-\(size)kB/nr_hugepages"
      (value, pages) = ("\(count)", true)
    default: return
    }
    let place = HostPath(root: assignment.root, path: path)
    let now = try runner.files.readValue(place)
    if let before = change.before, !KnobText.same(now, before) {
      throw SystemError(
        "write", path, reason: "it was '\(before)' when planned and is '\(now.trimmedBlanks)'")
    }
    let step = Step.value(place, before: now, after: value, pages: pages)
    let granted = try perform(step, [change])
    if let granted, granted != value {
      unmade.insert(change.id)
      outcome.partial.append((change, "\(granted) of \(value) pages were granted"))
      outcome.made.append(change)
      return
    }
    made([change])
  }

  /// A knob or pool of a tree: every file that the kernel would show otherwise is replaced.
  private func writeTree(_ change: PlannedChange) throws(SystemError) {
    guard let wanted = change.change else { return }
    let changed: [String]
    var after = snapshot
    do {
      changed = try after.apply(wanted, by: author)
    } catch {
      throw SystemError("write", change.target, reason: error.description)
    }
    for path in changed {
      guard case .text(let text) = after.files[path], let old = snapshot.raw(path).value else {
        continue
      }
      try replace(HostPath(root: assignment.root, path: path), old, text, [change])
    }
    made([change])
  }

  private func writeDropIn(_ file: DropIn, _ changes: [PlannedChange]) throws(SystemError) {
    let place = HostPath(root: assignment.root, path: file.path)
    let items = changes.compactMap { change -> Persistence? in
      guard case .persist(let item) = change.change else { return nil }
      return item
    }
    try makeDirectories(place.parent, changes)
    let before = try runner.files.read(place)
    let old = before.map { String(decoding: $0, as: UTF8.self) }
    let text = file.text(
      adding: items, to: old, profile: assignment.plan.profile,
      hash: assignment.plan.profileHash)
    try perform(file: place, before, Array(text.utf8), changes)
    made(changes)
  }

  private func makeDirectories(_ path: HostPath, _ changes: [PlannedChange]) throws(SystemError) {
    guard path.path != "/", try !runner.files.isDirectory(path) else { return }
    try makeDirectories(path.parent, changes)
    _ = try perform(.directory(path), changes)
  }

  /// Replaces a file that was read as text.
  private func replace(
    _ place: HostPath, _ old: String, _ text: String, _ changes: [PlannedChange]
  ) throws(SystemError) {
    let before = try runner.files.read(place)
    guard before == Array(old.utf8) else {
      throw SystemError("replace", place.shown, reason: "somebody changed it meanwhile")
    }
    try perform(file: place, before, Array(text.utf8), changes)
  }

  private func perform(
    file place: HostPath, _ before: [UInt8]?, _ after: [UInt8], _ changes: [PlannedChange]
  ) throws(SystemError) {
    guard before != after else { return }
    let temporary = ".\(place.name).tuned-vm-\(journal.number)-\(done.count + 1)"
    _ = try perform(.file(place, temporary: temporary, before: before, after: after), changes)
  }

  // MARK: - Domains

  private func edit(_ key: String, _ changes: [PlannedChange]) throws(SystemError) {
    guard let domain = assignment.facts.domains.first(where: { $0.key == key }) else {
      throw SystemError("find domain", key, reason: "it is gone")
    }
    var edits: [XMLEdit] = []
    var calls: [LiveCall] = []
    for change in changes {
      guard case .domain(let wanted) = change.change else { continue }
      edits += wanted.edits
      calls += wanted.live.filter { !calls.contains($0) }
    }
    switch try assignment.home(of: domain) {
    case .file(let place):
      guard let old = domain.source.persistent?.value else {
        throw SystemError("edit", place.shown, reason: "its text is not known")
      }
      let text = try edited(old, edits, place.shown)
      try judge.check(text, was: old, place.shown)
      try replace(place, old, text, changes)
    case .libvirt(let uri, let name): try define(uri, name, edits, calls, changes)
    }
    made(changes)
  }

  private func edited(_ text: String, _ edits: [XMLEdit], _ name: String) throws(SystemError)
    -> String
  {
    do {
      return try DomainXMLEdit.apply(edits, to: text)
    } catch {
      throw SystemError("edit", name, reason: error.description)
    }
  }

  private func define(
    _ uri: String, _ name: String, _ edits: [XMLEdit], _ calls: [LiveCall],
    _ changes: [PlannedChange]
  ) throws(SystemError) {
    guard let address = try runner.domains.address(uri: uri, name: name) else {
      throw SystemError("find domain", name, reason: "libvirt doesn't know it any more")
    }
    if !edits.isEmpty {
      let before = try runner.domains.definition(address)
      let after = try edited(before, edits, name)
      if after != before {
        let stored = try perform(.definition(address, before: before, after: after), changes)
        // libvirt accepts some elements and drops them.
        if let stored, let gone = DomainValues.dropped(edits, in: stored) {
          throw SystemError("define", name, reason: "libvirt did not keep '\(gone.place)'")
        }
      }
    }
    guard !calls.isEmpty, try runner.domains.isRunning(address) else { return }
    // Threads that were moved behind libvirt's back are pinned again to what it believes already.
    let again = changes.flatMap { planned -> [LiveCall] in
      guard case .domain(let change) = planned.change, change.edits.isEmpty else { return [] }
      return change.live
    }
    for call in calls { try tune(call, address, changes, again: again.contains(call)) }
  }

  /// A live call that libvirt refuses leaves the running guest as it is; the definition holds.
  private func tune(
    _ call: LiveCall, _ address: DomainAddress, _ changes: [PlannedChange], again: Bool
  ) throws(SystemError) {
    let online = assignment.facts.topology.online.value ?? []
    let before = try runner.domains.current(call, address, online: online)
    let moves = if case .moveMemory = call { true } else { false }
    guard before != call || again || moves else { return }
    do throws(SystemError) {
      let said = try perform(.live(address, call, before: before), changes)
      if moves, let said, said.contains(";"), let change = changes.first {
        unmade.insert(change.id)
        outcome.partial.append((change, said))
      }
    } catch {
      if system.isDead { throw error }
      guard let change = changes.first else { throw error }
      done.removeLast()
      outcome.partial.append(
        (change, "the running guest keeps '\(before.words)' until its next start: \(error.reason)"))
    }
  }

  // MARK: - Steps

  /// Notes a step in the journal, does it, and notes what came of it.
  private func perform(_ step: Step, _ changes: [PlannedChange]) throws(SystemError) -> String? {
    let number = done.count + 1
    try journal.add(step.record(number, changes: changes.map(\.id)))
    done.append((number, step, nil))
    let result = try runner.perform(step)
    if let result {
      done[done.count - 1].outcome = result
      try journal.add(JournalRecord("done", [("n", "\(number)"), ("value", result)]))
    }
    return result
  }

  private func takeBack(because error: SystemError) {
    outcome.ending = .rolledBack(why: error.sentence)
    guard !system.isDead else { return }
    var undoing = Undoer(runner, force: false)
    for entry in done.reversed() { undoing.undo(entry.step, outcome: entry.outcome) }
    outcome.left = undoing.left
    outcome.made = []
    outcome.partial = []
    // What failed is tried once more by the next run; the journal stays open for it.
    guard !undoing.hadErrors else { return }
    try? journal.add(JournalRecord("end", [("why", error.sentence)]))
  }
}

/// Steps that belong together in one write.
enum Unit {
  case value(PlannedChange)
  case dropIn(DropIn, [PlannedChange])
  case domain(String, [PlannedChange])

  var changes: [PlannedChange] {
    switch self {
    case .value(let change): [change]
    case .dropIn(_, let changes), .domain(_, let changes): changes
    }
  }

  /// Gathers changes: one write per drop-in and per definition, in the plan's order, which has them
  /// together already.
  static func all(_ work: [PlannedChange]) -> [Unit] {
    var result: [Unit] = []
    var last: String?
    for change in work {
      let place = change.sharedPlace
      if let place, place == last, let unit = result.popLast() {
        result.append(unit.adding(change))
      } else if let unit = Unit(change) {
        result.append(unit)
      }
      last = place
    }
    return result
  }

  private init?(_ change: PlannedChange) {
    switch change.change {
    case nil: return nil
    case .knob, .hugePages: self = .value(change)
    case .persist(let item): self = .dropIn(DropIn(for: item), [change])
    case .domain(let edits): self = .domain(edits.domain, [change])
    }
  }

  private func adding(_ change: PlannedChange) -> Unit {
    switch self {
    case .value: self
    case .dropIn(let file, let changes): .dropIn(file, changes + [change])
    case .domain(let key, let changes): .domain(key, changes + [change])
    }
  }
}
