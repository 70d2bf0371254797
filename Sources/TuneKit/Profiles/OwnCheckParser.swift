// Reads one of a profile's own `checks:`.

import Yams

enum OwnCheckParser {
  private static let keys = [
    "id", "read", "equals", "contains", "lines", "value", "severity", "why", "fix",
  ]

  static func read(_ node: Node, rules: [String], _ problems: inout Problems) -> OwnCheck? {
    guard let map = YAMLMap(node, "a check", allowed: keys, &problems) else { return nil }
    let id = id(map, rules: rules, &problems)
    let path = path(map, &problems)
    let tests = ["equals", "contains", "lines", "value"].filter { map[$0] != nil }
    if tests.isEmpty {
      problems.add(map.place, "the check tests nothing; expected equals, contains, lines or value")
    }
    guard let id, let path else { return nil }
    return OwnCheck(
      id: id, read: path, equals: map.text("equals", &problems),
      contains: map.text("contains", &problems), lines: range("lines", 0, map, &problems),
      value: range("value", .min, map, &problems), severity: severity(map, &problems),
      why: map.text("why", &problems) ?? "", fix: map.text("fix", &problems) ?? "")
  }

  private static func id(
    _ map: YAMLMap, rules: [String], _ problems: inout Problems
  ) -> String? {
    guard let node = map["id"] else {
      problems.add(map.place, "a check has no 'id'")
      return nil
    }
    guard let id = map.text("id", &problems) else { return nil }
    let parts = id.split(separator: ".", omittingEmptySubsequences: false)
    let isID = parts.count == 2 && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(isIDByte) }
    guard isID, id.utf8.count <= 64 else {
      problems.add(
        node.place, "'id' is \(id.quoted()); expected AREA.SUBJECT, such as site.swap-off")
      return nil
    }
    guard !rules.contains(id) else {
      problems.add(node.place, "\(id.quoted()) is a rule of the catalogue; choose another id")
      return nil
    }
    return id
  }

  private static func isIDByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x61...0x7a, 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "_"): true
    default: false
    }
  }

  private static func path(_ map: YAMLMap, _ problems: inout Problems) -> String? {
    guard let node = map["read"] else {
      problems.add(map.place, "a check has no 'read'")
      return nil
    }
    guard let path = map.text("read", &problems) else { return nil }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard path.hasPrefix("/"), path.utf8.count <= 4096, path.printable == path,
      !parts.contains(".."), !parts.dropFirst().contains("")
    else {
      problems.add(node.place, "'read' is \(path.quoted()); expected the absolute path of a file")
      return nil
    }
    return path
  }

  /// A number for exactly that, or `{min, max}`.
  private static func range(
    _ key: String, _ least: Int, _ map: YAMLMap, _ problems: inout Problems
  ) -> ClosedRange<Int>? {
    guard let node = map[key] else { return nil }
    if node.mapping == nil {
      return map.integer(key, in: least...Int.max, &problems).map { $0...$0 }
    }
    guard let limits = YAMLMap(node, "'\(key)'", allowed: ["min", "max"], &problems) else {
      return nil
    }
    let low = limits.integer("min", in: least...Int.max, &problems)
    let high = limits.integer("max", in: least...Int.max, &problems)
    guard low != nil || high != nil else {
      problems.add(node.place, "'\(key)' has neither min nor max")
      return nil
    }
    guard low ?? least <= high ?? .max else {
      problems.add(node.place, "'\(key)': min is above max")
      return nil
    }
    return (low ?? least)...(high ?? .max)
  }

  private static func severity(_ map: YAMLMap, _ problems: inout Problems) -> Severity {
    guard let node = map["severity"] else { return .warning }
    if let severity = node.scalar.flatMap({ Severity(word: $0.string) }) { return severity }
    let words = Severity.allCases.map(\.word)
    problems.add(
      node.place, "'severity' is \(node.shown); expected \(words.joined(separator: ", "))")
    return .warning
  }
}
