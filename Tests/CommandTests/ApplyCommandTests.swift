// plan, apply, rollback, recover and history as a user runs them, on a captured host.

import Glibc
import TestSupport
import Testing

@testable import TuneKit

@Suite struct ApplyCommandTests {
  private struct Scene {
    let tree: TemporaryTree
    let state = TemporaryTree(inMemory: true)

    init(_ name: String = "two-nodes") throws {
      tree = try CapturedHost(name).unpacked()
      tree.write("/etc/libvirt/qemu/web1.xml", Self.guest)
    }

    /// A guest whose disk is buffered by the host.
    static let guest = """
      <domain type='kvm'>
        <name>web1</name>
        <memory unit='MiB'>64</memory>
        <vcpu>2</vcpu>
        <os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>
        <devices>
          <disk type='file' device='disk'>
            <driver name='qemu' type='raw' cache='writethrough'/>
            <source file='/web1.img'/><target dev='vda' bus='virtio'/>
          </disk>
          <graphics type='vnc' passwd='topsecr'/>
        </devices>
      </domain>

      """

    /// Whether the tree is as it was; a failure prints no whole tree.
    func shows(_ contents: [String: String]) -> Bool { tree.contents() == contents }

    func run(_ arguments: String..., prelude: String = ":") throws -> Program.Outcome {
      try Program.run(
        arguments + ["--root", tree.path, "--profile", "db", "--state-dir", state.path + "/s"],
        prelude: prelude)
    }

    func journal(_ arguments: String..., prelude: String = ":") throws -> Program.Outcome {
      try Program.run(arguments + ["--state-dir", state.path + "/s"], prelude: prelude)
    }
  }

  @Test func planApplyAuditRollbackPlayOnACapturedHost() throws {
    let scene = try Scene()
    let before = scene.tree.contents()
    #expect(try scene.run("plan").status == 1)
    let apply = try scene.run("apply", "--yes")
    #expect(apply.status == 0, "\(apply.output) \(apply.errors)")
    #expect(apply.output.contains("Undo with: tuned-vm rollback 1"))
    #expect(!scene.shows(before))
    #expect(try scene.run("plan").status == 0)
    let again = try scene.run("apply", "--yes")
    #expect(again.status == 0)
    #expect(again.output.contains("nothing to change"))
    #expect(try scene.journal("history").output.contains("committed"))
    let rollback = try scene.journal("rollback", "--yes")
    #expect(rollback.status == 0)
    #expect(scene.shows(before))
    #expect(try scene.journal("rollback", "--yes").status == 66)
    #expect(try scene.journal("rollback", "7", "--yes").status == 66)
    #expect(try scene.journal("recover").status == 0)
  }

  @Test func withoutATerminalItAsksForYes() throws {
    let scene = try Scene()
    let before = scene.tree.contents()
    let apply = try scene.run("apply")
    #expect(apply.status == 64 && apply.errors.contains("--yes"))
    #expect(try scene.journal("rollback").status == 64)
    #expect(scene.shows(before))
    #expect(scene.state.contents().isEmpty)
  }

  @Test func aCanaryIsChangedFirstAndTheReportIsOne() throws {
    let scene = try Scene()
    #expect(try scene.run("apply", "--yes", "--canary", "wbe1").status == 64)
    let run = try scene.run("apply", "--yes", "--canary", "web1", "--format", "json")
    #expect(run.status == 0, "\(run.errors)")
    #expect(run.errors.contains("canary 'web1'"))
    _ = try JSONValue(parsing: run.output)
    let history = try scene.journal("history").output
    #expect(history.split(separator: "\n").count == 2)
    let before = try scene.journal("rollback", "1", "--yes")
    #expect(before.status == 0 || before.status == 1)
  }

  /// As a kill before its commit leaves a transaction.
  private func interrupt(_ scene: Scene) throws {
    #expect(try scene.run("apply", "--yes").status == 0)
    let journal = "/s/transactions/000001.journal"
    let lines = try #require(scene.state.text(journal)).split(separator: "\n")
    #expect(lines.last?.hasPrefix("commit ") == true)
    scene.state.write(journal, lines.dropLast().joined(separator: "\n") + "\n")
  }

  @Test func applyTakesBackWhatWasInterruptedFirst() throws {
    let scene = try Scene()
    try interrupt(scene)
    let ratio = "/proc/sys/vm/dirty_background_ratio"
    scene.tree.write(ratio, "33\n")
    let apply = try scene.run("apply", "--yes")
    #expect(apply.status == 0)
    #expect(apply.errors.contains("transaction 1 was interrupted and is taken back\n"))
    #expect(apply.errors.contains("\(scene.tree.path)\(ratio)"))
    #expect(apply.errors.contains("somebody changed it since"))
    #expect(scene.tree.text(ratio) == "5\n")
  }

  @Test func aBootTakesBackWhatWasInterruptedAndGoesOn() throws {
    let scene = try Scene()
    let before = scene.tree.contents()
    try interrupt(scene)
    let boot = try scene.journal("recover", "--boot")
    #expect(boot.status == 0)
    #expect(boot.errors.contains("transaction 1 was interrupted and is taken back\n"))
    #expect(scene.shows(before))
  }

  @Test(arguments: ["rollback", "recover"])
  func whatWasChangedSinceIsLeftAndTheExitCodeSaysSo(_ command: String) throws {
    let scene = try Scene()
    try interrupt(scene)
    if command == "rollback" {
      #expect(try scene.journal("recover").status == 0)
      #expect(try scene.run("apply", "--yes").status == 0)
    }
    scene.tree.write("/proc/sys/vm/dirty_background_ratio", "33\n")
    let outcome = try scene.journal(command, "--yes")
    #expect(outcome.status == 1)
    #expect(outcome.output.contains("somebody changed it since"), "\(outcome.output)")
    #expect(scene.tree.text("/proc/sys/vm/dirty_background_ratio") == "33\n")
  }

  @Test func outsideOfTheWindowNothingIsChanged() throws {
    let scene = try Scene()
    let before = scene.tree.contents()
    var seconds = time(nil)
    var now = tm()
    #expect(localtime_r(&seconds, &now) != nil)
    func hour(_ later: Int32) -> String {
      let hour = (now.tm_hour + later) % 24
      return (hour < 10 ? "0" : "") + "\(hour):00"
    }
    let window = "\(hour(2))-\(hour(3))"
    let apply = try scene.run("apply", "--yes", "--window", window)
    #expect(apply.status == 1)
    #expect(apply.output == "")
    #expect(apply.errors.contains("it is outside of --window \(window): nothing was changed"))
    #expect(scene.shows(before))
  }

  @Test func whatFailsIsTakenBackAndItIs74() throws {
    let scene = try Scene()
    scene.tree.write("/etc/sysctl.d", "no directory\n")
    let before = scene.tree.contents()
    let apply = try scene.run("apply", "--yes")
    #expect(apply.status == 74)
    #expect(apply.output.contains("Failed and rolled back (transaction 1): cannot reach '"))
    #expect(apply.output.contains("Everything is as it was before."))
    #expect(scene.shows(before))
  }

  /// Work that is done, and nothing left to do but what can't be done: both say so in their code.
  @Test func whatWasAskedForAndIsNotMadeIsAFinding() throws {
    let scene = try Scene()
    scene.tree.write("/var/lib/libvirt/qemu/save/web1.save", "")
    for _ in 0..<2 {
      let apply = try scene.run("apply", "--yes")
      #expect(apply.status == 1)
      #expect(apply.output.contains("a saved image waits for it"), "\(apply.output)")
    }
    #expect(try scene.journal("history").output.split(separator: "\n").count == 1)
  }

  @Test func aRunningDomainDecidesAnAutomaticProfile() throws {
    let scene = try Scene()
    scene.tree.write(
      "/run/libvirt/qemu/web1.xml",
      "<domstatus state='running' pid='77'>\(Scene.guest)</domstatus>\n")
    let plan = try Program.run(["plan", "--root", scene.tree.path, "--profile", "auto"])
    #expect(plan.errors.contains("profile general: running domain 'web1' decides\n"))
  }

  @Test func aDryRunWritesNothingAndExitsAsPlan() throws {
    let scene = try Scene()
    let before = scene.tree.contents()
    let run = try scene.run("apply", "--dry-run")
    #expect(run.status == 1)
    #expect(run.output == (try scene.run("plan").output))
    #expect(scene.shows(before) && scene.state.contents().isEmpty)
  }

  @Test func aStalePlanIsRefusedAndTheMovedFactNamed() throws {
    let scene = try Scene()
    let plan = scene.state.path + "/plan.json"
    #expect(try scene.run("plan", "--format", "json", "--output", plan).status == 1)
    let file = "/proc/sys/vm/dirty_background_ratio"
    scene.tree.write(file, "70\n")
    let before = scene.tree.contents()
    let apply = try scene.run("apply", "--yes", "--plan", plan)
    #expect(apply.status == 1)
    #expect(apply.errors.contains("was '10' when planned, is '70'"))
    #expect(scene.shows(before))
    scene.tree.write(file, "10\n")
    #expect(try scene.run("apply", "--yes", "--plan", plan).status == 0)
    #expect(scene.tree.text(file) == "5\n")
  }

  @Test func namesThatDoNotExistAreRefusedWithTheNearest() throws {
    let scene = try Scene()
    for arguments in [["--only", "mem.thpp"], ["--only", "domain:none"], ["--format", "xml"]] {
      let run = try Program.run(
        ["plan", "--root", scene.tree.path, "--state-dir", scene.state.path] + arguments)
      #expect(run.status == 64, "\(arguments) \(run.errors)")
    }
    #expect(try scene.run("apply", "--yes", "-c", "qemu+ssh://other/system").status == 64)
    #expect(try scene.run("apply", "--yes", "--window", "25:00-3:00").status == 64)
    #expect(try scene.run("apply", "--yes", "--plan", "/does/not/exist").status == 66)
  }

  @Test func theJSONKeepsItsSchemas() throws {
    guard SchemaCheck.isAvailable else { return }
    let scene = try Scene()
    func check(_ run: Program.Outcome, _ schema: String) throws {
      let complaints = try SchemaCheck.complaints(about: run.output, schema: schema)
      #expect(complaints == "", "\(schema): \(complaints)")
    }
    try check(scene.run("plan", "--format", "json"), "plan")
    try check(scene.run("apply", "--yes", "--format", "json"), "apply")
    try check(scene.run("apply", "--yes", "--format", "json"), "apply")
    try check(scene.journal("history", "--format", "json"), "history")
    try check(scene.journal("rollback", "--yes", "--format", "json"), "rollback")
    try check(scene.journal("recover", "--format", "json"), "recover")
  }

  @Test func theScriptDoesTheSameByHand() throws {
    guard access("/usr/bin/patch", X_OK) == 0 else { return }
    let scene = try Scene()
    let script = scene.state.path + "/plan.sh"
    #expect(try scene.run("plan", "--format", "script", "--output", script).status == 1)
    let hand = try Program.run(["--version"], prelude: "sh \(script) >&2 || exit 9")
    #expect(hand.status == 0, "\(hand.errors)")
    let left = try scene.run("plan")
    #expect(left.status == 0, "\(left.output)")
    let applied = try Scene()
    #expect(try applied.run("apply", "--yes").status == 0)
    let isTheSame = scene.shows(applied.tree.contents())
    #expect(isTheSame)
  }

  /// The program is killed at its n-th call of a kind, for all n until it survives.
  @Test(arguments: ["renameat", "fsync", "mkdirat", "fchmod"])
  func killedAtAnyCallItIsRecoveredToOneOfTwoStates(call: String) throws {
    guard access("/usr/bin/strace", X_OK) == 0 else { return }
    let done = try Scene()
    let before = done.tree.contents()
    _ = try done.run("apply", "--yes")
    let after = done.tree.contents()
    var kills = 0
    for number in stride(from: 1, to: 40, by: 3) {
      let scene = try Scene()
      let strace =
        "exec strace -qq -f -o /dev/null -e trace=\(call) "
        + "-e inject=\(call):signal=SIGKILL:when=\(number) \"$0\" \"$@\""
      let run = try scene.run("apply", "--yes", prelude: strace)
      _ = try scene.journal("recover")
      let now = scene.tree.contents()
      let isOneOfTwo = now == before || now == after
      #expect(isOneOfTwo, "\(call) \(number)")
      if run.status == 0 { break }
      kills += 1
    }
    #expect(kills > 0)
  }
}
