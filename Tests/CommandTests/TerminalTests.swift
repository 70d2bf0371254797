// What is asked on a terminal, and what each answer does.

import TestSupport
import Testing

@Suite struct TerminalTests {
  private let tree: TemporaryTree
  private let state = TemporaryTree(inMemory: true)
  private let ratio = "/proc/sys/vm/dirty_background_ratio"

  init() throws {
    tree = try CapturedHost("two-nodes").unpacked()
    tree.write("/etc/libvirt/qemu/web1.xml", SampleDomain.web1)
  }

  private func run(
    _ command: [String], answering answer: () -> String
  ) throws -> Program.Outcome {
    let place = ["--state-dir", state.path + "/s"]
    let host = ["--root", tree.path, "--profile", "db", "--only", "mem.dirty-ratio"]
    let rest = command.firstIndex(of: "--") ?? command.endIndex
    return try Program.run(
      command[..<rest] + place + (command[0] == "rollback" ? [] : host) + command[rest...],
      answering: answer)
  }

  @Test(arguments: ["n\n", "\n", "yep\n", "\u{4}"])
  func onlyAClearYesChangesSomething(_ answer: String) throws {
    let before = tree.contents()
    let apply = try run(["apply"]) { answer }
    #expect(apply.status == 1)
    #expect(apply.errors.contains("Make "))
    #expect(apply.errors.contains("tuned-vm: nothing was changed"), "\(apply.errors)")
    let trial = try run(["trial", "--", "true"]) { answer }
    #expect(trial.status == 1)
    #expect(trial.errors.contains("Try "))
    #expect(trial.errors.contains("tuned-vm: nothing was changed"), "\(trial.errors)")
    #expect(tree.contents() == before)
    #expect(state.contents().isEmpty)
  }

  @Test func aYesIsDoneAndARollbackAsksToo() throws {
    #expect(try run(["apply"]) { "y\n" }.status == 0)
    #expect(tree.text(ratio) == "5\n")
    let no = try run(["rollback"]) { "n\n" }
    #expect(no.status == 1)
    #expect(no.errors.contains("Take these "))
    #expect(no.errors.contains("tuned-vm: nothing was changed"), "\(no.errors)")
    #expect(tree.text(ratio) == "5\n")
    #expect(try run(["rollback"]) { "yes\n" }.status == 0)
    #expect(tree.text(ratio) == "10\n")
  }

  @Test func whatChangesDuringTheQuestionIsNotOverwritten() throws {
    let apply = try run(["apply"]) {
      tree.write(ratio, "20\n")
      return "y\n"
    }
    #expect(apply.status == 1)
    #expect(
      apply.errors.contains("the host changed while you decided: nothing was changed"),
      "\(apply.errors)")
    #expect(apply.errors.contains("  run apply again."))
    #expect(tree.text(ratio) == "20\n")
  }
}
