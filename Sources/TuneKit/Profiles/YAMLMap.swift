// Reads mappings and scalars with checks; every mistake is noted with its place.

import Yams

/// A mapping whose keys are known and don't repeat.
struct YAMLMap {
  /// One key with its value.
  struct Entry {
    let key: String
    let keyPlace: Place
    let value: Node
  }

  let place: Place
  let entries: [Entry]

  /// Reads a mapping; nil, and a problem, where the node is something else. `allowed` are the only
  /// keys there may be; nil allows all.
  init?(_ node: Node, _ what: String, allowed: [String]?, _ problems: inout Problems) {
    guard let mapping = node.mapping else {
      problems.add(node.place, "\(what) is \(node.kindName); expected keys and values")
      return nil
    }
    var entries: [Entry] = []
    var seen: [String: Place] = [:]
    for (keyNode, value) in mapping {
      guard let key = YAMLDocument.key(keyNode) else {
        problems.add(keyNode.place, "a key of \(what) is \(keyNode.kindName); expected a word")
        continue
      }
      if let first = seen[key] {
        problems.add(keyNode.place, "repeated key \(key.quoted()); it stands in line \(first.line)")
        continue
      }
      seen[key] = keyNode.place
      if let allowed, !allowed.contains(key) {
        let hint = Nearest.hint(key, in: allowed)
        let list = hint.isEmpty ? "; expected \(allowed.joined(separator: ", "))" : hint
        problems.add(keyNode.place, "unknown key \(key.quoted()) in \(what)\(list)")
        continue
      }
      entries.append(Entry(key: key, keyPlace: keyNode.place, value: value))
    }
    self.place = node.place
    self.entries = entries
  }

  /// The value of a key.
  subscript(key: String) -> Node? { entries.first { $0.key == key }?.value }

  /// A text; nil where the key is missing or its value isn't one.
  func text(_ key: String, _ problems: inout Problems) -> String? {
    guard let node = self[key] else { return nil }
    guard let text = node.scalar?.string, !node.isNull else {
      problems.add(node.place, "'\(key)' is \(node.kindName); expected a text")
      return nil
    }
    return text
  }

  /// A whole number within a range.
  func integer(_ key: String, in range: ClosedRange<Int>, _ problems: inout Problems) -> Int? {
    guard let node = self[key] else { return nil }
    guard let value = node.scalar.flatMap({ Int($0.string) }), range.contains(value) else {
      problems.add(
        node.place,
        "'\(key)' is \(node.shown); expected a whole number\(Self.limits(range))")
      return nil
    }
    return value
  }

  /// `true` or `false`.
  func flag(_ key: String, _ problems: inout Problems) -> Bool? {
    guard let node = self[key] else { return nil }
    guard let value = node.flag else {
      problems.add(node.place, "'\(key)' is \(node.shown); expected true or false")
      return nil
    }
    return value
  }

  /// The items of a list.
  func items(_ key: String, _ problems: inout Problems) -> [Node] {
    guard let node = self[key], !node.isNull else { return [] }
    guard let sequence = node.sequence else {
      problems.add(node.place, "'\(key)' is \(node.kindName); expected a list")
      return []
    }
    return Array(sequence)
  }

  /// ` from A to B`, ` of at least A` or nothing.
  static func limits(_ range: ClosedRange<Int>) -> String {
    switch (range.lowerBound, range.upperBound) {
    case (.min, .max): ""
    case (let low, .max): " of at least \(low)"
    case (.min, let high): " of at most \(high)"
    case (let low, let high): " from \(low) to \(high)"
    }
  }
}

extension Node {
  /// "a mapping", "a list", "empty" or the value in quotes.
  var shown: String { scalar.map { isNull ? "empty" : $0.string.quoted() } ?? kindName }

  /// What it is, for messages.
  var kindName: String {
    if mapping != nil { return "a mapping" }
    if sequence != nil { return "a list" }
    if isNull { return "empty" }
    return scalar == nil ? "an alias" : "a single value"
  }

  /// A plain empty value, `~` or `null`.
  var isNull: Bool {
    guard let scalar, scalar.style == .plain || scalar.style == .any else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
  }

  /// A truth value in YAML's words.
  var flag: Bool? {
    switch scalar?.string.lowercased() {
    case "true", "yes", "on", "1": true
    case "false", "no", "off", "0": false
    default: nil
    }
  }
}
