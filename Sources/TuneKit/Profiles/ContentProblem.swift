// What is wrong with a profile or the configuration: all of it at once, each with its place.

/// One mistake in a file.
public struct ContentProblem: Sendable, Hashable, Comparable {
  /// The file's name as the user gave it.
  public let file: String
  /// From 1.
  public let line: Int
  /// From 1, in Unicode scalars.
  public let column: Int
  /// What is wrong and what was expected.
  public let message: String

  /// `FILE:LINE:COLUMN: what is wrong`.
  public var text: String { "\(file.printable):\(line):\(column): \(message)" }

  /// By place, then by text.
  public static func < (left: ContentProblem, right: ContentProblem) -> Bool {
    (left.line, left.column, left.message) < (right.line, right.column, right.message)
  }
}

/// Why there is no profile or no configuration.
public enum ProfileError: ReportableError, Equatable {
  /// The content is wrong.
  case content([ContentProblem])
  /// There is no profile of this name; the nearest one, if any, and all there are.
  case unknownName(String, nearest: String?, known: [String])
  /// A named file can't be read, and why.
  case unreadable(file: String, reason: String)

  /// 78 for content, 64 for a name, 66 for a file, 77 for one that may not be read.
  public var status: ExitStatus {
    switch self {
    case .content: .configuration
    case .unknownName: .usage
    case .unreadable(_, let reason):
      reason.lowercased() == "permission denied" ? .notPermitted : .noInput
    }
  }

  /// One problem a line.
  public var messages: [String] {
    switch self {
    case .content(let problems): problems.map(\.text)
    case .unknownName(let name, let nearest?, _):
      ["no profile \(name.quoted()); did you mean '\(nearest)'?"]
    case .unknownName(let name, nil, let known):
      [
        "no profile \(name.quoted()); there are \(known.joined(separator: ", "))",
        "  a value with a '/' or ending in '.yaml' is a file",
      ]
    case .unreadable(let file, let reason): ["cannot read \(file.quoted(limit: 4096)): \(reason)"]
    }
  }
}
