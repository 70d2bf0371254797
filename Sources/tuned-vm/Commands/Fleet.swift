// tuned-vm fleet ingest, report

import ArgumentParser
import TuneFleet
import TuneHost
import TuneKit

struct FleetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fleet",
    abstract: "Bring the reports of many hosts together.",
    subcommands: [FleetIngest.self, FleetReportCommand.self])
}

struct FleetOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Where the fleet store lies; default /var/lib/tuned-vm.", valueName: "dir"))
  var stateDir: String?

  @Option(
    help: ArgumentHelp(
      "postgresql://… instead of a file below the state directory.", valueName: "uri"))
  var store: String?

  @Option(
    help: ArgumentHelp(
      "Default /etc/tuned-vm/config.yaml if it is there.", valueName: "file"))
  var config: String?

  /// Opens the store that is asked for.
  func open() throws -> FleetStore {
    if let store {
      guard store.hasPrefix("postgresql://") || store.hasPrefix("postgres://") else {
        // The value may hold a password, so it isn't repeated.
        throw Failure(.usage, "--store expects postgresql://…; a file is chosen by --state-dir")
      }
      return try FleetStore(postgres: store)
    }
    let directory = stateDir ?? "/var/lib/tuned-vm"
    try StateDirectories.make(directory)
    return try FleetStore(path: directory + "/fleet.sqlite")
  }

  /// How long reports are kept, days; nil for ever.
  func retentionDays() throws -> Int? {
    let path = config ?? "/etc/tuned-vm/config.yaml"
    switch TextFile.read(path) {
    case .text(let text): return try ConfigurationParser.parse(text, file: path).retentionDays
    case .missing(let reason):
      guard config == nil, TextFile.isAbsent(path) else {
        throw ProfileError.unreadable(file: path, reason: reason)
      }
      return nil
    }
  }
}

struct FleetIngest: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ingest",
    abstract: "Take in audit and drift reports (JSON); what is read is never changed.",
    usage: "tuned-vm fleet ingest <path> ... <options>",
    discussion: """
      A path is a file, a directory (its *.json and *.tar, and those below), a tar
      archive, or - for standard input. A report that is there already is passed over.
      Exit code 1: something was damaged and put aside; the rest was taken in.
      """)

  @Argument(help: "Files, directories, archives, or -.")
  var paths: [String]

  @OptionGroup var fleet: FleetOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  /// Reports of one transaction.
  private static let batch = 2000

  func run() throws {
    let retention = try fleet.retentionDays()
    let store = try fleet.open()
    var total = FleetStore.Tally()
    var items: [FleetItem] = []
    func flush() throws {
      total += try store.ingest(items)
      Terminal.complain(
        items.compactMap { item in
          // A reason that begins with a place follows the file's name without a blank.
          item.problem.map { problem in
            let gap = problem.reason.first?.isNumber == true ? ":" : ": "
            return "\(item.path.printable)\(gap)\(problem.reason.printable); put aside"
          }
        })
      items.removeAll(keepingCapacity: true)
    }
    var reader = FleetReader { item in
      items.append(item)
      if items.count >= Self.batch { try flush() }
    }
    do {
      for path in paths { try reader.read(path) }
    } catch {
      // What was read before the path that can't be is not lost.
      try flush()
      throw error
    }
    try flush()
    if let retention, let now = Timestamp.seconds(Clock.now()) {
      _ = try store.forget(before: now - retention * 86_400)
    }
    if !output.quiet {
      try output.write(
        "\(total.added) reports taken in, \(total.known) were known, "
          + "\(total.quarantined) put aside\n")
    }
    if total.quarantined > 0 { throw ExitCode(ExitStatus.findings.rawValue) }
  }
}

struct FleetReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report", abstract: "The state of the fleet on one page.",
    usage: "tuned-vm fleet report <options>")

  @OptionGroup var fleet: FleetOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Option(help: ArgumentHelp("text, json, html or csv.", valueName: "format"))
  var format = "text"

  @Option(
    help: ArgumentHelp(
      "What changed since then; default since each host's audit before.", valueName: "time"))
  var since: String?

  func run() throws {
    let format = try UsageHint.format(format, FleetFormat.self)
    let since = try since.map(Self.seconds)
    let report = try fleet.open().report(generatedAt: Clock.now(), since: since)
    UntilExit.keep(report)
    try output.write(render(report, as: format, output.rendering(failOn: .info)))
  }

  /// A day or a time in UTC.
  private static func seconds(_ text: String) throws -> Int {
    guard let seconds = Timestamp.seconds(text) ?? Timestamp.seconds(text + "T00:00:00Z") else {
      throw Failure(
        .usage, "--since is \(text.quoted()); expected 2026-11-24 or 2026-11-24T15:37:26Z")
    }
    return seconds
  }
}
