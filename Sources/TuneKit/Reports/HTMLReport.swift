// The audit as one page that needs nothing else: no script, no font, no picture from elsewhere.

/// Renders a report as HTML. Every text from outside goes through `HTML.text`.
struct HTMLReport {
  let report: Report

  init(_ report: Report) { self.report = report }

  var text: String {
    let name = HTML.text(report.host.name ?? "this host")
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
      <title>\(name): \(report.summary.score) of 100</title>
      <style>
      \(HTMLStyle.sheet)
      </style>
      </head>
      <body>
      <main>
      \(header)
      \(findings)
      \(map)
      \(waived)
      \(unchecked)
      \(ledger)
      </main>
      \(footer)
      </body>
      </html>

      """
  }

  // MARK: - Header

  private var header: String {
    let summary = report.summary
    let parts = [
      report.host.cpuModel, report.host.kernel.map { "Linux \($0)" },
      report.host.virtualized == true ? "itself a guest" : nil, "profile \(report.profile)",
    ].compactMap { $0 }
    let tiles = [
      ("critical", summary.critical, "critical"), ("warning", summary.warning, "warnings"),
      ("info", summary.info, "infos"), ("good", summary.satisfied, "satisfied"),
      ("open", summary.unknown, "not checked"), ("open", summary.notApplicable, "not applicable"),
      ("open", summary.waived, "waived"),
    ].map { style, count, label in
      let empty = count == 0 ? " none" : ""
      return "<li class=\"\(style)\(empty)\"><b>\(count)</b> \(label)</li>"
    }
    return """
      <header>
      \(ring(summary.score))
      <div>
      <h1>\(HTML.text(report.host.name ?? "this host"))</h1>
      <p class="about">\(parts.map(HTML.text).joined(separator: " · "))</p>
      <ul class="tiles">\(tiles.joined())</ul>
      </div>
      </header>
      """
  }

  private func ring(_ score: Int) -> String {
    // The circumference of radius 15.9155 is 100, so the score is the length of the arc.
    let summary = report.summary
    let style = summary.critical > 0 ? "critical" : summary.warning > 0 ? "warning" : "good"
    return """
      <svg class="ring \(style)" viewBox="0 0 40 40" role="img" aria-label="Score \(score) of 100">
      <circle cx="20" cy="20" r="15.9155" class="track"/>
      <circle cx="20" cy="20" r="15.9155" class="arc" stroke-dasharray="\(score) 100" transform="rotate(-90 20 20)"/>
      <text x="20" y="21">\(score)</text><text x="20" y="27.5" class="of">of 100</text>
      </svg>
      """
  }

  // MARK: - Findings

  private var findings: String {
    let groups = report.groups
    guard !groups.isEmpty else {
      let text =
        report.ledger.isEmpty
        ? "Nothing was checked." : "No rule is violated in what could be checked."
      return "<section><h2>Findings</h2><p>\(text)</p></section>"
    }
    let entries = groups.map { HTMLFinding(group: $0).text }
    return "<section><h2>Findings</h2>\n\(entries.joined(separator: "\n"))\n</section>"
  }

  private var waived: String {
    let bundles = report.waivedGroups.flatMap(\.bundles)
    guard !bundles.isEmpty else { return "" }
    let rows = bundles.map { bundle in
      let names = bundle.subjects.map(\.name).joined(separator: ", ")
      let waiver = bundle.first.waiver
      return HTML.row([bundle.first.rule, names, waiver?.reason ?? "", waiver?.until ?? "no end"])
    }
    return
      "<section><h2>Waived</h2>\(HTML.table(["Rule", "On", "Reason", "Until"], rows))</section>"
  }

  // MARK: - Map, ledger

  private var map: String {
    let topology = report.facts.topology
    guard !topology.cores.isEmpty || !topology.nodes.isEmpty else { return "" }
    return "<section><h2>Map</h2>\n\(HostMap(report.facts).html)\n</section>"
  }

  private var unchecked: String {
    let groups = report.unknowns
    guard !groups.isEmpty || !report.notices.isEmpty else { return "" }
    let rows = groups.map { group in
      HTML.row([group.reason, "\(group.count)", group.rules.joined(separator: ", ")])
    }
    let notices = report.notices.map { "<li>\(HTML.text($0))</li>" }.joined()
    let table = rows.isEmpty ? "" : HTML.table(["Missing fact", "Checks", "Rules"], rows)
    return """
      <section><h2>Not checked</h2>
      <p class="about">These could be right or wrong; nobody looked.</p>
      \(table)\(notices.isEmpty ? "" : "<ul>\(notices)</ul>")
      </section>
      """
  }

  private var ledger: String {
    guard !report.ledger.isEmpty else { return "" }
    let rows = report.ledger.map { entry in
      let reason: String =
        switch entry.verdict {
        case .satisfied, .violated: ""
        case .notApplicable(let reason), .unknown(let reason): reason
        }
      return HTML.row([entry.rule, entry.subject.name, HTML.words(entry.verdict), reason])
    }
    return """
      <section><details><summary>All \(rows.count) verdicts</summary>
      \(HTML.table(["Rule", "On", "Verdict", "Reason"], rows))
      </details></section>
      """
  }

  private var footer: String {
    let time = HTML.text(report.generatedAt)
    return "<footer>tuned-vm \(HTML.text(report.toolVersion)), \(time)</footer>"
  }
}

/// Pieces of a page.
enum HTML {
  /// Text for content and quoted attributes.
  static func text(_ text: String) -> String { Escape.markup(Safe.text(text)) }

  /// A row of escaped cells.
  static func row(_ cells: [String]) -> String {
    "<tr>" + cells.map { "<td>\(text($0))</td>" }.joined() + "</tr>"
  }

  /// A table of rows made by `row`, in a box that scrolls where the page is narrow.
  static func table(_ heads: [String], _ rows: [String]) -> String {
    let head = heads.map { "<th scope=\"col\">\(text($0))</th>" }.joined()
    return "<div class=\"scroll\"><table><thead><tr>\(head)</tr></thead><tbody>\n"
      + rows.joined(separator: "\n") + "\n</tbody></table></div>"
  }

  static func words(_ verdict: Verdict) -> String {
    switch verdict {
    case .satisfied: "satisfied"
    case .violated: "violated"
    case .notApplicable: "not applicable"
    case .unknown: "not checked"
    }
  }
}
