// Help is for people at a terminal of 80 columns; completions are for their shells.

import TestSupport
import Testing

@Suite struct HelpTests {
  static let commands = [
    "audit", "topology", "capture", "rules", "explain", "profiles", "plan", "apply", "history",
    "rollback", "recover", "place", "advise", "hook", "baseline", "drift", "fleet", "trial",
  ]

  static let subcommands = [
    "", "rules list", "rules show", "profiles list", "profiles show", "profiles validate",
    "baseline save", "baseline show", "baseline accept", "fleet ingest", "fleet report",
  ]

  @Test(arguments: commands + subcommands)
  func helpOfACommandFits80Columns(command: String) throws {
    let words = command.split(separator: " ").map(String.init)
    let outcome = try Program.run(words + ["--help"], prelude: "export COLUMNS=80")
    #expect(outcome.status == 0)
    #expect(outcome.errors == "")
    for line in outcome.output.split(separator: "\n") {
      #expect(line.utf8.count <= 80, "\(line)")
    }
  }

  @Test func theHelpListsEveryCommand() throws {
    let help = try Program.run(["--help"]).output
    let list = help.split(separator: "SUBCOMMANDS:").last ?? ""
    let listed = list.split(separator: "\n").compactMap { line -> String? in
      line.hasPrefix("  ") && !line.hasPrefix("   ") && !line.hasPrefix("  See")
        ? line.split(separator: " ").first.map(String.init) : nil
    }
    #expect(listed.sorted() == Self.commands.sorted())
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

  /// A pipe gets whole titles: somebody greps in them.
  @Test func aListIsCutOnATerminalAlone() throws {
    let list = try Program.run(["rules", "list"]).output
    #expect(list.split(separator: "\n").contains { $0.count > 80 })
    #expect(!list.contains("…"))
  }
}
