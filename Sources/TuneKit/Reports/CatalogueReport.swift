// The catalogue for people and scripts: the list, one rule in full, the reference pages. All of it
// comes from the rules themselves.

/// Renders rules.
public enum CatalogueReport {
  // MARK: - Text

  /// `rules list`: a rule a line, its id first, then severity and title.
  public static func list(
    _ rules: [RuleInstance], for family: ProfileFamily = .general, width: Int = 80
  ) -> String {
    let columns = rules.map { Columns.width($0.about.id) }.max() ?? 0
    return rules.map { rule in
      let severity = Columns.pad(rule.about.severity[family].word, 8)
      let line =
        "\(Columns.pad(rule.about.id, columns))  \(severity)  \(Safe.text(rule.about.title))"
      return Columns.cut(line, max(width, 60)) + "\n"
    }.joined()
  }

  /// `rules show ID`, `explain ID`.
  public static func show(_ rule: RuleInstance, width: Int = 80, color: Bool = false) -> String {
    let paint = Paint(enabled: color)
    let about = rule.about
    var lines = [paint(Safe.text(about.id), .bold)]
    lines += Columns.wrap(Safe.text(about.title), width)
    for (heading, text) in sections(about) {
      lines += ["", paint(heading, .bold)]
      lines += text.flatMap { Columns.wrap(Safe.text($0), width - 2) }.map { "  " + $0 }
    }
    let examples = shownExamples(rule)
    if !examples.isEmpty {
      lines += ["", paint("Examples", .bold)]
      lines += examples.flatMap { example in
        Columns.wrap("\(words(example.outcome)): \(Safe.text(example.title))", width - 2)
      }.map { "  " + $0 }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func sections(_ about: RuleInfo) -> [(String, [String])] {
    [
      ("Severity", [severities(about.severity)]), ("Why", [about.rationale]),
      ("What the remedy costs", [about.cost]), ("Not when", [about.notWhen]),
      ("Sources", about.sources.map(\.text)),
    ].filter { !$0.1.joined().isEmpty }
  }

  private static func severities(_ severity: Severities) -> String {
    let exceptions = ProfileFamily.allCases.filter { severity[$0] != severity.standard }
    guard !exceptions.isEmpty else { return severity.standard.word }
    let words = exceptions.map { "\(severity[$0].word) under \($0.rawValue)" }
    return "\(severity.standard.word); \(words.joined(separator: ", "))"
  }

  /// The first example of each outcome.
  private static func shownExamples(_ rule: RuleInstance) -> [Example] {
    var seen: Set<String> = []
    return rule.examples.filter { seen.insert(words($0.outcome)).inserted }
  }

  private static func words(_ outcome: Example.Outcome) -> String {
    switch outcome {
    case .satisfied: "satisfied"
    case .violated: "violated"
    case .notApplicable: "not applicable"
    case .unknown: "unknown"
    case .silent: "silent"
    }
  }

  // MARK: - JSON

  /// `rules list --format json` (`docs/schema/rules.json`).
  public static func listJSON(_ rules: [RuleInstance]) -> String {
    let value: JSONValue = ["schema": "tuned-vm/rules/v1", "rules": .array(rules.map(json))]
    return value.text() + "\n"
  }

  /// `rules show ID --format json`: the same object with one rule.
  public static func showJSON(_ rule: RuleInstance) -> String { listJSON([rule]) }

  private static func json(_ rule: RuleInstance) -> JSONValue {
    let about = rule.about
    let families = ProfileFamily.allCases.map { family in
      (family.rawValue, JSONValue.string(about.severity[family].word))
    }
    return .object(pairs: [
      ("id", .string(about.id)),
      ("title", .string(about.title)),
      ("severity", .string(about.severity.standard.word)),
      ("severityByProfile", .object(pairs: families)),
      ("rationale", .string(about.rationale)),
      ("cost", .string(about.cost)),
      ("notWhen", .string(about.notWhen)),
      ("sources", .array(about.sources.map { .string($0.text) })),
      (
        "examples",
        .array(
          shownExamples(rule).map {
            ["title": .string($0.title), "outcome": .string(words($0.outcome))]
          })
      ),
    ])
  }

  // MARK: - Reference pages

  /// The rules' own sentences; only what would start a tag or a table cell is escaped.
  private static func prose(_ text: String) -> String {
    Escape.text(text).replacing("<", with: "&lt;").replacing("|", with: "\\|")
      .replacing("*", with: "\\*")
  }

  /// Line one of every generated file.
  public static let generatedNote = "<!-- Generated from the rules by `make docs`; do not edit. -->"

  /// `docs/rules/ID.md`.
  public static func page(_ rule: RuleInstance) -> String {
    let about = rule.about
    var text = "\(generatedNote)\n# \(about.id)\n\n\(prose(about.title)).\n"
    for (heading, lines) in sections(about) where heading != "Sources" {
      text += "\n## \(heading)\n\n\(lines.map(prose).joined(separator: "\n"))\n"
    }
    if !rule.examples.isEmpty {
      text += "\n## Examples\n\nEach is a test.\n\n| Case | Verdict |\n|---|---|\n"
      for example in rule.examples {
        text += "| \(prose(example.title)) | \(words(example.outcome)) |\n"
      }
    }
    text += "\n## Sources\n\n"
    for source in about.sources {
      switch source {
      case .link(let address): text += "- <\(address)>\n"
      case .article, .text: text += "- \(prose(source.text))\n"
      }
    }
    return text
  }

  /// `docs/rules/README.md`.
  public static func index(_ rules: [RuleInstance]) -> String {
    var text = "\(generatedNote)\n# Rules\n"
    var area = ""
    for rule in rules {
      let next = String(rule.about.id.prefix { $0 != "." })
      if next != area {
        area = next
        text +=
          "\n## \(prose(area))\n\n| Rule | Severity | Desired state |\n|---|---|---|\n"
      }
      text += "| [\(rule.about.id)](\(rule.about.id).md) "
      text += "| \(rule.about.severity[.general].word) | \(prose(rule.about.title)) |\n"
    }
    return text
  }
}
