// tuned-vm place INSTANCE.json

import ArgumentParser
import TuneHost
import TuneKit

struct PlaceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "place",
    abstract: "Find the best home for every vCPU, thread and page.",
    discussion: """
      Solves an instance file (docs/placement.md). Without --time-limit the same seed gives the
      same bytes on every machine.
      """)

  @Argument(help: "The instance, JSON in the format placement/1.")
  var instance: String

  @Option(
    help: ArgumentHelp("Stop after this much CPU time, in milliseconds.", valueName: "ms"))
  var timeLimit: Int?

  @Option(help: ArgumentHelp("Seed of the search.", valueName: "n"))
  var seed: UInt64 = 1

  @Flag(help: "Tell what each VM costs, and why.")
  var explain = false

  @OptionGroup(title: "Output") var output: OutputOptions

  @Option(help: ArgumentHelp("text or json.", valueName: "format"))
  var format = "text"

  func run() throws {
    let format = try UsageHint.format(format, PlainFormat.self)
    if let timeLimit, timeLimit < 1 {
      throw Failure(.usage, "--time-limit is at least 1 millisecond")
    }
    let problem = try Self.read(instance)
    let report = PlacementReport(problem, solve(problem), explains: explain)
    output.notice(report.notices)
    switch format {
    case .text: try output.write(report.text(width: output.columns))
    case .json: try output.write(report.json)
    }
  }

  private func solve(_ problem: PlacementInstance) -> PlacementResult {
    var options = PlacementOptions()
    options.seed = seed
    if let timeLimit {
      // What is left after the search: choosing PUs, judging, printing.
      let limit = Double(timeLimit) / 1000
      let usable = max(limit * 0.5, limit - 0.01)
      options.steps = Int.max
      options.elapsedShare = { CPUTime.used() / usable }
    }
    return PlacementSolver.solve(problem, options)
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
