// Why a text is no domain definition.

/// What is wrong with a domain definition, and where.
public struct DomainError: Error, Sendable, Equatable, CustomStringConvertible {
  /// From 1.
  public let line: Int
  /// From 1.
  public let column: Int
  /// What was found and what was expected; without control characters.
  public let problem: String

  init(line: Int, column: Int, problem: String) {
    self.line = line
    self.column = column
    self.problem = problem
  }

  init(_ error: XMLError) {
    self.init(line: error.line, column: error.column, problem: error.problem)
  }

  /// `LINE:COLUMN: PROBLEM`; the file's name goes before it.
  public var description: String { "\(line):\(column): \(problem)" }
}

/// A domain whose definition could not be read or understood.
public struct DomainFailure: Sendable, Equatable {
  /// The domain's name where the file's name or the text tells it.
  public let name: String
  /// Where it was found.
  public let origin: String
  /// What is wrong with its text; nil where it could not be read at all.
  public let error: DomainError?
  /// What is wrong, in words.
  public let reason: String

  /// `ORIGIN:LINE:COLUMN: PROBLEM`.
  public var message: String {
    guard let error else { return "\(origin): \(reason)" }
    return "\(origin):\(error)"
  }
}
