import Glibc
import TestSupport
import Testing

@testable import TuneHost
@testable import TuneKit

@Suite struct TransactionTests {
  @Test func everyKindOfChangeIsMadeAsTheKernelAndLibvirtWouldShowIt() throws {
    let stage = Stage()
    let outcome = try #require(stage.apply())
    #expect(outcome.ending == .done)
    #expect(outcome.made.count == 8)
    let tree = stage.tree
    #expect(tree.text("/proc/sys/vm/swappiness") == "10\n")
    #expect(tree.text("/sys/block/nvme0n1/queue/scheduler") == "[none] mq-deadline kyber\n")
    #expect(tree.text(Stage.pool + "/nr_hugepages") == "40\n")
    #expect(tree.text(Stage.pool + "/free_hugepages") == "40\n")
    #expect(tree.text("/etc/sysctl.d/60-tuned-vm.conf")?.contains("vm.swappiness = 10\n") == true)
    #expect(tree.text("/etc/udev/rules.d/60-tuned-vm.rules")?.contains("\"none\"\n") == true)
    let options = try #require(tree.text("/etc/modprobe.d/60-tuned-vm.conf"))
    #expect(options.hasSuffix("options kvm halt_poll_ns=50000\n"))
    let guest = try #require(tree.text("/etc/libvirt/qemu/web1.xml"))
    #expect(guest.contains("<!-- kept -->") && guest.contains("xmlns:v=\"urn:vendor\""))
    #expect(guest.contains("model=\"none\"") && guest.contains("<hugepages/>"))
    #expect(guest.contains("passwd='secret'"))
    #expect(tree.contents()["/etc/libvirt/qemu/web1.xml"]?.hasPrefix("100600 ") == true)
  }

  @Test func rollbackGivesBackEveryByte() throws {
    let stage = Stage()
    let before = stage.tree.contents()
    _ = stage.apply()
    #expect(stage.tree.contents() != before)
    let session = try Session(stage.state, command: "test", now: "T")
    let done = try session.rollback(nil, now: "T", force: false)
    #expect(done.left.isEmpty)
    #expect(stage.tree.contents() == before)
    #expect(throws: Failure.self) { try session.rollback(nil, now: "T", force: false) }
  }

  @Test func aFileKeepsItsOwnerAndLabels() throws {
    let stage = Stage()
    let file = stage.tree.path + "/etc/libvirt/qemu/web1.xml"
    let isRoot = getuid() == 0
    if isRoot { chown(file, 107, 108) }
    _ = stage.apply()
    var status = stat()
    #expect(stat(file, &status) == 0)
    if isRoot { #expect(status.st_uid == 107 && status.st_gid == 108) }
    #expect(status.st_mode & 0o7777 == 0o600)
  }

  @Test func aSecondPlanHoldsNothingThatRulesStillWant() throws {
    let stage = Stage()
    _ = stage.apply()
    #expect(stage.plan().work.isEmpty)
  }

  @Test func whatSomebodyChangedSinceIsLeftAndNamed() throws {
    let stage = Stage()
    _ = stage.apply()
    stage.tree.write("/proc/sys/vm/swappiness", "33\n")
    let session = try Session(stage.state, command: "test", now: "T")
    let done = try session.rollback(nil, now: "T", force: false)
    #expect(done.left.map(\.target) == [stage.tree.path + "/proc/sys/vm/swappiness"])
    #expect(stage.tree.text("/proc/sys/vm/swappiness") == "33\n")
    #expect(stage.tree.text("/etc/libvirt/qemu/web1.xml") == Stage.guest)
  }

  @Test func forceOverwritesWhatSomebodyChanged() throws {
    let stage = Stage()
    let before = stage.tree.contents()
    _ = stage.apply()
    stage.tree.write("/proc/sys/vm/swappiness", "33\n")
    let session = try Session(stage.state, command: "test", now: "T")
    _ = try session.rollback(nil, now: "T", force: true)
    #expect(stage.tree.contents() == before)
  }

  @Test func aFailedVerificationTakesEverythingBack() throws {
    let stage = Stage()
    let before = stage.tree.contents()
    let session = try Session(stage.state, command: "test", now: "T")
    let outcome = try session.carryOut(stage.assignment(), now: "T", toolVersion: "0") { _ in
      "a guest stopped"
    }
    #expect(outcome.ending == .rolledBack(why: "cannot keep 'changes': a guest stopped"))
    #expect(stage.tree.contents() == before)
  }

  @Test func aFactThatMovedAfterThePlanStopsTheTransaction() throws {
    let stage = Stage()
    let assignment = stage.assignment()
    stage.tree.write("/etc/libvirt/qemu/web1.xml", Stage.guest + "<!-- new -->\n")
    chmod(stage.tree.path + "/etc/libvirt/qemu/web1.xml", 0o600)
    let before = stage.tree.contents()
    let session = try Session(stage.state, command: "test", now: "T")
    let outcome = try session.carryOut(assignment, now: "T", toolVersion: "0")
    #expect(
      outcome.ending
        == .rolledBack(
          why: "cannot replace '\(stage.tree.path)/etc/libvirt/qemu/web1.xml': "
            + "somebody changed it meanwhile"))
    #expect(stage.tree.contents() == before)
  }

  @Test func theStateDirectoryIsForItsOwnerAlone() throws {
    let stage = Stage()
    _ = stage.apply()
    let state = stage.stateTree.contents()
    #expect(state["/state"] == "40700")
    #expect(state["/state/transactions/000001.journal"]?.hasPrefix("100600 ") == true)
  }

  @Test func theSecondRunLearnsWhoHoldsTheLock() throws {
    let stage = Stage()
    let first = try Session(stage.state, command: "apply", now: "2026-01-31T12:00:00Z")
    do {
      _ = try Session(stage.state, command: "apply", now: "T")
      Issue.record("the second run got the lock")
    } catch {
      #expect(error.status == .busy)
      #expect(error.messages[0].contains("\(getpid())"))
      #expect(error.messages[0].contains("2026-01-31T12:00:00Z"))
      #expect(error.messages.dropFirst() == ["  nothing was changed."])
    }
    withExtendedLifetime(first) {}
  }

  /// A fork copies the lock's descriptor until its exec closes it.
  @Test func aChildThatHasNotComeToItsExecDoesNotKeepTheLock() throws {
    let stage = Stage()
    var first: Session? = try Session(stage.state, command: "apply", now: "T")
    let copy = dup(try #require(first?.lockDescriptor))
    defer { close(copy) }
    first = nil
    _ = try Session(stage.state, command: "apply", now: "T")
  }

  @Test func noPasswordAppearsInPlanOrHistory() throws {
    let stage = Stage()
    let plan = stage.plan()
    _ = stage.apply()
    let past = History.read(stage.state).past
    let texts = [
      plan.json.text(), PlanText.render(plan, color: false, verbose: true),
      plan.script(for: stage.snapshot),
      OutcomeReport.json(past).text(), HistoryText.list(past, verbose: true),
    ]
    #expect(texts.allSatisfy { !$0.contains("secret") })
  }
}
