// The audit for a person at a terminal: the verdict first, then the worst first, a line each.

/// Renders a report as text. Every text from outside goes through `Safe.text`.
struct TextReport {
  let report: Report
  let options: RenderOptions
  let paint: Paint
  let width: Int
  /// Columns of the rule ids.
  let ruleColumns: Int

  init(_ report: Report, _ options: RenderOptions) {
    self.report = report
    self.options = options
    paint = Paint(enabled: options.color)
    width = max(60, min(options.width, 400))
    // Two columns for the branch before what follows from a cause.
    let longest =
      report.findings.map { finding in
        Columns.width(Safe.text(finding.rule)) + (finding.violation.cause == nil ? 0 : 2)
      }.max() ?? 0
    ruleColumns = min(longest, max(24, width / 4))
  }

  var text: String {
    let lines = options.detail == .quiet ? quiet : full
    return lines.isEmpty ? "" : lines.joined(separator: "\n") + "\n"
  }

  private var quiet: [String] {
    report.groups.filter { $0.severity >= options.failOn }.flatMap { group in
      lines(group, withDetails: false)
    }
  }

  private var full: [String] {
    var sections = [verdict]
    let groups = report.groups
    let verbose = options.detail == .verbose
    if verbose {
      sections += groups.map { lines($0, withDetails: true) }
    } else {
      sections.append(groups.flatMap { lines($0, withDetails: false) })
    }
    sections += [waived, unchecked, closing]
    return Array(sections.filter { !$0.isEmpty }.joined(separator: [""]))
  }

  // MARK: - Verdict

  private var verdict: [String] {
    let name = Columns.ellipsis(Safe.text(report.host.name ?? "this host"), 24)
    var lines = ["\(paint(name, .bold))  \(report.summary.score) of 100: \(judgement)"]
    var facts = ["profile \(Safe.text(report.profile))"]
    if let model = report.host.cpuModel { facts.append(Safe.text(model)) }
    if let kernel = report.host.kernel { facts.append("Linux \(Safe.text(kernel))") }
    if report.host.virtualized == true { facts.append("itself a guest") }
    let domains = report.facts.domains.count
    if domains > 0 { facts.append("\(domains) domain\(domains == 1 ? "" : "s")") }
    lines += Columns.wrap(facts.joined(separator: " · "), width).map { paint($0, .dim) }
    return lines
  }

  private var judgement: String {
    let summary = report.summary
    let unknown =
      summary.unknown == 0
      ? "" : ", \(summary.unknown) check\(summary.unknown == 1 ? "" : "s") open"
    if report.ledger.isEmpty { return paint("nothing was checked", .warning) }
    if summary.critical > 0 { return paint("needs attention now", .critical) + unknown }
    if summary.warning > 0 { return paint("can do better", .warning) + unknown }
    if summary.satisfied == 0 { return paint("nothing could be checked", .warning) + unknown }
    if summary.info > 0 { return paint("in good order, with remarks", .good) + unknown }
    return paint("in good order", .good) + unknown
  }

  // MARK: - Findings

  private func lines(_ group: FindingGroup, withDetails: Bool) -> [String] {
    var lines = lines(group.head, lead: "", withDetails: withDetails)
    for (index, bundle) in group.consequences.enumerated() {
      let last = index == group.consequences.count - 1
      lines += self.lines(bundle, lead: last ? "└ " : "├ ", withDetails: withDetails)
    }
    return lines
  }

  private func lines(_ bundle: FindingBundle, lead: String, withDetails: Bool) -> [String] {
    let mark = paint(bundle.severity.mark, by: bundle.severity)
    let id = Columns.ellipsis(lead + Safe.text(bundle.first.rule), ruleColumns)
    let rule = Columns.pad(id, ruleColumns)
    let start = "\(mark) \(paint(rule, lead.isEmpty ? .bold : .dim))  "
    let indent = 5 + ruleColumns + 2
    let room = max(24, width - indent)
    let message = Safe.text(bundle.first.violation.message)
    let others = TextDetails.subjects(bundle)
    guard withDetails else {
      var lines = [start + Columns.cut(message, room)]
      if let others {
        let text = Columns.cut(others, room)
        lines.append(String(repeating: " ", count: indent) + paint(text, .dim))
      }
      return lines
    }
    let wrapped = Columns.wrap(message, room)
    var lines = wrapped.prefix(1).map { start + $0 }
    lines += wrapped.dropFirst().map { String(repeating: " ", count: indent) + $0 }
    return lines + TextDetails(bundle: bundle, width: width, paint: paint).lines
  }

  // MARK: - Waived, unchecked, summary

  private var waived: [String] {
    let groups = report.waivedGroups
    guard !groups.isEmpty else { return [] }
    return [paint("Accepted (\(report.summary.waived))", .bold)]
      + groups.flatMap(\.bundles).map { bundle in
        let waiver = bundle.first.waiver
        let until = waiver?.until.map { " until \(Safe.text($0))" } ?? ""
        let names = bundle.subjects.map(\.name).joined(separator: ", ")
        let reason = Safe.text(waiver?.reason ?? "")
        return "\(Safe.text(bundle.first.rule)) on \(Safe.text(names))\(until): \(reason)"
      }.flatMap { item($0, verbose: options.detail == .verbose) }
  }

  private var unchecked: [String] {
    let groups = report.unknowns
    guard !groups.isEmpty || !report.notices.isEmpty else { return [] }
    let verbose = options.detail == .verbose
    let shown = verbose ? groups[...] : groups.prefix(6)
    let count = report.summary.unknown
    var lines = [paint(count == 0 ? "Notes" : "Not checked (\(count))", .bold)]
    for group in shown {
      let rules = Safe.text(group.rules.joined(separator: ", "))
      let text =
        "\(Safe.text(group.reason))  (\(group.count == 1 ? rules : "\(group.count): \(rules)"))"
      lines += item(text, verbose: verbose)
    }
    if shown.count < groups.count {
      lines.append(paint("  and \(groups.count - shown.count) more reasons; -v names them", .dim))
    }
    for notice in report.notices { lines += item(Safe.text(notice), verbose: true) }
    return lines
  }

  private func item(_ text: String, verbose: Bool) -> [String] {
    guard verbose else { return ["  " + Columns.cut(text, width - 2)] }
    return Columns.wrap(text, width - 4).enumerated().map {
      ($0.offset == 0 ? "  " : "    ") + $0.element
    }
  }

  private var closing: [String] {
    let summary = report.summary
    var counts: [String] = []
    for (severity, count) in [
      (Severity.critical, summary.critical), (.warning, summary.warning), (.info, summary.info),
    ] where count > 0 {
      counts.append(paint(severity.counted(count), by: severity))
    }
    if counts.isEmpty { counts.append(paint("no findings", .good)) }
    if summary.waived > 0 { counts.append("\(summary.waived) accepted") }
    let style: Paint.Style =
      summary.critical > 0 ? .critical : summary.warning > 0 ? .warning : .good
    let cells = width < 90 ? (width < 72 ? 0 : 10) : 20
    let filled = (summary.score * cells + 50) / 100
    let bar =
      paint(String(repeating: "█", count: filled), style)
      + paint(String(repeating: "░", count: cells - filled), .dim)
    var lines = [
      "Score \(paint("\(summary.score)", style)) of 100  \(bar)  \(counts.joined(separator: ", "))",
      paint(
        "\(summary.satisfied) satisfied, \(summary.notApplicable) not applicable, "
          + "\(summary.unknown) not checked", .dim),
    ]
    if !report.findings.isEmpty {
      let hint =
        options.detail == .verbose
        ? "explain RULE tells why; plan shows what apply would change"
        : "-v shows evidence and remedies; explain RULE tells why; plan shows what would change"
      lines.append(paint(Columns.cut(hint, width), .dim))
    }
    return lines
  }
}
