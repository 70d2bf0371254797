// tuned-vm plan

import ArgumentParser
import TuneHost
import TuneKit

/// The formats of a plan.
enum PlanFormat: String, CaseIterable {
  case text, json, script
}

struct PlanCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plan",
    abstract: "Show what apply would do, with diffs of domain XML.",
    discussion: """
      Exit code 1: there is something to change. Nothing is changed.
      --format script gives a shell script that does the same by hand.
      """)

  @OptionGroup(title: "Input") var input: InputOptions
  @OptionGroup(title: "Changes") var filter: ChangeFilterOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Option(help: ArgumentHelp("text, json or script.", valueName: "format"))
  var format = "text"

  @Flag(help: "Plan what needs --only RULE --only domain:NAME --yes as well.")
  var yes = false

  func run() throws {
    let format = try UsageHint.format(format, PlanFormat.self)
    let proposal = try Proposal(input, filter, confirmed: yes)
    output.notice(proposal.situation.notices)
    try output.write(render(proposal, format))
    try proposal.situation.complainOfMalformedDomains()
    if !proposal.plan.work.isEmpty { throw ExitCode(ExitStatus.findings.rawValue) }
  }

  private func render(_ proposal: Proposal, _ format: PlanFormat) -> String {
    let plan = proposal.plan
    return switch format {
    case .text: PlanText.render(plan, color: output.usesColour, verbose: output.verbose)
    case .json: plan.json.text() + "\n"
    case .script:
      plan.script(
        for: proposal.situation.context.facts.snapshot,
        root: input.root.map { Assignment.absolute($0) ?? $0 },
        domainsAreNamedFiles: !input.domainXml.isEmpty)
    }
  }
}
