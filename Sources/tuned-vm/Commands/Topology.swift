// tuned-vm topology

import ArgumentParser
import TuneHost
import TuneKit

/// The forms a topology comes in.
enum TopologyFormat: String, CaseIterable {
  case text, json
}

struct TopologyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "topology",
    abstract: "Show packages, NUMA nodes, caches, cores, devices and who is where.",
    usage: "tuned-vm topology <options>")

  @OptionGroup(title: "Input") var input: InputOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Option(help: ArgumentHelp("text or json.", valueName: "format"))
  var format = "text"

  func run() throws {
    let format = try UsageHint.format(format, TopologyFormat.self)
    let situation = try Situation(input)
    output.notice(situation.notices)
    let facts = situation.context.facts
    switch format {
    case .text: try output.write(TopologyText(facts, width: output.columns).text)
    case .json: try output.write(TopologyJSON.text(facts.topology))
    }
    try situation.complainOfMalformedDomains()
  }
}
