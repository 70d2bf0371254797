// tuned-vm baseline save, show, accept

import ArgumentParser
import TuneHost
import TuneKit

struct BaselineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "baseline",
    abstract: "Remember a good state of this host, for 'drift' to compare with.",
    subcommands: [SaveBaseline.self, ShowBaseline.self, AcceptDrift.self],
    defaultSubcommand: ShowBaseline.self)
}

/// A host as baselines and drift see it.
struct DriftSituation {
  let situation: Situation
  let report: Report
  let facts: StableFacts
  let store: BaselineStore
  /// Where this program's own transactions are written down.
  let journals: StateDirectory

  init(_ input: InputOptions) throws {
    // A baseline holds every domain; --domain is for what is shown.
    var whole = input
    whole.domain = []
    situation = try Situation(whole)
    report = Audit.report(
      situation.context, rules: situation.rules, toolVersion: TunedVM.version,
      generatedAt: Clock.now())
    facts = StableFacts(situation.context.facts)
    store = BaselineStore(stateDirectory: input.stateDirectory)
    journals = StateDirectory(input.stateDirectory)
  }

  /// What moved since a baseline.
  func drift(since baseline: Baseline) -> DriftReport {
    let drift = DriftReport(
      comparing: baseline, file: store.file(for: report.host), with: facts, report)
    // Asked only where there is something to explain: most runs are silent.
    guard !drift.drifted.isEmpty else { return drift }
    return drift.traced(
      by: DriftTraceProbe.traces(
        below: situation.request.root ?? "/", for: drift, state: journals))
  }
}

struct SaveBaseline: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "save", abstract: "Remember the state now; it replaces the one before.",
    usage: "tuned-vm baseline save <options>")

  @OptionGroup(title: "Input") var input: InputOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Option(help: ArgumentHelp("text or json.", valueName: "format"))
  var format = "text"

  func run() throws {
    let format = try UsageHint.format(format, PlainFormat.self)
    let host = try DriftSituation(input)
    let baseline = Baseline(host.facts, host.report)
    let file = try host.store.alone { try host.store.save(baseline) }
    output.notice(host.situation.notices)
    switch format {
    case .text where output.quiet: break
    case .text:
      try output.write(
        "\(baseline.facts.count) facts of \((host.report.host.name ?? "this host").printable) "
          + "are remembered in \(file.printable)\n")
    case .json: try output.write(baseline.json)
    }
    try host.situation.complainOfMalformedDomains()
  }
}

struct ShowBaseline: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show what is remembered.",
    usage: "tuned-vm baseline show <options>")

  @OptionGroup(title: "Input") var input: InputOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Option(help: ArgumentHelp("text or json.", valueName: "format"))
  var format = "text"

  func run() throws {
    let format = try UsageHint.format(format, PlainFormat.self)
    let identity = try Situation(input).context.facts.host
    let store = BaselineStore(stateDirectory: input.stateDirectory)
    let baseline = try store.load(identity)
    switch format {
    case .text:
      let file = store.file(for: identity)
      try output.write(baseline.text(file: file, verbose: output.verbose))
    case .json: try output.write(baseline.json)
    }
  }
}

struct AcceptDrift: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "accept",
    abstract: "Take what moved over into the baseline: all, or what is named.")

  @Argument(help: "A rule, a fact or a subject as 'drift' shows it, or a glob.")
  var names: [String] = []

  @OptionGroup(title: "Input") var input: InputOptions
  @OptionGroup(title: "Output") var output: OutputOptions

  @Option(help: ArgumentHelp("text or json.", valueName: "format"))
  var format = "text"

  func run() throws {
    let format = try UsageHint.format(format, PlainFormat.self)
    let host = try DriftSituation(input)
    output.notice(host.situation.notices)
    let accepted = try host.store.alone { try accept(host) }
    switch format {
    case .text:
      let lines = accepted.map { "accepted: \($0.subject.name.printable) \($0.id.key.printable)\n" }
      try output.write(lines.isEmpty ? "nothing moved\n" : lines.joined())
    case .json: try output.write(try host.store.load(host.report.host).json)
    }
  }

  private func accept(_ host: DriftSituation) throws -> [DriftEntry] {
    let identity = host.report.host
    let baseline = try host.store.load(identity)
    let drifted = host.drift(since: baseline).drifted
    for name in names where !drifted.contains(where: { $0.isNamed(by: name) }) {
      let known = drifted.flatMap { [$0.rule, $0.id.key, $0.subject.name] }
      throw Failure(
        .usage, "nothing that moved is named \(name.quoted())\(Nearest.hint(name, in: known))")
    }
    let entries =
      names.isEmpty
      ? drifted : drifted.filter { entry in names.contains { entry.isNamed(by: $0) } }
    guard !entries.isEmpty else { return [] }
    let memory = try host.store.memory(of: identity, since: baseline.savedAt)
    try host.store.save(baseline.accepting(entries, now: host.facts, host.report))
    let rest = memory.forgetting(entries)
    if rest != memory { try host.store.remember(rest, of: identity) }
    return entries
  }
}
