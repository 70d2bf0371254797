// A YAML file as nodes with their places. Yams parses; this file keeps hostile input from it and
// finds every repeated key, where Yams stops at the first.

import Yams

/// Where something stands: line and column from 1.
struct Place: Sendable, Hashable {
  var line: Int
  var column: Int

  init(_ line: Int, _ column: Int) { (self.line, self.column) = (line, column) }
  init(_ mark: Mark?) { self.init(mark?.line ?? 1, mark?.column ?? 1) }
}

extension Node {
  /// Where it begins.
  var place: Place { Place(mark) }
}

/// Collects the mistakes of one file.
struct Problems {
  let file: String
  private(set) var list: [ContentProblem] = []

  init(file: String) { self.file = file }

  mutating func add(_ place: Place, _ message: String) {
    guard list.count < 200 else { return }
    list.append(
      ContentProblem(file: file, line: place.line, column: place.column, message: message))
  }

  /// `FILE:LINE:COLUMN` of a place.
  func text(_ place: Place) -> String { "\(file):\(place.line):\(place.column)" }

  /// All of them in the order of the file, each once.
  var sorted: [ContentProblem] { Set(list).sorted() }
}

enum YAMLDocument {
  /// Files over a mebibyte are refused.
  static let maximumBytes = 1 << 20
  private static let maximumDepth = 64

  /// The root node; nil for an empty file, and where problems were found that leave nothing.
  static func compose(_ text: String, _ problems: inout Problems) -> Node? {
    guard text.utf8.count <= maximumBytes else {
      problems.add(Place(1, 1), "the file is larger than 1 MiB")
      return nil
    }
    guard isHarmless(text, &problems) else { return nil }
    var text = text
    for attempt in 0..<64 {
      do {
        // Types are ours to tell: the default resolver would compile a regular expression for each.
        return try Yams.compose(yaml: text, .basic)
      } catch let error as YamlError {
        if case .duplicatedKeysInMapping(_, let context) = error,
          let renamed = markRepeatedKey(in: text, at: context.mark, attempt)
        {
          text = renamed
          continue
        }
        report(error, &problems)
        return nil
      } catch {
        problems.add(Place(1, 1), "is not YAML")
        return nil
      }
    }
    problems.add(Place(1, 1), "more than 64 repeated keys")
    return nil
  }

  /// A key as written, without the mark of a repeated one.
  static func key(_ node: Node) -> String? {
    guard let text = node.scalar?.string else { return nil }
    guard let first = text.unicodeScalars.first, (0xe000..<0xe800).contains(first.value) else {
      return text
    }
    guard let original = Unicode.Scalar((first.value - 0xe000) & 0x7f) else { return text }
    return String(String.UnicodeScalarView([original])) + String(text.unicodeScalars.dropFirst())
  }

  /// Yams stops at the first repeated key. Its first letter is exchanged for a private character
  /// that holds the letter and makes the key unique, so that the rest can be read too.
  private static func markRepeatedKey(in text: String, at mark: Mark, _ attempt: Int) -> String? {
    var scalars = Array(text.unicodeScalars)
    var (line, start) = (1, 0)
    while line < mark.line {
      guard let end = scalars[start...].firstIndex(of: "\n") else { return nil }
      start = end + 1
      line += 1
    }
    var at = start + mark.column - 1
    if at < scalars.count, scalars[at] == "\"" || scalars[at] == "'" { at += 1 }
    guard at < scalars.count, scalars[at].value < 0x80, attempt < 16,
      let replacement = Unicode.Scalar(0xe000 + UInt32(attempt) << 7 + scalars[at].value)
    else { return nil }
    scalars[at] = replacement
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  /// Refuses what could exhaust the stack or the memory of the parser: deep nesting and anchors.
  private static func isHarmless(_ text: String, _ problems: inout Problems) -> Bool {
    var (line, column, depth) = (1, 1, 0)
    var atStart = true
    var previous: Unicode.Scalar = "\n"
    let scalars = Array(text.unicodeScalars)
    for (index, scalar) in scalars.enumerated() {
      switch scalar {
      case "[", "{": depth += 1
      case "]", "}": depth = max(0, depth - 1)
      case "&", "*":
        let next = index + 1 < scalars.count ? scalars[index + 1] : " "
        let opens = atStart || (previous == " " && precedesValue(scalars, index))
        if opens, scalar == "&", next.properties.isAlphabetic || next.properties.numericType != nil
        {
          problems.add(
            Place(line, column), "anchors ('&name') are not used in this file")
          return false
        }
      default: break
      }
      if !(scalar == " " || scalar == "-" || scalar == "?" || scalar == ":" || scalar == "\t") {
        atStart = false
      }
      guard depth <= maximumDepth, !(atStart && column > 4 * maximumDepth) else {
        problems.add(Place(line, column), "is nested too deeply")
        return false
      }
      previous = scalar
      column += 1
      if scalar == "\n" {
        (line, column) = (line + 1, 1)
        atStart = true
      }
    }
    return true
  }

  private static func precedesValue(_ scalars: [Unicode.Scalar], _ index: Int) -> Bool {
    var at = index - 1
    while at >= 0, scalars[at] == " " { at -= 1 }
    return at < 0 || ":-?,[{\n".unicodeScalars.contains(scalars[at])
  }

  private static func report(_ error: YamlError, _ problems: inout Problems) {
    switch error {
    case .scanner(let context, let problem, let mark, _),
      .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let about = context.map { " (\($0.text) at line \($0.mark.line))" } ?? ""
      problems.add(Place(mark), "not YAML: \(problem.printable)\(about.printable)")
    case .reader(let problem, let offset, _, let yaml):
      problems.add(place(offset ?? 0, yaml), "not YAML: \(problem.printable)")
    case .duplicatedKeysInMapping(let names, let context):
      let list = names.map { $0.quoted() }.joined(separator: ", ")
      problems.add(Place(context.mark), "repeated key \(list)")
    default:
      problems.add(Place(1, 1), "not YAML")
    }
  }

  private static func place(_ offset: Int, _ text: String) -> Place {
    var (line, column) = (1, 1)
    for character in text.prefix(max(0, offset)) {
      (line, column) = character.isNewline ? (line + 1, 1) : (line, column + 1)
    }
    return Place(line, column)
  }
}
