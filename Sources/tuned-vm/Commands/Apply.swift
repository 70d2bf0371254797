// tuned-vm apply

import ArgumentParser
import TuneHost
import TuneKit

/// The formats of commands that change something.
enum ChangeFormat: String, CaseIterable {
  case text, json
}

struct ApplyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "apply",
    abstract: "Carry out the plan as one transaction that can be rolled back.",
    discussion: """
      Shows the plan and asks, unless --yes. Any failure takes everything back.
      With --root the tree is changed, with --domain-xml those files, never this
      host. Exit code 1: something asked for was skipped or only partly granted.
      """)

  @OptionGroup(title: "Input") var input: InputOptions
  @OptionGroup(title: "Changes") var filter: ChangeFilterOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Flag(help: "Don't ask.")
  var yes = false

  @Flag(help: "Show the plan and stop; exit code as plan.")
  var dryRun = false

  @Option(
    help: ArgumentHelp(
      "Carry out exactly this plan, or nothing if its facts moved.", valueName: "file"))
  var plan: String?

  @Option(
    help: ArgumentHelp(
      "Change this domain first, look again, then the others.", valueName: "domain"))
  var canary: String?

  @Option(
    help: ArgumentHelp(
      "Only between these times of the host's clock.", valueName: "hh:mm-hh:mm"))
  var window: String?

  @Option(
    help: ArgumentHelp(
      "Move guests' memory no faster, in MiB a second.", valueName: "mib"))
  var moveRate = 1000

  @Option(help: ArgumentHelp("text or json.", valueName: "format"))
  var format = "text"

  func run() throws {
    let format = try UsageHint.format(format, ChangeFormat.self)
    try refuseElsewhere()
    guard plan == nil || canary == nil else {
      throw Failure(
        .usage, "--canary makes a part of the plan first, and --plan makes all or nothing",
        "  leave out one of them, or plan with --domain.")
    }
    guard moveRate > 0 else {
      throw Failure(.usage, "--move-rate is \(moveRate); expected MiB a second, at least 1")
    }
    let window = try window.map { try TimeWindow($0) }
    if !dryRun, !yes, !Terminal.canAsk {
      throw Failure(
        .usage, "apply asks before it changes anything, and there is no terminal to ask on",
        "  add --yes, or --dry-run to see the plan.")
    }
    let run = ApplyRun(
      input: input, filter: filter, output: output, confirmed: yes, dryRun: dryRun,
      saved: try plan.map(ApplyRun.saved), format: format, window: window,
      memoryRateMiB: moveRate)
    if !dryRun { try run.refuseOutsideWindow() }
    try run.perform(canary: canary)
  }

  /// Another machine's libvirt is never changed from here.
  private func refuseElsewhere() throws {
    guard let uri = input.connect, !LibvirtConnection.isOwnSystem(uri) else { return }
    throw Failure(
      .usage, "apply changes this machine only, and \(uri.quoted()) is not its system instance",
      "  run tuned-vm on that host.")
  }
}

/// A time of day from one minute to another; it may go past midnight.
struct TimeWindow: CustomStringConvertible {
  let description: String
  private let start: Int
  private let end: Int

  init(_ text: String) throws {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let start = Self.minutes(parts[0]), let end = Self.minutes(parts[1])
    else {
      throw Failure(.usage, "--window is \(text.quoted()); expected HH:MM-HH:MM")
    }
    description = text
    self.start = start
    self.end = end
  }

  func contains(_ minutes: Int) -> Bool {
    start <= end ? (start..<end).contains(minutes) : minutes >= start || minutes < end
  }

  private static func minutes(_ text: Substring) -> Int? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy({ $0.count == 2 && $0.allSatisfy(\.isNumber) }),
      let hour = Int(parts[0]), let minute = Int(parts[1]), hour < 24, minute < 60
    else { return nil }
    return hour * 60 + minute
  }
}
