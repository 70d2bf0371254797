// tuned-vm rules list, rules show ID, explain ID

import ArgumentParser
import TuneKit

/// The two forms of most small commands.
enum PlainFormat: String, CaseIterable {
  case text, json
}

struct RulesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rules",
    abstract: "List the rules, or explain one.",
    subcommands: [ListRules.self, ShowRule.self], defaultSubcommand: ListRules.self)
}

struct ListRules: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "One rule a line, its id first.")

  @OptionGroup(title: "Input") var input: InputOptions
  @OptionGroup(title: "Rules") var filter: RuleFilterOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Option(help: ArgumentHelp("text or json.", valueName: "format"))
  var format = "text"

  func run() throws {
    let format = try UsageHint.format(format, PlainFormat.self)
    let profile = try Site(input).profile
    let selection = Selection(only: filter.only, skip: filter.skip)
    let rules = Catalogue.rules(for: profile).filter { selection.includes(rule: $0.about.id) }
    switch format {
    case .text:
      let text = CatalogueReport.list(rules, for: profile.family, width: output.listColumns)
      try output.write(text)
    case .json: try output.write(CatalogueReport.listJSON(rules))
    }
  }
}

struct ShowRule: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Why a rule exists, what its remedy costs, where it is written.")

  @Argument(help: "The rule's id, as 'rules list' shows it.")
  var id: String

  @OptionGroup(title: "Input") var input: InputOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Option(help: ArgumentHelp("text or json.", valueName: "format"))
  var format = "text"

  func run() throws {
    let format = try UsageHint.format(format, PlainFormat.self)
    let rules = Catalogue.rules(for: try Site(input).profile)
    guard let rule = rules.first(where: { $0.about.id == id }) else {
      let hint = Nearest.hint(id, in: rules.map(\.about.id))
      throw Failure(.usage, "no rule \(id.quoted())\(hint)")
    }
    switch format {
    case .text:
      try output.write(
        CatalogueReport.show(rule, width: output.columns, color: output.usesColour))
    case .json: try output.write(CatalogueReport.showJSON(rule))
    }
  }
}

struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "The same as 'rules show ID'.")

  @OptionGroup var rule: ShowRule

  func run() throws { try rule.run() }
}
