// tuned-vm profiles list, show, validate

import ArgumentParser
import TuneHost
import TuneKit

struct ProfilesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "profiles", abstract: "List, show and check profiles.",
    subcommands: [List.self, Show.self, Validate.self], defaultSubcommand: List.self)

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "The shipped profiles, one a line.", usage: "tuned-vm profiles list <options>")

    @Option(help: ArgumentHelp("text or json.", valueName: "format")) var format = "text"
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
      let format = try UsageHint.format(format, PlainFormat.self)
      var profiles: [EffectiveProfile] = []
      for name in ProfileLibrary.names { profiles.append(try ProfileLibrary.effective(name)) }
      switch format {
      case .text: try output.write(ProfileRendering.list(profiles))
      case .json: try output.write(ProfileRendering.listJSON(profiles).text(.pretty) + "\n")
      }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "A profile's values after inheritance, each with where it comes from.",
      usage: "tuned-vm profiles show <name> <options>")

    @Argument(help: "A shipped profile's name, or a file (with a '/' or ending in .yaml).")
    var name: String
    @Option(help: ArgumentHelp("text or json.", valueName: "format")) var format = "text"
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
      let format = try UsageHint.format(format, PlainFormat.self)
      let profile = try ProfileFile.profile(name)
      switch format {
      case .text: try output.write(ProfileRendering.show(profile))
      case .json: try output.write(ProfileRendering.showJSON(profile).text(.pretty) + "\n")
      }
    }
  }

  struct Validate: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Check a profile file and everything it inherits.",
      usage: "tuned-vm profiles validate <file> <options>",
      discussion: "Exit code 78: mistakes, each with file, line and column.")

    @Argument(help: "The profile's file.") var file: String
    @Option(help: ArgumentHelp("text or json.", valueName: "format")) var format = "text"
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
      let format = try UsageHint.format(format, PlainFormat.self)
      let profile = try ProfileFile.load(file)
      switch format {
      case .text:
        if !output.quiet {
          try output.write("\(file.printable): profile '\(profile.name)' is valid\n")
        }
      case .json: try output.write(ProfileRendering.showJSON(profile).text(.pretty) + "\n")
      }
    }
  }
}

/// Profiles by name or file, as commands name them.
enum ProfileFile {
  static func profile(_ name: String) throws(ProfileError) -> EffectiveProfile {
    guard name.contains("/") || name.hasSuffix(".yaml") else {
      return try ProfileLibrary.effective(name)
    }
    return try load(name)
  }

  static func load(_ file: String) throws(ProfileError) -> EffectiveProfile {
    switch TextFile.read(file) {
    case .text(let text):
      return try ProfileLibrary.load(text, file: file, reader: TextFile.read)
    case .missing(let reason): throw .unreadable(file: file, reason: reason)
    }
  }
}
