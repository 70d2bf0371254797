// Why a transaction or a step does not go on, word for word.

import Glibc
import TestSupport
import Testing

@testable import TuneHost
@testable import TuneKit

@Suite struct RefusalTests {
  /// Why an assignment was taken back; nil where it was made.
  private func why(
    _ stage: Stage, _ assignment: Assignment, _ system: System = System()
  ) throws -> String? {
    let judge = DefinitionJudge(usesSchema: false)
    let session = try Session(
      stage.state, command: "test", now: "T", system: system, judge: judge)
    let outcome = try session.carryOut(assignment, now: "T", toolVersion: "0")
    guard case .rolledBack(let why) = outcome.ending else { return nil }
    return why
  }

  // MARK: - Transactions

  @Test func aSignalEndsATransactionBetweenTwoChanges() throws {
    let stage = Stage()
    let before = stage.tree.contents()
    // The transaction holds it back; then it would end the tests, or wait for others on this thread.
    let old = signal(SIGHUP) { _ in }
    defer {
      var hangup = sigset_t()
      sigaddset(&hangup, SIGHUP)
      var patience = timespec()
      sigtimedwait(&hangup, nil, &patience)
      signal(SIGHUP, old)
    }
    var isSent = false
    let system = System { _, call, _ in
      if call == "rename", !isSent {
        isSent = true
        pthread_kill(pthread_self(), SIGHUP)
      }
      return nil
    }
    #expect(try why(stage, stage.assignment(), system) == "cannot carry out 'plan': interrupted")
    #expect(stage.tree.contents() == before)
  }

  /// A file of the live host that nobody can write.
  @Test func aKernelFileThatMovedSinceThePlanIsLeftAlone() throws {
    let stage = Stage()
    let path = "/proc/sys/kernel/ostype"
    var host = stage.snapshot
    host.files[path] = .text("Plan9\n")
    let rule = Stage.rule("t.system", .live) { _ in [.knob(path: path, value: "Hurd")] }
    let context = Context(facts: Facts(host), profile: EffectiveProfile(name: "test"))
    let report = Audit.report(context, rules: [rule], toolVersion: "0", generatedAt: "")
    let assignment = Assignment(
      plan: Planner.plan(report, context, rules: [rule]), facts: Facts(host), host: .live,
      domainsAreNamedFiles: false)
    let system = System { _, _, target in target == path ? .error(EPERM) : nil }
    #expect(
      try why(stage, assignment, system)
        == "cannot write '\(path)': it was 'Plan9' when planned and is 'Linux'")
  }

  @Test func aValueThatTheKernelWouldRefuseIsNotWrittenIntoATree() throws {
    let stage = Stage()
    var assignment = stage.assignment(rules: [Stage.rules[1]])
    let path = "/sys/block/nvme0n1/queue/scheduler"
    var host = stage.snapshot
    host.files[path] = .text("[mq-deadline] kyber\n")
    assignment.facts = Facts(host)
    #expect(
      try why(stage, assignment)
        == "cannot write '\(path)': '\(path)' does not offer 'none'; it shows '[mq-deadline] kyber'"
    )
  }

  /// A plan for the definition of the stage's guest alone.
  private func edit(_ stage: Stage, _ edits: [XMLEdit]? = nil) -> Assignment {
    var assignment = stage.assignment(rules: [Stage.rules[4]])
    if let edits {
      for index in assignment.plan.changes.indices {
        assignment.plan.changes[index].change = .domain(
          DomainChange(domain: "web1", edits: edits))
      }
    }
    return assignment
  }

  @Test func aGuestThatIsGoneEndsATransaction() throws {
    let stage = Stage()
    var assignment = stage.assignment()
    let before = stage.tree.contents()
    var host = stage.snapshot
    host.domains = []
    assignment.facts = Facts(host)
    #expect(try why(stage, assignment) == "cannot find domain 'web1': it is gone")
    #expect(stage.tree.contents() == before)
  }

  @Test func aGuestWithoutADefinitionForItsNextStartIsNotEdited() throws {
    let stage = Stage()
    var assignment = edit(stage)
    var host = stage.snapshot
    host.domains[0].live = Known(Stage.guest, from: "web1.xml")
    host.domains[0].persistent = nil
    assignment.facts = Facts(host)
    #expect(
      try why(stage, assignment)
        == "cannot edit '\(stage.tree.path)/etc/libvirt/qemu/web1.xml': its text is not known")
  }

  @Test func anEditThatHasNoPlaceNamesTheFileAndThePlace() throws {
    let stage = Stage()
    let assignment = edit(stage, [.ensure(XMLPath("devices").child("disk", index: 7))])
    #expect(
      try why(stage, assignment)
        == "cannot edit '\(stage.tree.path)/etc/libvirt/qemu/web1.xml': "
        + "devices/disk[8]: there are only 0 'disk'")
  }

  @Test func aNamedFileThatIsGoneIsTold() throws {
    let stage = Stage()
    var assignment = edit(stage)
    assignment.domainsAreNamedFiles = true
    var host = stage.snapshot
    host.domains[0].origin = stage.tree.path + "/gone.xml"
    assignment.facts = Facts(host)
    #expect(
      try why(stage, assignment)
        == "cannot find '\(stage.tree.path)/gone.xml': No such file or directory")
  }

  @Test func aDefinitionThatWouldBeNoXMLIsNotWritten() {
    let error = #expect(throws: SystemError.self) {
      try DefinitionJudge(usesSchema: false).check("<domain>", was: Stage.guest, "web1.xml")
    }
    #expect(
      error?.sentence.hasPrefix("cannot edit 'web1.xml': it would not be well-formed: ") == true,
      "\(String(describing: error))")
  }

  @Test(.enabled(if: XMLSchema() != nil, "libvirt's schemas are not installed"))
  func aDefinitionThatLibvirtsSchemaWouldRefuseIsNotWritten() throws {
    let good =
      "<domain type='kvm'><name>a</name><memory>1024</memory><vcpu>1</vcpu>"
      + "<os><type>hvm</type></os></domain>"
    let bad = good.replacing("<vcpu>1<", with: "<vcpu>many<")
    let error = #expect(throws: SystemError.self) {
      try DefinitionJudge().check(bad, was: good, "web1.xml")
    }
    #expect(
      error?.sentence.hasPrefix("cannot edit 'web1.xml': libvirt's schema refuses it: ") == true,
      "\(String(describing: error))")
    // What was refused before can't be judged so.
    try DefinitionJudge().check(bad, was: bad, "web1.xml")
  }

  // MARK: - Steps

  private func told(_ body: () throws -> Void) -> String? {
    #expect(throws: SystemError.self) { try body() }?.sentence
  }

  @Test func aValueThatDoesNotStayIsTold() {
    let tree = TemporaryTree()
    tree.write("/knob", "6000\n")
    let step = Step.value(
      HostPath(root: tree.path, path: "/knob"), before: "6000", after: "10", pages: false)
    #expect(
      told { _ = try StepRunner(System()).perform(step) }
        == "cannot set '\(tree.path)/knob': '10' was taken but '10\n0' is there")
  }

  @Test func aKernelFileThatTakesAPartIsTold() {
    let tree = TemporaryTree()
    tree.write("/knob", "60\n")
    let step = Step.value(
      HostPath(root: tree.path, path: "/knob"), before: "60", after: "100", pages: false)
    let system = System { _, call, _ in call == "write" ? .short : nil }
    #expect(
      told { _ = try StepRunner(system).perform(step) }
        == "cannot write '\(tree.path)/knob': only 2 of 4 bytes were taken")
  }

  @Test func aFileThatSomebodyChangedIsNotReplaced() {
    let tree = TemporaryTree()
    tree.write("/file", "theirs\n")
    let path = HostPath(root: tree.path, path: "/file")
    let step = Step.file(path, temporary: ".t", before: Array("old\n".utf8), after: [])
    #expect(
      told { _ = try StepRunner(System()).perform(step) }
        == "cannot replace '\(tree.path)/file': somebody changed it meanwhile")
    #expect(tree.text("/file") == "theirs\n")
  }

  @Test func aFileThatChangesAsItIsWrittenIsNotTakenForOurs() {
    let tree = TemporaryTree()
    let path = HostPath(root: tree.path, path: "/file")
    let system = System { _, call, target in
      if call == "sync", target == path.parent.shown { tree.write("/file", "theirs\n") }
      return nil
    }
    let step = Step.file(path, temporary: ".t", before: nil, after: Array("ours\n".utf8))
    #expect(
      told { _ = try StepRunner(system).perform(step) }
        == "cannot verify '\(tree.path)/file': it doesn't hold what was written")
  }

  @Test func aGuestWhoseProcessIsNotKnownKeepsItsMemory() {
    let domain = DomainAddress(uri: "test:///default", uuid: "u", name: "web1")
    let step = Step.live(domain, .moveMemory([0]), before: .moveMemory([0]))
    #expect(
      told { _ = try StepRunner(System()).perform(step) }
        == "cannot move memory of 'web1': its process is not known any more")
    let mover = MemoryMover(
      pid: 1 << 30, nodes: [0], rateMiB: 1, progress: { _, _ in }, shouldStop: { false })
    #expect(
      told { _ = try mover.run() }
        == "cannot read '/proc/1073741824/numa_maps': No such file or directory")
  }

  // MARK: - Files

  @Test func aLinkThatLeadsNowhereIsNotWrittenThrough() {
    let tree = TemporaryTree()
    tree.link("/file", to: "/nowhere")
    let path = HostPath(root: tree.path, path: "/file")
    #expect(
      told { try FileWriter(System()).replace(path, temporary: ".t", with: []) }
        == "cannot reach '\(tree.path)/file': a link that leads nowhere")
    #expect(
      told { try FileWriter(System()).writeValue("1", to: path) }
        == "cannot reach '\(tree.path)/file': a link that leads nowhere")
  }

  @Test func aTreeThatIsGoneIsNamedOnce() {
    let path = HostPath(root: "/no/such/tree", path: "/file")
    #expect(
      told { try FileWriter(System()).writeValue("1", to: path) }
        == "cannot open '/no/such/tree': no such file or directory")
  }

  @Test func whatIsNoFileIsNeitherReadNorReplaced() {
    let tree = TemporaryTree()
    tree.fifo("/pipe")
    mknod(tree.path + "/socket", S_IFSOCK | 0o600, 0)
    let files = FileWriter(System())
    func read(_ name: String) -> String? {
      told { _ = try files.read(HostPath(root: tree.path, path: name)) }
    }
    #expect(read("/pipe") == "cannot read '\(tree.path)/pipe': it is no regular file")
    let reason = "No such device or address"
    #expect(read("/socket") == "cannot read '\(tree.path)/socket': \(reason)")
    let socket = HostPath(root: tree.path, path: "/socket")
    #expect(
      told { try files.replace(socket, temporary: ".t", with: []) }
        == "cannot open '\(tree.path)/socket': \(reason)")
  }

  @Test func aFileThatCanNotBeReadIsTold() {
    let files = FileWriter(System())
    let memory = HostPath(root: "/", path: "/proc/self/mem")
    #expect(
      told { _ = try files.read(memory) } == "cannot read '/proc/self/mem': Input/output error")
    let tree = TemporaryTree()
    let absent = HostPath(root: tree.path, path: "/absent")
    #expect(
      told { _ = try files.readValue(absent) }
        == "cannot read '\(tree.path)/absent': No such file or directory")
  }

  @Test func whatTheSystemRefusesIsTold() {
    let system = System()
    #expect(
      told { try system.setOwner(-1, like: stat(), path: "x") } == "cannot stat 'x': "
        + "Bad file descriptor")
    let full = open("/dev/full", O_WRONLY)
    defer { close(full) }
    #expect(
      told { try system.write([1], to: full, path: "x") }
        == "cannot write 'x': No space left on device")
    let broken = System { _, call, _ in call == "write" ? .error(EIO) : nil }
    #expect(
      told { try broken.write([1], to: full, path: "x") } == "cannot write 'x': Input/output error")
    #expect(
      told { try Journal.syncDirectory("/no/such/state", system) }
        == "cannot open '/no/such/state': No such file or directory")
  }

  // MARK: - Sessions

  /// How a session or what is done in it ends where a call is refused.
  private func failure(
    _ stage: Stage, refusing call: String, _ code: Int32 = EACCES
  ) -> Failure? {
    let assignment = stage.assignment()
    let state = stage.state.path
    let system = System { _, name, path in
      name == call && path.hasPrefix(state) ? .error(code) : nil
    }
    return #expect(throws: Failure.self) {
      let session = try Session(stage.state, command: "test", now: "T", system: system)
      _ = try session.carryOut(assignment, now: "T", toolVersion: "0")
    }
  }

  /// The directory, the lock and the journal, each of which somebody else may own.
  @Test func aStateThatMayNotBeWrittenIsNotPermitted() {
    let stage = Stage()
    let state = stage.state.path
    let before = stage.tree.contents()
    for (call, path, more) in [
      (
        "make directory", state,
        "  nothing was changed; --state-dir names another place for journals."
      ),
      ("open", state + "/lock", "  nothing was changed."),
      ("create", state + "/transactions/000001.journal", "  nothing was changed."),
    ] {
      let denied = failure(stage, refusing: call)
      #expect(denied?.status == .notPermitted)
      #expect(denied?.messages == ["cannot \(call) '\(path)': Permission denied", more])
    }
    #expect(failure(stage, refusing: "open", ENOSPC)?.status == .cannotCreate)
    #expect(failure(stage, refusing: "create", ENOSPC)?.status == .ioError)
    #expect(stage.tree.contents() == before)
  }

  @Test func aStateDirectoryThatIsAFileIsToldSo() {
    let tree = TemporaryTree()
    tree.write("/state", "")
    let error = #expect(throws: Failure.self) {
      try Session(StateDirectory(tree.path + "/state"), command: "test", now: "T")
    }
    #expect(error?.status == .cannotCreate)
    #expect(error?.messages.first == "cannot use '\(tree.path)/state': Not a directory")
  }

  @Test func aTransactionIsTakenBackOnce() throws {
    let stage = Stage()
    _ = stage.apply()
    let session = try Session(stage.state, command: "test", now: "T")
    _ = try session.rollback(1, now: "T", force: false)
    let error = #expect(throws: Failure.self) {
      try session.rollback(1, now: "T", force: false)
    }
    #expect(error?.status == .noInput)
    #expect(error?.messages == ["transaction 1 is rolled back: nothing to roll back"])
  }

  /// Nothing is taken back that the journal can't be told of; the next run begins again.
  @Test func aRollbackWhoseJournalIsFullGoesOnLater() throws {
    let stage = Stage()
    let before = stage.tree.contents()
    _ = stage.apply()
    let after = stage.tree.contents()
    let path = stage.state.path + "/transactions/000001.journal"
    do {
      let system = System { _, call, target in
        call == "write" && target == path ? .error(ENOSPC) : nil
      }
      let session = try Session(stage.state, command: "test", now: "T", system: system)
      let error = #expect(throws: Failure.self) {
        try session.rollback(nil, now: "T", force: false)
      }
      #expect(error?.status == .ioError)
      #expect(
        error?.messages == [
          "cannot write '\(path)': No space left on device",
          "  run 'tuned-vm recover' once this is mended: it goes on here.",
        ])
    }
    #expect(stage.tree.contents() == after)
    let session = try Session(stage.state, command: "test", now: "T")
    _ = try session.rollback(nil, now: "T", force: false)
    #expect(stage.tree.contents() == before)
  }

  /// A journal of one committed step.
  private func journal(_ step: JournalRecord) -> TemporaryTree {
    let head = JournalRecord("tuned-vm-journal", [("version", "2"), ("id", "1")])
    let tree = TemporaryTree()
    tree.write(
      "/s/transactions/000001.journal", bytes: head.line + step.line + JournalRecord("commit").line)
    return tree
  }

  @Test func aStepOfALaterVersionIsNotGuessed() throws {
    let tree = journal(JournalRecord("step", [("n", "1"), ("what", "dance")]))
    let session = try Session(StateDirectory(tree.path + "/s"), command: "test", now: "T")
    let error = #expect(throws: Failure.self) {
      try session.rollback(1, now: "T", force: false)
    }
    #expect(error?.status == .malformed)
    #expect(
      error?.messages == [
        "\(tree.path)/s/transactions/000001.journal:2:1: a step that this program doesn't know"
      ])
  }

  @Test func definitionsWaitForLibvirt() throws {
    let domain = DomainAddress(uri: "nonsense:///nowhere", uuid: "u", name: "web1")
    let tree = journal(
      Step.definition(domain, before: "<domain/>", after: "<domain />").record(1, changes: []))
    let session = try Session(StateDirectory(tree.path + "/s"), command: "test", now: "T")
    let error = #expect(throws: Failure.self) {
      try session.rollback(1, now: "T", force: false)
    }
    #expect(error?.status == .unavailable)
    #expect(
      error?.messages == [
        "cannot reach 'libvirt': it does not answer; definitions wait for it",
        "  run 'tuned-vm recover' once this is mended: it goes on here.",
      ])
    #expect(History.hasUnfinished(StateDirectory(tree.path + "/s")))
  }
}
