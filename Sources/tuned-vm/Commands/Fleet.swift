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
      "Default /etc/tuned-vm/config.yaml if it is there.", valueName: "file"))
  var config: String?

  func store() throws -> FleetStore {
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
    let store = try fleet.store()
    var total = FleetStore.Tally()
    var items: [FleetStore.Item] = []
    func flush() throws {
      let tally = try store.ingest(items)
      total.added += tally.added
      total.known += tally.known
      total.quarantined += tally.quarantined
      Terminal.complain(
        items.compactMap { item in
          guard case .failure(let problem) = item.content else { return nil }
          return "\(item.path.printable): \(problem.reason.printable); put aside"
        })
      items.removeAll(keepingCapacity: true)
    }
    var reader = FleetReader { item in
      items.append(item)
      if items.count >= Self.batch { try flush() }
    }
    for path in paths { try reader.read(path) }
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
    commandName: "report", abstract: "The state of the fleet on one page.")

  @OptionGroup var fleet: FleetOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Option(help: ArgumentHelp("text, json, html or csv.", valueName: "format"))
  var format = "text"

  func run() throws {
    let format = try UsageHint.format(format, FleetFormat.self)
    let report = try fleet.store().report(generatedAt: Clock.now())
    try output.write(render(report, as: format, output.rendering(failOn: .info)))
  }
}
