// Reads one profile file. Every mistake is found in one go, each with file, line and column.

import Yams

/// A profile as written, before inheritance.
struct RawProfile: Sendable {
  var name: String
  var about = ""
  var inherits: String?
  var inheritsPlace = Place(1, 1)
  var settings: [RawSetting] = []
  var severities: [(rule: String, severity: Severity)] = []
  var parameters: [String: [String: ProfileValue]] = [:]
  var checks: [OwnCheck] = []
}

struct ProfileParser {
  private let rules: [String]
  private var problems: Problems
  private static let keys = ["name", "about", "inherits", "settings", "rules", "checks"]

  /// Reads what can be read of a profile, and all mistakes.
  static func read(
    _ text: String, file: String, rules: [String]
  ) -> (profile: RawProfile?, problems: [ContentProblem]) {
    var parser = ProfileParser(rules: rules, problems: Problems(file: file))
    let profile = parser.read(text)
    return (profile, parser.problems.sorted)
  }

  /// Reads a profile; `rules` are the ids there are.
  static func parse(
    _ text: String, file: String, rules: [String]
  ) throws(ProfileError) -> RawProfile {
    let (profile, problems) = read(text, file: file, rules: rules)
    guard problems.isEmpty, let profile else { throw .content(problems) }
    return profile
  }

  private mutating func read(_ text: String) -> RawProfile? {
    guard let root = YAMLDocument.compose(text, &problems) else {
      if problems.list.isEmpty {
        problems.add(Place(1, 1), "the profile is empty; expected 'name'")
      }
      return nil
    }
    guard let map = YAMLMap(root, "the profile", allowed: Self.keys, &problems) else { return nil }
    var profile = RawProfile(name: name(map))
    profile.about = map.text("about", &problems) ?? ""
    profile.inherits = map.text("inherits", &problems)
    profile.inheritsPlace = map["inherits"]?.place ?? map.place
    if let node = map["settings"] { profile.settings = SettingParser.read(node, &problems) }
    if let node = map["rules"] { readRules(node, into: &profile) }
    profile.checks = map.items("checks", &problems).compactMap {
      OwnCheckParser.read($0, rules: rules, &problems)
    }
    findRepeatedIDs(map)
    return profile
  }

  private mutating func name(_ map: YAMLMap) -> String {
    guard let node = map["name"] else {
      problems.add(map.place, "'name' is missing")
      return ""
    }
    guard let name = map.text("name", &problems) else { return "" }
    let isWord = name.utf8.allSatisfy {
      switch $0 {
      case 0x61...0x7a, 0x41...0x5a, 0x30...0x39, UInt8(ascii: "-"), UInt8(ascii: "_"),
        UInt8(ascii: "."):
        true
      default: false
      }
    }
    if !isWord || name.isEmpty || name.utf8.count > 64 {
      problems.add(
        node.place, "'name' is \(name.quoted()); expected letters, digits, '-', '_' and '.'")
    }
    return name
  }

  private mutating func readRules(_ node: Node, into profile: inout RawProfile) {
    guard !node.isNull, let map = YAMLMap(node, "'rules'", allowed: nil, &problems) else { return }
    for entry in map.entries {
      guard isKnown(entry) else { continue }
      if entry.value.mapping != nil {
        readParameters(entry, into: &profile)
      } else if let severity = severity(entry.value, of: entry.key) {
        profile.severities.append((entry.key, severity))
      }
    }
  }

  private mutating func isKnown(_ entry: YAMLMap.Entry) -> Bool {
    let glob = Glob(entry.key)
    if rules.contains(where: { glob.matches($0) }) { return true }
    // A knob without a rule of the catalogue is a rule of its own name.
    if let knob = Knob.named(entry.key), knob.rule == nil { return true }
    let reason =
      glob.hasWildcard
      ? "no rule matches \(entry.key.quoted())"
      : "unknown rule \(entry.key.quoted())\(Nearest.hint(entry.key, in: rules))"
    problems.add(entry.keyPlace, reason)
    return false
  }

  private mutating func readParameters(_ entry: YAMLMap.Entry, into profile: inout RawProfile) {
    let known = RuleParameter.of(entry.key)
    let allowed = ["severity"] + known.map(\.name)
    guard let map = YAMLMap(entry.value, "'\(entry.key)'", allowed: allowed, &problems) else {
      return
    }
    if let node = map["severity"], let severity = severity(node, of: "severity") {
      profile.severities.append((entry.key, severity))
    }
    var values: [String: Double] = [:]
    for parameter in known {
      guard let node = map[parameter.name] else { continue }
      let text = node.scalar?.string ?? ""
      guard let number = Double(text), number.isFinite, parameter.range.contains(number) else {
        let range = "\(Int(parameter.range.lowerBound)) to \(Int(parameter.range.upperBound))"
        problems.add(
          node.place, "'\(parameter.name)' is \(node.shown); expected a number from \(range)")
        continue
      }
      values[parameter.name] = number
      profile.parameters[entry.key, default: [:]][parameter.name] =
        Int(text).map { .integer($0) } ?? .decimal(number)
    }
    if let warning = values["warning"], let critical = values["critical"], warning > critical {
      problems.add(
        map["critical"]?.place ?? map.place,
        "'critical' \(map["critical"]?.shown ?? "") is below 'warning'")
    }
  }

  private mutating func severity(_ node: Node, of what: String) -> Severity? {
    if let severity = node.scalar.flatMap({ Severity(word: $0.string) }) { return severity }
    // YAML 1.1 readers take a bare off for false; both are written.
    if node.scalar?.string.lowercased() == "false" { return .off }
    let words = Severity.allCases.map(\.word)
    let hint = Nearest.hint(node.scalar?.string ?? "", in: words)
    problems.add(
      node.place,
      "\(what.quoted()) is \(node.shown); expected \(words.joined(separator: ", "))\(hint)")
    return nil
  }

  private mutating func findRepeatedIDs(_ map: YAMLMap) {
    var seen: [String: Int] = [:]
    for item in map["checks"]?.sequence.map(Array.init) ?? [] {
      guard let node = item.mapping?["id"], let id = node.scalar?.string else { continue }
      if let line = seen[id] {
        problems.add(node.place, "repeated check \(id.quoted()); it stands in line \(line)")
      }
      seen[id] = seen[id] ?? node.place.line
    }
  }

  private init(rules: [String], problems: Problems) {
    self.rules = rules
    self.problems = problems
  }
}
