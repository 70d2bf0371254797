// The difference of two texts as `diff -u` and `patch` know it.

/// A unified diff.
public enum UnifiedDiff {
  /// The difference with three lines of context; empty where the texts are the same.
  ///
  /// - Parameters:
  ///   - old: The text before.
  ///   - new: The text after.
  ///   - name: What both are, for the headers `--- a/NAME` and `+++ b/NAME`. A name with control
  ///     characters, quotes or backslashes is quoted as git does it.
  public static func make(old: String, new: String, name: String) -> String {
    guard old != new else { return "" }
    let before = lines(old)
    let after = lines(new)
    let edits = script(before, after)
    var result = "--- \(quoted("a/" + name))\n+++ \(quoted("b/" + name))\n"
    for hunk in hunks(edits) { result += render(hunk, before, after) }
    return result
  }

  /// One line of the way from old to new.
  private enum Edit {
    case keep(old: Int, new: Int)
    case delete(old: Int, new: Int)
    case insert(old: Int, new: Int)

    var isKept: Bool {
      if case .keep = self { return true }
      return false
    }
    var place: (old: Int, new: Int) {
      switch self {
      case .keep(let old, let new), .delete(let old, let new), .insert(let old, let new):
        (old, new)
      }
    }
  }

  /// Lines with their ends; only the last may lack one.
  private static func lines(_ text: String) -> [Substring.UTF8View] {
    var lines: [Substring.UTF8View] = []
    let bytes = text.utf8
    var start = bytes.startIndex
    while start < bytes.endIndex {
      let end =
        bytes[start...].firstIndex(of: 0x0A).map { bytes.index(after: $0) } ?? bytes.endIndex
      lines.append(text[start..<end].utf8)
      start = end
    }
    return lines
  }

  private struct Line: Hashable {
    let text: Substring
    init(_ view: Substring.UTF8View) { text = Substring(view) }
    // Bytes, not canonical equivalence: two spellings of a letter are two lines.
    static func == (left: Line, right: Line) -> Bool {
      left.text.utf8.elementsEqual(right.text.utf8)
    }
    func hash(into hasher: inout Hasher) {
      for byte in text.utf8 { hasher.combine(byte) }
    }
  }

  private static func script(
    _ before: [Substring.UTF8View], _ after: [Substring.UTF8View]
  ) -> [Edit] {
    let old = before.map { Line($0) }
    let new = after.map { Line($0) }
    // What both begin and end with needs no search; an edit leaves most lines alone.
    let start = zip(old, new).prefix { $0 == $1 }.count
    let room = min(old.count, new.count) - start
    let end = zip(old.reversed(), new.reversed()).prefix(room).prefix { $0 == $1 }.count
    var removed = Set<Int>()
    var inserted = Set<Int>()
    for change in new[start..<(new.count - end)].difference(from: old[start..<(old.count - end)]) {
      switch change {
      case .remove(let offset, _, _): removed.insert(start + offset)
      case .insert(let offset, _, _): inserted.insert(start + offset)
      }
    }
    var edits: [Edit] = []
    var (i, j) = (0, 0)
    while i < old.count || j < new.count {
      if removed.contains(i), i < old.count {
        edits.append(.delete(old: i, new: j))
        i += 1
      } else if inserted.contains(j), j < new.count {
        edits.append(.insert(old: i, new: j))
        j += 1
      } else {
        edits.append(.keep(old: i, new: j))
        i += 1
        j += 1
      }
    }
    return edits
  }

  private static let context = 3

  private static func hunks(_ edits: [Edit]) -> [ArraySlice<Edit>] {
    var hunks: [ArraySlice<Edit>] = []
    for (index, edit) in edits.enumerated() where !edit.isKept {
      let start = max(0, index - context)
      let end = min(edits.count, index + context + 1)
      if let last = hunks.last, start <= last.endIndex {
        hunks[hunks.count - 1] = edits[last.startIndex..<end]
      } else {
        hunks.append(edits[start..<end])
      }
    }
    return hunks
  }

  private static func render(
    _ hunk: ArraySlice<Edit>, _ before: [Substring.UTF8View], _ after: [Substring.UTF8View]
  ) -> String {
    guard let first = hunk.first else { return "" }
    var (oldCount, newCount) = (0, 0)
    var body = ""
    func add(_ mark: String, _ line: Substring.UTF8View) {
      body += mark + String(Substring(line))
      if line.last != 0x0A { body += "\n\\ No newline at end of file\n" }
    }
    for edit in hunk {
      switch edit {
      case .keep(let old, _):
        add(" ", before[old])
        oldCount += 1
        newCount += 1
      case .delete(let old, _):
        add("-", before[old])
        oldCount += 1
      case .insert(_, let new):
        add("+", after[new])
        newCount += 1
      }
    }
    let oldRange = range(first.place.old, oldCount)
    let newRange = range(first.place.new, newCount)
    return "@@ -\(oldRange) +\(newRange) @@\n" + body
  }

  /// Lines count from 1; an empty range names the line before it.
  private static func range(_ start: Int, _ count: Int) -> String {
    switch count {
    case 0: "\(start),0"
    case 1: "\(start + 1)"
    default: "\(start + 1),\(count)"
    }
  }

  private static func quoted(_ name: String) -> String {
    let needsQuotes = name.unicodeScalars.contains {
      $0.value < 0x20 || $0.value == 0x7F || $0 == "\"" || $0 == "\\"
        || (0x80...0x9F).contains($0.value)
        || $0.value == 0x2028 || $0.value == 0x2029 || (0x202A...0x202E).contains($0.value)
        || (0x2066...0x2069).contains($0.value)
    }
    guard needsQuotes else { return name }
    var result = "\""
    for byte in name.utf8 {
      switch byte {
      case 0x22: result += "\\\""
      case 0x5C: result += "\\\\"
      case 0x0A: result += "\\n"
      case 0x09: result += "\\t"
      case 0x20..<0x7F: result.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let octal = String(byte, radix: 8)
        result += "\\" + String(repeating: "0", count: 3 - octal.count) + octal
      }
    }
    return result + "\""
  }
}
