// udev rules that set attributes of block devices, as far as they can be judged without udev.

struct UdevRule: Sendable {
  private let file: String
  private let matches: [(key: String, isNegated: Bool, pattern: String)]
  private let assignments: [String: String]

  init?(_ line: NextBoot.Line) {
    file = line.file
    var matches: [(key: String, isNegated: Bool, pattern: String)] = []
    var assignments: [String: String] = [:]
    for part in Self.parts(line.text) {
      switch part.operation {
      case "==": matches.append((part.key, false, part.value))
      case "!=": matches.append((part.key, true, part.value))
      case "=", ":=":
        if part.key.hasPrefix("ATTR{") {
          assignments[String(part.key.dropFirst(5).dropLast())] = part.value
        }
      default: break
      }
    }
    guard !assignments.isEmpty else { return nil }
    self.matches = matches
    self.assignments = assignments
  }

  func value(of attribute: String) -> NextBootValue? {
    assignments[attribute].map { NextBootValue(value: $0, source: file) }
  }

  /// Whether the rule sets an attribute of a block device. A condition that can't be judged
  /// counts as not met.
  func sets(_ attribute: String, of device: String, _ snapshot: Snapshot) -> Bool {
    guard assignments[attribute] != nil else { return false }
    return matches.allSatisfy { key, isNegated, pattern in
      guard let value = Self.fact(key, device, snapshot) else { return false }
      let isMatch = pattern.split(separator: "|", omittingEmptySubsequences: false)
        .contains { Glob(String($0)).matches(value) }
      return isMatch != isNegated
    }
  }

  private static func fact(_ key: String, _ device: String, _ snapshot: Snapshot) -> String? {
    switch key {
    case "ACTION": return "add"
    case "SUBSYSTEM": return "block"
    case "KERNEL": return device
    case "ENV{DEVTYPE}": return "disk"
    default:
      guard key.hasPrefix("ATTR{"), key.hasSuffix("}") else { return nil }
      return snapshot.text("/sys/block/\(device)/\(key.dropFirst(5).dropLast())").value
    }
  }

  /// `KEY==“value”` pieces; quotes may hold commas.
  private static func parts(_ text: Substring) -> [(key: String, operation: String, value: String)]
  {
    var result: [(key: String, operation: String, value: String)] = []
    var rest = text
    while let quote = rest.utf8.firstIndex(of: 34) {
      let head = rest[..<quote].drop { $0 == "," || $0 == " " || $0 == "\t" }
      let after = rest.utf8.index(after: quote)
      guard let end = rest[after...].utf8.firstIndex(of: 34) else { break }
      let operation = String(head.suffix { "=!:+-".contains($0) })
      let key = head.dropLast(operation.count).trimmedBlanks
      result.append((key, operation, String(rest[after..<end])))
      rest = rest[rest.utf8.index(after: end)...]
    }
    return result
  }
}

extension Substring {
  fileprivate func suffix(_ isWanted: (Character) -> Bool) -> Substring {
    var start = endIndex
    while start > startIndex, isWanted(self[index(before: start)]) { start = index(before: start) }
    return self[start...]
  }
}
