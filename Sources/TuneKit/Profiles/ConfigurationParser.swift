// Reads the site's configuration (`/etc/tuned-vm/config.yaml`). Every mistake is found in one go,
// each with file, line and column.

import Yams

/// Reads the configuration.
public struct ConfigurationParser {
  private static let keys = [
    "profile", "failOn", "domains", "reservedCpus", "cpuBaseline", "thresholds", "retentionDays",
    "waivers", "weights",
  ]
  private static let roles = ["hypervisor", "template", "lab", "ephemeral"]

  private let rules: [String]
  private var problems: Problems

  private init(rules: [String], problems: Problems) {
    self.rules = rules
    self.problems = problems
  }

  /// Reads a configuration; an empty file is an empty one. `rules` are the ids there are.
  public static func parse(
    _ text: String, file: String, rules: [String] = ProfileLibrary.knownRules
  ) throws(ProfileError) -> Configuration {
    var parser = ConfigurationParser(rules: rules, problems: Problems(file: file))
    let configuration = parser.read(text)
    let problems = parser.problems.sorted
    guard problems.isEmpty else { throw .content(problems) }
    return configuration
  }

  private mutating func read(_ text: String) -> Configuration {
    var result = Configuration()
    guard let root = YAMLDocument.compose(text, &problems), !root.isNull,
      let map = YAMLMap(root, "the configuration", allowed: Self.keys, &problems)
    else { return result }
    result.profile = profile(map)
    result.failOn = word(
      "failOn", in: ["critical", "warning", "info", "never"], map)
    result.domains = map.items("domains", &problems).compactMap { tag($0) }
    result.reservedCPUs = reservedCPUs(map)
    result.cpuBaseline = map.text("cpuBaseline", &problems)
    if let node = map["thresholds"] { result.thresholds = thresholds(node) }
    result.retentionDays = map.integer("retentionDays", in: 1...36_500, &problems)
    result.waivers = map.items("waivers", &problems).compactMap { waiver($0) }
    if let node = map["weights"] { result.weights = weights(node) }
    return result
  }

  private mutating func profile(_ map: YAMLMap) -> String? {
    guard let name = map.text("profile", &problems) else { return nil }
    let known = ProfileLibrary.names
    guard !known.contains(name), !name.contains("/"), !name.hasSuffix(".yaml") else { return name }
    problems.add(
      map["profile"]?.place ?? map.place,
      "there is no profile \(name.quoted())\(Nearest.hint(name, in: known))")
    return nil
  }

  private mutating func word(_ key: String, in words: [String], _ map: YAMLMap) -> String? {
    guard let node = map[key], let word = map.text(key, &problems) else { return nil }
    guard words.contains(word) else {
      problems.add(
        node.place,
        "'\(key)' is \(word.quoted()); expected \(words.joined(separator: ", "))"
          + Nearest.hint(word, in: words))
      return nil
    }
    return word
  }

  private mutating func tag(_ node: Node) -> DomainTag? {
    let keys = ["match", "profile", "trust", "role", "confidential"]
    guard let map = YAMLMap(node, "an entry of 'domains'", allowed: keys, &problems) else {
      return nil
    }
    guard map["match"] != nil else {
      problems.add(map.place, "an entry of 'domains' has no 'match'")
      return nil
    }
    guard let match = map.text("match", &problems) else { return nil }
    return DomainTag(
      match: match, profile: profile(map), trust: map.text("trust", &problems),
      role: word("role", in: Self.roles, map), confidential: map.flag("confidential", &problems))
  }

  private mutating func reservedCPUs(_ map: YAMLMap) -> CPUSet? {
    guard let node = map["reservedCpus"], let text = map.text("reservedCpus", &problems) else {
      return nil
    }
    guard let set = CPUSet(list: text) else {
      problems.add(
        node.place, "'reservedCpus' is \(text.quoted()); expected a CPU list such as \"0,64\"")
      return nil
    }
    return set
  }

  private mutating func thresholds(
    _ node: Node
  ) -> [String: (warning: Double, critical: Double)] {
    guard !node.isNull, let map = YAMLMap(node, "'thresholds'", allowed: nil, &problems) else {
      return [:]
    }
    var result: [String: (warning: Double, critical: Double)] = [:]
    for entry in map.entries where isRule(entry.key, entry.keyPlace, globs: false) {
      let keys = ["warning", "critical"]
      guard let limits = YAMLMap(entry.value, "'\(entry.key)'", allowed: keys, &problems) else {
        continue
      }
      let warning = number("warning", limits)
      let critical = number("critical", limits)
      guard let warning, let critical else { continue }
      guard warning <= critical || entry.key == "mig.bandwidth" else {
        problems.add(
          limits["critical"]?.place ?? limits.place, "'critical' is below 'warning'")
        continue
      }
      result[entry.key] = (warning, critical)
    }
    return result
  }

  private mutating func number(_ key: String, _ map: YAMLMap) -> Double? {
    guard let node = map[key] else {
      problems.add(map.place, "'\(key)' is missing")
      return nil
    }
    guard let value = node.scalar.flatMap({ Double($0.string) }), value.isFinite, value >= 0
    else {
      problems.add(node.place, "'\(key)' is \(node.shown); expected a number of at least 0")
      return nil
    }
    return value
  }

  private mutating func waiver(_ node: Node) -> Waiver? {
    let keys = ["rule", "subject", "reason", "until"]
    guard let map = YAMLMap(node, "a waiver", allowed: keys, &problems) else { return nil }
    for key in ["rule", "reason"] where map[key] == nil {
      problems.add(map.place, "a waiver has no '\(key)'")
    }
    let rule = map.text("rule", &problems)
    let subject = map.text("subject", &problems)
    let reason = map.text("reason", &problems)
    let until = day(map)
    if let reason, reason.trimmedBlanks.isEmpty {
      problems.add(map["reason"]?.place ?? map.place, "'reason' is empty; say why it is accepted")
    }
    guard let rule, let reason, isRule(rule, map["rule"]?.place ?? map.place, globs: true) else {
      return nil
    }
    return Waiver(
      rule: rule, subject: subject, reason: reason, until: until, place: problems.text(map.place))
  }

  private mutating func day(_ map: YAMLMap) -> String? {
    guard let node = map["until"], let text = map.text("until", &problems) else { return nil }
    guard CalendarDay.isValid(text) else {
      problems.add(node.place, "'until' is \(text.quoted()); expected a day such as 2027-01-31")
      return nil
    }
    return text
  }

  private mutating func isRule(_ rule: String, _ place: Place, globs: Bool) -> Bool {
    let glob = Glob(rule)
    // A profile's own checks may be waived as well; the profile isn't known here.
    if rule.hasPrefix("site.") || Knob.named(rule) != nil { return true }
    if globs || !glob.hasWildcard, rules.contains(where: { glob.matches($0) }) { return true }
    problems.add(
      place,
      glob.hasWildcard && globs
        ? "no rule matches \(rule.quoted())"
        : "unknown rule \(rule.quoted())\(Nearest.hint(rule, in: rules))")
    return false
  }

  private mutating func weights(_ node: Node) -> [String: Int] {
    guard !node.isNull, let map = YAMLMap(node, "'weights'", allowed: nil, &problems) else {
      return [:]
    }
    var result: [String: Int] = [:]
    for entry in map.entries {
      result[entry.key] = map.integer(entry.key, in: 0...1_000_000_000, &problems)
    }
    return result
  }
}
