// tuned-vm place [INSTANCE.json]

import ArgumentParser
import TuneHost
import TuneKit

struct PlaceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "place",
    abstract: "Find the best home for every vCPU, thread and page.",
    usage: "tuned-vm place [<instance>] <options>",
    discussion: """
      Solves an instance file (docs/placement.md), or without one this host with its
      domains. Without --time-limit the same seed gives the same bytes everywhere.
      """)

  @Argument(help: "An instance, JSON in the format placement/1; default this host.")
  var instance: String?

  @Option(
    help: ArgumentHelp("Stop after this much CPU time, in milliseconds.", valueName: "ms"))
  var timeLimit: Int?

  @Option(help: ArgumentHelp("Seed of the search.", valueName: "n"))
  var seed: UInt64 = 1

  @Flag(help: "Tell what each VM costs, and why.")
  var explain = false

  @Option(
    help: ArgumentHelp("As if this VM were here too; for this host.", valueName: "vcpus:mib"))
  var whatIf: String?

  @OptionGroup(title: "Input") var input: InputOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Option(help: ArgumentHelp("text or json.", valueName: "format"))
  var format = "text"

  func run() throws {
    let format = try UsageHint.format(format, PlainFormat.self)
    if let timeLimit, timeLimit < 1 {
      throw Failure(.usage, "--time-limit is at least 1 millisecond")
    }
    guard let instance else { return try placeHost(format) }
    guard whatIf == nil else {
      throw Failure(.usage, "--what-if adds a VM to this host; an instance file has its own")
    }
    let problem = try Self.read(instance)
    try write(PlacementReport(problem, solve(problem), explains: explain), format)
  }

  /// This host, or the tree or the files that the options name.
  private func placeHost(_ format: PlainFormat) throws {
    let imagined = try whatIf.map { try VMSize($0, option: "--what-if") }
    let situation = try Situation(input)
    output.notice(situation.notices)
    let placed = try HostPlacement(
      situation.context.facts, situation.context.placementSettings,
      imagined: imagined.map {
        HostInstance.Imagined(vcpus: $0.vcpus, memoryMiB: $0.memoryMiB ?? 1024)
      }, options)
    let report = PlacementReport(
      placed.host.instance, placed.result, explains: explain, host: placed.host)
    try write(report, format)
    try situation.complainOfMalformedDomains()
  }

  private func write(_ report: PlacementReport, _ format: PlainFormat) throws {
    output.notice(report.notices)
    switch format {
    case .text: try output.write(report.text(width: output.columns))
    case .json: try output.write(report.json)
    }
  }

  private func solve(_ problem: PlacementInstance) -> PlacementResult {
    PlacementSolver.solve(problem, options)
  }

  private var options: PlacementOptions {
    var options = PlacementOptions()
    options.seed = seed
    if let timeLimit {
      // What is left after the search: choosing PUs, judging, printing.
      let limit = Double(timeLimit) / 1000
      let usable = max(limit * 0.5, limit - 0.01)
      options.steps = Int.max
      options.elapsedShare = { CPUTime.used() / usable }
    }
    return options
  }

  private static func read(_ path: String) throws -> PlacementInstance {
    let bytes = try InputFile.read(path)
    do throws(InstanceError) {
      return try PlacementInstance(parsing: bytes)
    } catch {
      throw Failure(.malformed, "\(path):\(error)")
    }
  }
}

/// `VCPUS:MIB`, or `VCPUS` alone.
struct VMSize {
  let vcpus: Int
  let memoryMiB: Int?

  init(_ text: String, option: String) throws {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let numbers = parts.map { Int($0) }
    guard (1...2).contains(parts.count), let vcpus = numbers[0], (1...4096).contains(vcpus),
      numbers.count == 1 || (numbers[1].map { (1...1 << 30).contains($0) } ?? false)
    else {
      throw Failure(.usage, "\(option) takes VCPUS:MIB, such as 4:8192, not \(text.quoted())")
    }
    self.vcpus = vcpus
    memoryMiB = numbers.count == 2 ? numbers[1] : nil
  }
}
