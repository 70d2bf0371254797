// Unknown commands get the nearest name; everything else of a usage error is ArgumentParser's.

import ArgumentParser
import TuneKit

enum UsageHint {
  /// Adds "did you mean" to the error for an unknown command.
  static func improve(_ error: any Error, arguments: [String]) -> any Error {
    guard let word = arguments.first, !word.hasPrefix("-") else { return error }
    let names = TunedVM.configuration.subcommands.flatMap { command in
      [command._commandName] + command.configuration.aliases
    }
    guard !names.contains(word), word != "help" else { return error }
    return ValidationError("no command \(word.quoted())\(Nearest.hint(word, in: names))")
  }

  /// The value of a `--format` option.
  static func format<F: RawRepresentable & CaseIterable>(
    _ text: String, _: F.Type
  ) throws -> F where F.RawValue == String {
    if let format = F(rawValue: text) { return format }
    let names = F.allCases.map(\.rawValue)
    throw Failure(
      .usage,
      "no format \(text.quoted())\(Nearest.hint(text, in: names)) (this command has "
        + names.joined(separator: ", ") + ")")
  }
}
