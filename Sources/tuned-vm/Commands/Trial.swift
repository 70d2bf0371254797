// tuned-vm trial

import ArgumentParser
import TuneHost
import TuneKit

struct TrialCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "trial",
    abstract: "Measure what a profile's changes bring, before and after in turn.",
    usage: """
      tuned-vm trial --profile <name> [<options>] -- <command> ...
      tuned-vm trial --profile <name> [<options>] --workload <name>
      """,
    discussion: """
      Applies and takes back the changes again and again, in random order, and
      measures each time: how long the command takes, the number it prints, or a
      built-in workload (memory-latency, memory-bandwidth, wakeup, disk-read,
      disk-write, packets). Stops when enough is known; a difference is only
      claimed where chance would show one in fewer than 1 of 100 trials. The
      changes are taken back unless --keep. Killed, 'recover' takes them back.

      Exit code 1: it became worse, or nothing of the plan could be tried.
      """)

  @OptionGroup(title: "Input") var input: InputOptions
  @OptionGroup(title: "Changes") var filter: ChangeFilterOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Option(help: ArgumentHelp("A built-in workload instead of a command.", valueName: "name"))
  var workload: String?

  @Option(help: ArgumentHelp("Where the disk workloads put their 64 MiB.", valueName: "dir"))
  var directory: String?

  @Option(
    help: ArgumentHelp(
      "time, or output: the last number the command prints.", valueName: "what"))
  var measure = "time"

  @Option(help: ArgumentHelp("lower or higher, for a command.", valueName: "direction"))
  var better = "lower"

  @Option(help: ArgumentHelp("The unit of what the command prints.", valueName: "text"))
  var unit = "units"

  @Option(
    help: ArgumentHelp(
      "Run by sh after each change of state, for instance to restart a guest.",
      valueName: "command"))
  var beforeEach: String?

  @Option(help: ArgumentHelp("At most so many pairs.", valueName: "count"))
  var pairs = 32

  @Option(help: ArgumentHelp("Begin no further pair after this time.", valueName: "seconds"))
  var timeLimit = 600

  @Option(
    help: ArgumentHelp("A smaller difference is not worth having.", valueName: "percent"))
  var smallest = 2.0

  @Option(
    help: ArgumentHelp("Length of one measurement of a built-in workload.", valueName: "seconds"))
  var seconds = 0.2

  @Option(help: ArgumentHelp("Seed of the coin and the resampling.", valueName: "n"))
  var seed: UInt64?

  @Flag(help: "Change nothing: measure the same state twice.")
  var placebo = false

  @Flag(help: "Keep the changes where something got better and nothing worse.")
  var keep = false

  @Flag(help: "Don't ask.")
  var yes = false

  @Option(help: ArgumentHelp("Also draw the pairs as SVG.", valueName: "file"))
  var plot: String?

  @Option(help: ArgumentHelp("text or json.", valueName: "format"))
  var format = "text"

  @Argument(parsing: .postTerminator, help: "The command to measure, behind --.")
  var command: [String] = []

  func run() throws {
    let format = try UsageHint.format(format, ChangeFormat.self)
    try check()
    let workload = try makeWorkload()
    if let uri = input.connect, !LibvirtConnection.isOwnSystem(uri) {
      throw Failure(
        .usage, "trial changes this machine only, and \(uri.quoted()) is not its system instance")
    }
    guard placebo || yes || Terminal.canAsk else {
      throw Failure(
        .usage, "trial changes the host for a while, and there is no terminal to ask on",
        "  add --yes, or --placebo to change nothing.")
    }
    let report = try TrialRun(self, workload).perform()
    if let plot { try OutputFile.replace(plot, with: report.plot) }
    try output.write(format == .json ? report.json : report.text(width: output.columns))
    if report.isWorse { throw ExitCode(ExitStatus.findings.rawValue) }
  }

  private func check() throws {
    guard (workload == nil) != command.isEmpty else {
      throw Failure(
        .usage,
        workload == nil
          ? "there is nothing to measure: give a command behind --, or --workload"
          : "--workload and a command exclude each other")
    }
    guard (2...10_000).contains(pairs) else {
      throw Failure(.usage, "--pairs is \(pairs); expected 2 to 10000")
    }
    guard timeLimit > 0, seconds > 0, seconds <= 3600, smallest > 0, smallest < 100 else {
      throw Failure(
        .usage, "--time-limit and --seconds must be above 0, --smallest between 0 and 100")
    }
  }

  private func makeWorkload() throws -> any Workload {
    if let workload {
      let names = BuiltInWorkload.allCases.map(\.rawValue)
      guard let kind = BuiltInWorkload(rawValue: workload) else {
        throw Failure(
          .usage,
          "no workload \(workload.quoted())\(Nearest.hint(workload, in: names)) (there are "
            + names.joined(separator: ", ") + ")")
      }
      return try kind.make(seconds: seconds, directory: directory)
    }
    guard let what = CommandWorkload.Measure(rawValue: measure) else {
      throw Failure(.usage, "--measure is \(measure.quoted()); expected time or output")
    }
    guard let direction = BetterDirection(rawValue: better) else {
      throw Failure(.usage, "--better is \(better.quoted()); expected lower or higher")
    }
    return CommandWorkload(command, measure: what, better: direction, unit: unit)
  }
}
