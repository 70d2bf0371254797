// The audit for tickets and wikis (GitHub's Markdown).

/// Renders a report as Markdown. Every text from outside goes through `Escape.markdown`.
enum MarkdownReport {
  static func text(_ report: Report) -> String {
    let summary = report.summary
    var text = "# Audit of \(escaped(report.host.name ?? "this host"))\n\n"
    text += "**Score \(summary.score) of 100** · \(summary.critical) critical"
    text += " · \(summary.warning) warnings · \(summary.info) infos · \(summary.waived) waived\n\n"
    text += "Profile \(escaped(report.profile)), \(escaped(report.generatedAt)),"
    text += " tuned-vm \(escaped(report.toolVersion))"
    if let kernel = report.host.kernel { text += ", Linux \(escaped(kernel))" }
    if let model = report.host.cpuModel { text += ", \(escaped(model))" }
    text += "\n\n## Findings\n\n" + findings(report)
    text += waived(report)
    text += unchecked(report)
    return text
  }

  private static func findings(_ report: Report) -> String {
    let groups = report.groups
    guard !groups.isEmpty else {
      return report.ledger.isEmpty ? "Nothing was checked.\n" : "None.\n"
    }
    var text = "| Severity | Rule | Finding | Subjects | Remedy |\n|---|---|---|---|---|\n"
    for bundle in groups.flatMap(\.bundles) { text += row(bundle) }
    text += "\n## Evidence\n\n"
    for bundle in groups.flatMap(\.bundles) {
      for finding in bundle.findings {
        for evidence in finding.violation.evidence {
          let expected = evidence.expected.map { ", wanted \(escaped($0))" } ?? ""
          text += "- \(escaped(finding.rule)), \(escaped(finding.subject.name)): "
          text +=
            "\(escaped(evidence.source)) is \(escaped(evidence.observed ?? "missing"))\(expected)\n"
        }
      }
    }
    return text
  }

  private static func row(_ bundle: FindingBundle) -> String {
    let finding = bundle.first
    let names = bundle.subjects.prefix(20).map { escaped($0.name) }.joined(separator: ", ")
    let more = bundle.subjects.count > 20 ? " and \(bundle.subjects.count - 20) more" : ""
    let remedy = finding.violation.remedy
    return "| \(bundle.severity.word) | \(escaped(finding.rule)) "
      + "| \(escaped(finding.violation.message)) | \(names)\(more) "
      + "| \(escaped(remedy.summary)) *(\(remedy.effect.rawValue))* |\n"
  }

  private static func waived(_ report: Report) -> String {
    let bundles = report.waivedGroups.flatMap(\.bundles)
    guard !bundles.isEmpty else { return "" }
    var text = "\n## Waived\n\n| Rule | Subjects | Reason | Until |\n|---|---|---|---|\n"
    for bundle in bundles {
      let names = bundle.subjects.map { escaped($0.name) }.joined(separator: ", ")
      text += "| \(escaped(bundle.first.rule)) | \(names) "
      text += "| \(escaped(bundle.first.waiver?.reason ?? "")) "
      text += "| \(escaped(bundle.first.waiver?.until ?? "")) |\n"
    }
    return text
  }

  private static func unchecked(_ report: Report) -> String {
    let groups = report.unknowns
    guard !groups.isEmpty || !report.notices.isEmpty else { return "" }
    var text = "\n## Not checked\n\n"
    for group in groups {
      let rules = group.rules.map(escaped).joined(separator: ", ")
      text += "- \(escaped(group.reason)) (\(group.count)×: \(rules))\n"
    }
    for notice in report.notices { text += "- \(escaped(notice))\n" }
    return text
  }

  private static func escaped(_ text: String) -> String {
    Escape.markdown(text.unicodeScalars.count > Safe.limit ? Safe.text(text) : text)
  }
}
