// tuned-vm drift

import ArgumentParser
import TuneHost
import TuneKit

struct DriftCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drift",
    abstract: "Say what moved since the baseline; nothing where nothing did.",
    discussion: """
      Exit code 1: something moved. Nothing is ever changed on the host.
      """)

  @OptionGroup(title: "Input") var input: InputOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Flag(help: "Only what no earlier --new has said (for cron and timers).")
  var new = false

  @Option(help: ArgumentHelp("text, json or prometheus.", valueName: "format"))
  var format = "text"

  func run() throws {
    let format = try UsageHint.format(format, DriftFormat.self)
    let host = try DriftSituation(input)
    let baseline = try host.store.load(host.report.host)
    var report = host.drift(since: baseline)
    let notices = host.situation.notices + report.notices
    if !new { output.notice(notices) }
    if !input.domain.isEmpty { report.drifted = try ofDomains(report.drifted, host) }
    if new {
      try host.store.alone { report = try sayOnce(report, notices, host, format) }
    } else {
      try output.write(render(report, as: format, output.rendering(failOn: .info)))
    }
    try host.situation.complainOfMalformedDomains()
    if !report.drifted.isEmpty { throw ExitCode(ExitStatus.findings.rawValue) }
  }

  /// Says what is new, then remembers it: said twice is better than never.
  private func sayOnce(
    _ report: DriftReport, _ notices: [String], _ host: DriftSituation, _ format: DriftFormat
  ) throws -> DriftReport {
    let identity = host.report.host
    let before = try host.store.memory(of: identity, since: report.since)
    let (news, after) = before.news(of: report, notices: notices)
    // A host without libvirt would otherwise send the same mail every hour.
    output.notice(news.notices)
    try output.write(render(news, as: format, output.rendering(failOn: .info)))
    guard after != before else { return news }
    do {
      try host.store.remember(after, of: identity)
    } catch {
      Terminal.complain(error.messages + ["  what was said will be said again."])
    }
    return news
  }

  private func ofDomains(_ entries: [DriftEntry], _ host: DriftSituation) throws -> [DriftEntry] {
    let selection = try Situation(input).selection
    let keys = selection.domains ?? []
    return entries.filter { entry in
      entry.subject.isOfDomain
        && keys.contains { entry.subject.name == $0 || entry.subject.name.hasPrefix($0 + "/") }
    }
  }
}
