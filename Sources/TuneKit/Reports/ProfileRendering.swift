// `profiles list` and `profiles show` as text and JSON.

/// Renders profiles.
public enum ProfileRendering {
  /// One profile a line.
  public static func list(_ profiles: [EffectiveProfile]) -> String {
    let width = profiles.map(\.name.count).max() ?? 0
    return profiles.map { profile in
      let padding = String(repeating: " ", count: width - profile.name.count)
      return "\(profile.name.printable)\(padding)  \(profile.about.printable)\n"
    }.joined()
  }

  /// `{"schema":"tuned-vm/profiles/v1","profiles":[…]}`.
  public static func listJSON(_ profiles: [EffectiveProfile]) -> JSONValue {
    .object(pairs: [
      ("schema", "tuned-vm/profiles/v1"),
      (
        "profiles",
        .array(
          profiles.map { profile in
            .object(pairs: [
              ("name", .string(profile.name)), ("about", .string(profile.about)),
              ("family", .string(profile.family.rawValue)),
              ("inherits", .optional(profile.lineage.dropFirst().first)),
            ])
          })
      ),
    ])
  }

  /// The effective values, each with the file and line it comes from.
  public static func show(_ profile: EffectiveProfile) -> String {
    var lines = ["\(profile.name.printable): \(profile.about.printable)"]
    if profile.lineage.count > 1 {
      lines.append(
        "inherits \(profile.lineage.dropFirst().map(\.printable).joined(separator: " → "))")
    }
    lines += section("settings", profile.settings.map { (name($0), word($0.value), $0.place) })
    lines += section("rules", rules(profile).map { ($0.rule, $0.text, "") })
    lines += section(
      "checks", profile.checks.map { ($0.id, "\($0.severity.word), reads \($0.read)", "") })
    return lines.map { $0 + "\n" }.joined()
  }

  /// `{"schema":"tuned-vm/profile/v1",…}`.
  public static func showJSON(_ profile: EffectiveProfile) -> JSONValue {
    .object(pairs: [
      ("schema", "tuned-vm/profile/v1"), ("name", .string(profile.name)),
      ("about", .string(profile.about)), ("family", .string(profile.family.rawValue)),
      ("lineage", .array(profile.lineage.map { .string($0) })),
      ("settings", .array(profile.settings.map(setting))),
      (
        "rules",
        .array(
          profile.severities.map {
            .object(pairs: [
              ("rule", .string($0.rule)), ("severity", .string($0.severity.word)),
            ])
          })
      ),
      (
        "parameters",
        .object(
          profile.parameters.sorted { $0.key < $1.key }.map { rule, values in
            JSONMember(
              rule,
              .object(values.sorted { $0.key < $1.key }.map { JSONMember($0.key, json($0.value)) }))
          })
      ),
      ("checks", .array(profile.checks.map(check))),
    ])
  }

  /// The knob with its selector, as a profile writes it.
  public static func name(_ setting: SettingAssignment) -> String {
    guard !setting.selector.isEmpty else { return setting.knob }
    let conditions = setting.selector.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    let selector = "[\(conditions.joined(separator: ","))]"
    guard let dot = setting.knob.firstIndex(of: ".") else { return setting.knob + selector }
    return setting.knob[..<dot] + selector + setting.knob[dot...]
  }

  /// A value as a profile writes it.
  private static func word(_ value: ProfileValue) -> String {
    if case .flag(let flag) = value { return flag ? "on" : "off" }
    return value.text
  }

  private static func rules(_ profile: EffectiveProfile) -> [(rule: String, text: String)] {
    let severities = profile.severities.map { ($0.rule, $0.severity.word) }
    let parameters = profile.parameters.sorted { $0.key < $1.key }.map { rule, values in
      let pairs = values.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.text)" }
      return (rule, pairs.joined(separator: ", "))
    }
    return severities + parameters
  }

  private static func section(_ title: String, _ rows: [(String, String, String)]) -> [String] {
    guard !rows.isEmpty else { return [] }
    let width = min(40, rows.map(\.0.count).max() ?? 0)
    let value = min(24, rows.map(\.1.count).max() ?? 0)
    return ["", title]
      + rows.map { row in
        let line =
          "  \(pad(row.0.printable, width))  \(pad(row.1.printable, row.2.isEmpty ? 0 : value))"
        return row.2.isEmpty ? line : "\(line)  \(row.2.printable)"
      }
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  private static func setting(_ setting: SettingAssignment) -> JSONValue {
    .object(pairs: [
      ("knob", .string(setting.knob)),
      (
        "selector",
        .object(
          setting.selector.sorted { $0.key < $1.key }.map { JSONMember($0.key, .string($0.value)) })
      ),
      ("value", json(setting.value)),
      ("rule", .string(Knob.named(setting.knob)?.rule ?? setting.knob)),
      ("from", .string(setting.place)),
    ])
  }

  private static func check(_ check: OwnCheck) -> JSONValue {
    func range(_ range: ClosedRange<Int>?) -> JSONValue {
      guard let range else { return .null }
      return .object(pairs: [
        ("min", range.lowerBound == .min ? .null : .integer(range.lowerBound)),
        ("max", range.upperBound == .max ? .null : .integer(range.upperBound)),
      ])
    }
    return .object(pairs: [
      ("id", .string(check.id)), ("read", .string(check.read)),
      ("equals", .optional(check.equals)), ("contains", .optional(check.contains)),
      ("lines", range(check.lines)), ("value", range(check.value)),
      ("severity", .string(check.severity.word)), ("why", .string(check.why)),
      ("fix", .string(check.fix)),
    ])
  }

  private static func json(_ value: ProfileValue) -> JSONValue {
    switch value {
    case .integer(let number): .integer(number)
    case .decimal(let number): .number(number)
    case .text(let text): .string(text)
    case .flag(let flag): .bool(flag)
    }
  }
}
