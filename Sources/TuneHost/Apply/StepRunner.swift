// Does one step and takes one back, and says what is found instead of guessing.

import TuneKit

/// What became of taking a step back.
enum Undoing: Equatable {
  /// What was there before is there again.
  case undone
  /// It was never done, or somebody took it back already.
  case nothingToDo
  /// Somebody changed it since, or it can't be given back: what we wrote, what is there now, why.
  case left(was: String, is: String, why: String)
}

/// Runs steps.
final class StepRunner {
  let system: System
  let files: FileWriter
  let domains: DomainWriter
  /// Processes of running guests by UUID, as just probed.
  var processes: [String: Int] = [:]
  /// MiB a second that moving memory may take.
  var memoryRateMiB = 1000
  /// Told how far a guest's memory was looked at: its name, KiB so far, KiB of all.
  var memoryProgress: (String, Int, Int) -> Void = { _, _, _ in }

  init(_ system: System) {
    self.system = system
    files = FileWriter(system)
    domains = DomainWriter(system)
  }

  // MARK: - Forward

  /// Does a step and verifies it. The text is what the journal notes as its outcome.
  func perform(_ step: Step) throws(SystemError) -> String? {
    switch step {
    case .value(let path, _, let after, let pages):
      if pages { return try grow(path, to: after) }
      try files.writeValue(after, to: path)
      let shown = try files.readValue(path)
      guard KnobText.same(shown, after) else {
        throw SystemError(
          "set", path.shown, reason: "'\(after)' was taken but '\(shown.trimmedBlanks)' is there")
      }
      return nil
    case .file(let path, let temporary, let before, let after):
      guard try files.read(path) == before else {
        throw SystemError("replace", path.shown, reason: "somebody changed it meanwhile")
      }
      try files.replace(path, temporary: temporary, with: after)
      guard try files.read(path) == after else {
        throw SystemError("verify", path.shown, reason: "it doesn't hold what was written")
      }
      return nil
    case .directory(let path):
      try files.makeDirectory(path)
      return nil
    case .definition(let domain, let before, let after):
      guard try domains.definition(domain) == before else {
        throw SystemError("define", domain.name, reason: "somebody changed it meanwhile")
      }
      return try domains.define(after, domain, validate: true)
    case .live(let domain, .moveMemory(let nodes), _): return try move(domain, nodes)
    case .live(let domain, let call, _):
      try domains.perform(call, domain)
      return nil
    }
  }

  /// Moves what can be moved; the outcome says how much.
  private func move(_ domain: DomainAddress, _ nodes: CPUSet) throws(SystemError) -> String? {
    guard let pid = processes[domain.uuid],
      GuestIdentity.isProcess(pid, ofGuest: domain.uuid, name: domain.name)
    else {
      throw SystemError("move memory of", domain.name, reason: "its process is not known any more")
    }
    let report = memoryProgress
    let moved = try system.other("move memory of", domain.name) {
      try MemoryMover(
        pid: pid, nodes: Array(nodes), rateMiB: memoryRateMiB,
        progress: { seen, all in report(domain.name, seen, all) },
        shouldStop: SignalShield.isAnyPending
      ).run()
    }
    return moved.sentence
  }

  /// Grows or shrinks a pool. Free memory in pieces too small is put together once; what the kernel
  /// grants is the outcome.
  private func grow(_ path: HostPath, to count: String) throws(SystemError) -> String? {
    try files.writeValue(count, to: path)
    var granted = try files.readValue(path).trimmedBlanks
    guard granted != count else { return granted }
    let compaction = HostPath(root: path.root, path: "/proc/sys/vm/compact_memory")
    do throws(SystemError) {
      try files.writeValue("1", to: compaction)
      try files.writeValue(count, to: path)
    } catch {
      // What was granted before stands.
      if system.isDead { throw error }
    }
    granted = try files.readValue(path).trimmedBlanks
    return granted
  }

  // MARK: - Backward

  /// Takes a step back where what is there is still what it wrote.
  ///
  /// - Parameters:
  ///   - outcome: what the journal noted when it was done; nil where it may not have been.
  ///   - force: also where somebody changed it since.
  func undo(_ step: Step, outcome: String?, force: Bool) throws(SystemError) -> Undoing {
    switch step {
    case .value(let path, let before, let after, let pages):
      return try undoValue(path, before, outcome ?? after, after, pages, force)
    case .file(let path, let temporary, let before, let after):
      return try undoFile(path, temporary, before, after, force)
    case .directory(let path): return try undoDirectory(path)
    case .definition(let domain, let before, let after):
      return try undoDefinition(domain, before, after, outcome, force)
    case .live(let domain, let call, let before):
      return try undoLive(domain, call, before, outcome, force)
    }
  }

  private func undoValue(
    _ path: HostPath, _ before: String, _ outcome: String, _ after: String, _ pages: Bool,
    _ force: Bool
  ) throws(SystemError) -> Undoing {
    let old = KnobText.value(before)
    let now = try files.readValue(path)
    if KnobText.same(now, old) { return .nothingToDo }
    let ours = KnobText.same(now, outcome) || pages && Self.lies(now, between: old, after)
    guard ours || force else {
      return .left(was: outcome, is: KnobText.value(now), why: "somebody changed it since")
    }
    do throws(SystemError) {
      try files.writeValue(old, to: path)
    } catch {
      if system.isDead { throw error }
      return .left(was: outcome, is: KnobText.value(now), why: error.reason)
    }
    let shown = try files.readValue(path)
    if KnobText.same(shown, old) { return .undone }
    let why = pages ? "pages are in use" : "the kernel keeps another value"
    return .left(was: outcome, is: KnobText.value(shown), why: why)
  }

  /// A pool on its way between two sizes: the kernel grants pages one by one.
  private static func lies(_ now: String, between old: String, _ new: String) -> Bool {
    guard let now = Int(now.trimmedBlanks), let old = Int(old), let new = Int(new) else {
      return false
    }
    return min(old, new) <= now && now <= max(old, new)
  }

  private func undoFile(
    _ path: HostPath, _ temporary: String, _ before: [UInt8]?, _ after: [UInt8], _ force: Bool
  ) throws(SystemError) -> Undoing {
    try files.removeTemporary(temporary, of: path)
    let now = try files.read(path)
    if now == before { return .nothingToDo }
    guard now == after || force else {
      let found = now == nil ? "absent" : "other content"
      return .left(was: "our content", is: found, why: "somebody changed it since")
    }
    guard let before else {
      try files.remove(path)
      return .undone
    }
    if now == nil, try !files.isDirectory(path.parent) {
      return .left(was: "our content", is: "absent", why: "its directory is gone")
    }
    try files.replace(path, temporary: temporary, with: before)
    return .undone
  }

  private func undoDirectory(_ path: HostPath) throws(SystemError) -> Undoing {
    guard try files.isDirectory(path) else { return .nothingToDo }
    do throws(SystemError) {
      try files.removeDirectory(path)
      return .undone
    } catch {
      guard error.code == 39 /* ENOTEMPTY */ else { throw error }
      return .left(was: "made by us", is: "not empty", why: "others put files there")
    }
  }

  private func undoDefinition(
    _ domain: DomainAddress, _ before: String, _ after: String, _ outcome: String?, _ force: Bool
  ) throws(SystemError) -> Undoing {
    let now: String
    do throws(SystemError) {
      now = try domains.definition(domain)
    } catch {
      if system.isDead || error.isMissingConnection { throw error }
      return .left(was: "our definition", is: "unreadable", why: error.reason)
    }
    if now == before { return .nothingToDo }
    let ours = outcome.map { $0 == now } ?? DefinitionLikeness.holds(after, in: now)
    guard ours || force else {
      return .left(
        was: "our definition", is: "another definition", why: "somebody changed it since")
    }
    // The old definition was libvirt's own; a schema that is stricter by now must not keep it out.
    let stored = try domains.define(before, domain, validate: false)
    guard stored == before else {
      return .left(
        was: "our definition", is: "nearly the old one",
        why: "libvirt stores the old definition in another form now")
    }
    return .undone
  }

  private func undoLive(
    _ domain: DomainAddress, _ call: LiveCall, _ before: LiveCall, _ outcome: String?,
    _ force: Bool
  ) throws(SystemError) -> Undoing {
    do throws(SystemError) {
      guard try domains.isRunning(domain) else { return .nothingToDo }
      if case .moveMemory = call {
        return .left(
          was: outcome ?? "memory on its way", is: "where it was moved to",
          why: "moved memory can't be given back")
      }
      let now = try domains.current(call, domain, online: [])
      if now == before { return .nothingToDo }
      guard now == call || force else {
        return .left(was: call.words, is: now.words, why: "somebody changed it since")
      }
      try domains.perform(before, domain)
      return .undone
    } catch {
      if system.isDead || error.isMissingConnection { throw error }
      return .left(was: call.words, is: "unchanged", why: error.reason)
    }
  }
}
