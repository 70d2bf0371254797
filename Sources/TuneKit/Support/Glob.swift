// Shell patterns for rule ids, subjects and domain names.

/// A pattern: `*` any run of characters, `?` one character, `[a-z]` and `[!a-z]` one of a set.
/// Everything else stands for itself; matching is case-sensitive and covers the whole text.
public struct Glob: Sendable, Hashable {
  private enum Token: Sendable, Hashable {
    case one
    case run
    case literal(Unicode.Scalar)
    case set([ClosedRange<UInt32>], negated: Bool)
  }

  /// The pattern as written.
  public let pattern: String
  private let tokens: [Token]

  /// Reads a pattern; any text is one (an unclosed `[` stands for itself).
  public init(_ pattern: String) {
    self.pattern = pattern
    let scalars = Array(pattern.unicodeScalars)
    var tokens: [Token] = []
    var at = 0
    while at < scalars.count {
      switch scalars[at] {
      case "*":
        if tokens.last != .run { tokens.append(.run) }
        at += 1
      case "?":
        tokens.append(.one)
        at += 1
      case "[":
        if let (token, next) = Self.set(scalars, at) {
          tokens.append(token)
          at = next
        } else {
          tokens.append(.literal("["))
          at += 1
        }
      default:
        tokens.append(.literal(scalars[at]))
        at += 1
      }
    }
    self.tokens = tokens
  }

  /// Whether the pattern holds a wildcard.
  public var hasWildcard: Bool {
    tokens.contains {
      if case .literal = $0 { return false }
      return true
    }
  }

  /// Whether the whole text matches. Time is at most the product of both lengths.
  public func matches(_ text: String) -> Bool {
    let scalars = Array(text.unicodeScalars)
    var (token, position) = (0, 0)
    var retry: (token: Int, position: Int)?
    while position < scalars.count {
      if token < tokens.count, tokens[token] == .run {
        retry = (token, position)
        token += 1
      } else if token < tokens.count, Self.matches(tokens[token], scalars[position]) {
        token += 1
        position += 1
      } else if let last = retry {
        retry = (last.token, last.position + 1)
        token = last.token + 1
        position = last.position + 1
      } else {
        return false
      }
    }
    return tokens[token...].allSatisfy { $0 == .run }
  }

  private static func matches(_ token: Token, _ scalar: Unicode.Scalar) -> Bool {
    switch token {
    case .one, .run: return true
    case .literal(let literal): return literal == scalar
    case .set(let ranges, let negated):
      return ranges.contains { $0.contains(scalar.value) } != negated
    }
  }

  private static func set(_ scalars: [Unicode.Scalar], _ start: Int) -> (Token, next: Int)? {
    var at = start + 1
    let negated = at < scalars.count && (scalars[at] == "!" || scalars[at] == "^")
    if negated { at += 1 }
    var ranges: [ClosedRange<UInt32>] = []
    while at < scalars.count, scalars[at] != "]" || ranges.isEmpty {
      let low = scalars[at].value
      if at + 2 < scalars.count, scalars[at + 1] == "-", scalars[at + 2] != "]" {
        let high = scalars[at + 2].value
        if low <= high { ranges.append(low...high) }
        at += 3
      } else {
        ranges.append(low...low)
        at += 1
      }
    }
    guard at < scalars.count else { return nil }
    return (.set(ranges, negated: negated), at + 1)
  }
}
