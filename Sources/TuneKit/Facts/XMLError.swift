// Why a text is not XML that this program reads.

/// What is wrong with an XML text, and where.
public struct XMLError: Error, Sendable, Equatable, CustomStringConvertible {
  /// From 1.
  public let line: Int
  /// From 1, counted in characters.
  public let column: Int
  /// What was found and what was expected; without control characters.
  public let problem: String

  /// Creates an error at a place.
  public init(line: Int, column: Int, problem: String) {
    self.line = line
    self.column = column
    self.problem = problem
  }

  /// Creates an error at a byte of a text.
  init(_ problem: String, at offset: Int, in bytes: [UInt8]) {
    (line, column) = XMLError.place(of: offset, in: bytes)
    self.problem = problem
  }

  /// `LINE:COLUMN: PROBLEM`; the file's name goes before it.
  public var description: String { "\(line):\(column): \(problem)" }

  /// Line and column of a byte, both from 1.
  static func place(of offset: Int, in bytes: [UInt8]) -> (line: Int, column: Int) {
    var line = 1
    var column = 1
    for byte in bytes.prefix(offset) {
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    return (line, column)
  }
}
