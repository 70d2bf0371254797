// Help is for people at a terminal of 80 columns; completions are for their shells.

import TestSupport
import Testing

@Suite struct HelpTests {
  static let commands = [
    "audit", "topology", "rules", "explain", "profiles", "plan", "apply", "history", "rollback",
    "recover", "place", "baseline", "drift",
  ]

  @Test(arguments: commands)
  func helpOfACommandFits80Columns(command: String) throws {
    let outcome = try Program.run([command, "--help"], prelude: "export COLUMNS=80")
    #expect(outcome.status == 0)
    #expect(outcome.errors == "")
    for line in outcome.output.split(separator: "\n") {
      #expect(line.count <= 80, "\(line)")
    }
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func completionsKnowEveryCommand(shell: String) throws {
    let outcome = try Program.run(["--generate-completion-script", shell])
    #expect(outcome.status == 0)
    for command in Self.commands { #expect(outcome.output.contains(command)) }
  }

  @Test func bashReadsItsCompletions() throws {
    let path = Program.path
    let outcome = try Program.run(
      ["--version"], prelude: "\(path) --generate-completion-script bash | bash -n")
    #expect(outcome.status == 0)
    #expect(outcome.errors == "")
  }
}
