// Which host, which domains, which profile: the options every reading command shares.

import ArgumentParser
import TuneHost
import TuneKit

struct InputOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Read a captured tree (DIR/sys, DIR/proc, DIR/etc) instead of this machine.", valueName: "dir"
    ))
  var root: String?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "libvirt URI; default qemu:///system, host only if that doesn't answer.", valueName: "uri"))
  var connect: String?

  @Option(
    help: ArgumentHelp(
      "A domain XML file or a directory of them; repeatable.", valueName: "path"))
  var domainXml: [String] = []

  @Option(
    help: ArgumentHelp(
      "Only this domain: name, uuid or glob; repeatable.", valueName: "name"))
  var domain: [String] = []

  @Option(
    help: ArgumentHelp(
      "The wanted state: a profile's name, or a YAML file.", valueName: "name or file"))
  var profile: String?

  @Option(
    help: ArgumentHelp(
      "Default /etc/tuned-vm/config.yaml if it is there.", valueName: "file"))
  var config: String?

  @Option(
    help: ArgumentHelp(
      "Baselines, journals, fleet store; default /var/lib/tuned-vm.", valueName: "dir"))
  var stateDir: String?

  /// The state directory in force.
  var stateDirectory: String { stateDir ?? "/var/lib/tuned-vm" }
}

struct RuleFilterOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Only rules that match; repeatable.", valueName: "glob"))
  var only: [String] = []

  @Option(help: ArgumentHelp("Leave out rules that match; repeatable.", valueName: "glob"))
  var skip: [String] = []
}

/// When to use colour.
enum ColourChoice: String, ExpressibleByArgument, CaseIterable {
  case auto, always, never
}

struct OutputOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Write there instead of standard output.", valueName: "file"))
  var output: String?

  @Option(help: ArgumentHelp("auto, always or never.", valueName: "when"))
  var color: ColourChoice = .auto

  @Flag(name: [.short, .long], help: "More: evidence, remedies, sources.")
  var verbose = false

  @Flag(name: [.short, .long], help: "Only what needs attention.")
  var quiet = false

  /// Whether the result may carry colour.
  var usesColour: Bool {
    switch color {
    case .always: true
    case .never: false
    case .auto: output == nil && Terminal.outputIsTerminal && !Terminal.refusesColour
    }
  }

  /// Columns for text.
  var columns: Int { output == nil && Terminal.outputIsTerminal ? Terminal.columns : 80 }

  /// Where lists are cut: on a terminal alone, for a pipe wants whole lines.
  var listColumns: Int { output == nil && Terminal.outputIsTerminal ? columns : .max }

  /// What renderers are told; `failOn` nil means never.
  func rendering(failOn: Severity?) -> RenderOptions {
    RenderOptions(
      width: columns, color: usesColour,
      detail: quiet ? .quiet : verbose ? .verbose : .normal, failOn: failOn ?? .critical)
  }

  /// Writes a result where it was asked for: a file atomically, or standard output.
  func write(_ text: String) throws {
    Progress.clear()
    guard let output else { return try Terminal.write(text) }
    try OutputFile.replace(output, with: text)
  }

  /// Writes UTF-8 where it was asked for.
  func write(_ bytes: [UInt8]) throws {
    Progress.clear()
    guard let output else { return try Terminal.write(bytes) }
    try OutputFile.replace(output, with: bytes)
  }

  /// Says something on standard error unless the run is quiet.
  func notice(_ lines: [String]) {
    if !quiet { Terminal.complain(lines) }
  }
}
