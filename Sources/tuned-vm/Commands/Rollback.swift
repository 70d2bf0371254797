// tuned-vm rollback, recover and history

import ArgumentParser
import TuneHost
import TuneKit

struct StateOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Where journals are; default /var/lib/tuned-vm.", valueName: "dir"))
  var stateDir: String?

  var state: StateDirectory { StateDirectory(stateDir ?? "/var/lib/tuned-vm") }
}

struct RollbackCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rollback",
    abstract: "Take a transaction back, by default the last one.",
    usage: "tuned-vm rollback [<id>] <options>",
    discussion: """
      What somebody changed since is left and named, unless --force. Exit code 1:
      something was left. The journal knows which host, tree or files to change.
      """)

  @Argument(help: ArgumentHelp("The transaction's number, from history.", valueName: "id"))
  var id: Int?

  @OptionGroup var place: StateOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Flag(help: "Don't ask.")
  var yes = false

  @Flag(help: "Overwrite what somebody changed since.")
  var force = false

  @Option(help: ArgumentHelp("text or json.", valueName: "format"))
  var format = "text"

  func run() throws {
    let format = try UsageHint.format(format, ChangeFormat.self)
    if !yes, !Terminal.canAsk {
      throw Failure(
        .usage, "rollback asks before it changes anything, and there is no terminal to ask on",
        "  add --yes.")
    }
    try place.state.checkReadable()
    let past = try History.rollbackCandidate(id, place.state)
    if !yes {
      Terminal.say(HistoryText.details(past))
      guard Terminal.ask("Take these \(past.changes.count) changes back?") else {
        Terminal.complain(["nothing was changed"])
        throw ExitCode(ExitStatus.findings.rawValue)
      }
    }
    let session = try Session(place.state, command: "rollback", now: Clock.now())
    let done = try session.rollback(past.id, now: Clock.now(), force: force)
    switch format {
    case .text:
      let steps = done.undone == 1 ? "1 step" : "\(done.undone) steps"
      try output.write(
        "Transaction \(done.id): \(steps) taken back.\n" + OutcomeReport.leftovers(done.left))
    case .json:
      try output.write(
        OutcomeReport.json(schema: "tuned-vm/rollback/v1", [done]).text() + "\n")
    }
    if !done.left.isEmpty { throw ExitCode(ExitStatus.findings.rawValue) }
  }
}

struct RecoverCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recover",
    abstract: "Finish a transaction that was interrupted.",
    usage: "tuned-vm recover <options>",
    discussion: """
      Takes back what a killed run or a power cut left half done. Never asks.
      --boot also writes again the values of committed transactions that a boot
      lost; it is what the boot unit runs, and it never fails.
      """)

  @OptionGroup var place: StateOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Flag(help: "Accepted and ignored: recover never asks.")
  var yes = false

  @Flag(help: "Overwrite what somebody changed since.")
  var force = false

  @Flag(help: "Write committed live values again; for the boot unit.")
  var boot = false

  @Option(help: ArgumentHelp("text or json.", valueName: "format"))
  var format = "text"

  func run() throws {
    let format = try UsageHint.format(format, ChangeFormat.self)
    if boot { return atBoot() }
    try place.state.checkReadable()
    guard History.hasUnfinished(place.state) else { return try write([], format) }
    let session = try Session(place.state, command: "recover", now: Clock.now())
    let done = try session.recover(now: Clock.now(), force: force)
    try write(done, format)
    if done.contains(where: { !$0.left.isEmpty }) {
      throw ExitCode(ExitStatus.findings.rawValue)
    }
  }

  /// The boot goes on whatever happens here.
  private func atBoot() {
    do {
      guard History.hasAny(place.state) else { return }
      let session = try Session(place.state, command: "recover --boot", now: Clock.now())
      for item in try session.recover(now: Clock.now(), atBoot: true) {
        Terminal.complain(["transaction \(item.id) was interrupted and is taken back"])
      }
      Terminal.complain(session.restoreLiveValues())
    } catch {
      Terminal.complain(error.messages)
    }
  }

  private func write(_ done: [Session.Recovery], _ format: ChangeFormat) throws {
    switch format {
    case .text:
      var text = done.isEmpty ? "Nothing to recover.\n" : ""
      for item in done {
        let steps = item.undone == 1 ? "1 step" : "\(item.undone) steps"
        text += "Transaction \(item.id): \(steps) taken back.\n"
        text += OutcomeReport.leftovers(item.left)
      }
      if !(output.quiet && done.isEmpty) { try output.write(text) }
    case .json:
      try output.write(OutcomeReport.json(schema: "tuned-vm/recover/v1", done).text() + "\n")
    }
  }
}

struct HistoryCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "List what was changed, the latest first.",
    usage: "tuned-vm history <options>")

  @OptionGroup var place: StateOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Option(help: ArgumentHelp("text or json.", valueName: "format"))
  var format = "text"

  func run() throws {
    let format = try UsageHint.format(format, ChangeFormat.self)
    try place.state.checkReadable()
    let (past, damaged) = History.read(place.state)
    switch format {
    case .text: try output.write(HistoryText.list(past, verbose: output.verbose))
    case .json: try output.write(OutcomeReport.json(past).text() + "\n")
    }
    if let first = damaged.first {
      throw Failure(first.status, messages: damaged.flatMap(\.messages))
    }
  }
}
