// tuned-vm audit

import ArgumentParser
import TuneHost
import TuneKit

/// The lowest severity that makes the exit code 1.
enum FailLevel: String, ExpressibleByArgument, CaseIterable {
  case critical, warning, info, never

  /// As a severity; nil for never.
  var severity: Severity? { Severity(word: rawValue) }
}

struct AuditCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "Check this host and its domains against a profile.",
    discussion: """
      Exit code 1: findings at or above --fail-on. Nothing is ever changed.
      """)

  @OptionGroup(title: "Input") var input: InputOptions
  @OptionGroup(title: "Rules") var filter: RuleFilterOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Option(
    help: ArgumentHelp(
      "critical, warning (default), info or never.", valueName: "level"))
  var failOn: FailLevel?

  @Option(
    help: ArgumentHelp(
      "text, json, html, sarif, junit, prometheus or markdown.", valueName: "format"))
  var format = "text"

  func run() throws {
    let format = try UsageHint.format(format, ReportFormat.self)
    let situation = try Situation(input, filter)
    let level = situation.failLevel(failOn)
    let report = Audit.report(
      situation.context, rules: situation.rules, selection: situation.selection,
      notices: situation.notices, toolVersion: TunedVM.version, generatedAt: Clock.now())
    UntilExit.keep((situation, report))
    if format != .text { output.notice(situation.notices) }  // the text carries them
    try output.write(renderedBytes(report, as: format, output.rendering(failOn: level)))
    try situation.complainOfMalformedDomains()
    let worst = report.findings.filter { $0.waiver == nil }.map(\.severity).max() ?? .off
    if let level, worst >= level { throw ExitCode(ExitStatus.findings.rawValue) }
  }
}
