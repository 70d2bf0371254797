// The fleet report as text, JSON, HTML and CSV.

/// The forms of `fleet report --format`.
public enum FleetFormat: String, Sendable, CaseIterable {
  /// For people.
  case text
  /// `docs/schema/fleet.json`.
  case json
  /// One self-contained page.
  case html
  /// A host a line, for spreadsheets.
  case csv
}

/// A fleet report in one form; `limit` bounds every list for people.
public func render(
  _ report: FleetReport, as format: FleetFormat, _ options: RenderOptions = RenderOptions()
) -> String {
  switch format {
  case .text: FleetText(report: report, options: options).text
  case .json: FleetJSON.value(report).text() + "\n"
  case .html: FleetHTML(report: report).text
  case .csv: FleetCSV.text(report)
  }
}

/// Renders a fleet as text.
struct FleetText {
  let report: FleetReport
  let options: RenderOptions
  private var paint: Paint { Paint(enabled: options.color) }
  private var limit: Int { options.detail == .verbose ? Int.max : 10 }

  var text: String {
    let sections = [
      head,
      section("Worst hosts", report.hosts.filter { $0.score < 100 }, \.label) { host in
        (host.score, "\(host.critical) critical, \(host.warning) warnings")
      },
      section("Most violated rules", report.rules, \.rule) { rule in
        (rule.hosts, rule.findings == 1 ? "1 finding" : "\(rule.findings) findings")
      },
      section("Score fell", report.fallen, \.label) { host in
        (host.score, "was \(host.before?.score ?? 0) on \(host.before?.generatedAt ?? "")")
      },
      section("What changed", report.changes, \.rule) { change in
        (
          change.violated + change.satisfied,
          "came to \(change.violated), went from \(change.satisfied)"
        )
      },
      section("Drifted", report.drifted, \.label) { host in
        (host.entries, host.rules.prefix(4).joined(separator: ", "))
      },
      section("Far below their like", report.outliers, \.host.label) { item in
        let apart = item.apart.prefix(4).joined(separator: ", ")
        return (
          item.host.score,
          "\(item.group) like it: \(item.median)\(apart.isEmpty ? "" : "; apart in \(apart)")"
        )
      },
      section("Mean score by day", report.trend.count > 1 ? report.trend.reversed() : [], \.day) {
        ($0.score, "\($0.hosts) hosts, \($0.critical) critical")
      },
      quarantine,
    ]
    return sections.filter { !$0.isEmpty }.joined(separator: [""]).joined(separator: "\n") + "\n"
  }

  private var head: [String] {
    let critical = report.hosts.count { $0.critical > 0 }
    return [
      "\(paint(report.hosts.count == 1 ? "1 host" : "\(report.hosts.count) hosts", .bold)), mean score \(report.meanScore), "
        + "\(critical) with critical findings, \(report.drifted.count) drifted",
      paint("\(report.reports) reports, \(report.quarantine.count) put aside", .dim),
    ]
  }

  private var width: Int { max(60, min(options.width, 400)) }

  private func section<Item>(
    _ title: String, _ items: [Item], _ name: (Item) -> String, _ rest: (Item) -> (Int, String)
  ) -> [String] {
    let shown = items.prefix(limit)
    // A long name is cut, not what is said about it.
    let names = shown.map { Columns.ellipsis(Safe.text(name($0)), width / 2) }
    let column = names.map(Columns.width).max() ?? 0
    return section(
      title,
      zip(shown, names).map { item, name in
        let (number, words) = rest(item)
        return "\(pad(number))  \(Columns.pad(name, column))  \(Safe.text(words))"
      }, of: items.count)
  }

  private var quarantine: [String] {
    section(
      "Put aside",
      report.quarantine.prefix(limit).map { item in
        // Of a path the end says more than the beginning.
        let path = Safe.text(item.path)
        let reason = Safe.text(item.reason)
        let room = max(20, width - 6 - Columns.width(reason))
        let end = path.count > room ? "…" + path.suffix(room - 1) : path
        return "\(end): \(reason)"
      }, of: report.quarantine.count)
  }

  private func section(_ title: String, _ rows: [String], of count: Int) -> [String] {
    guard count > 0 else { return [] }
    var lines = [paint(title, .bold)]
    lines += rows.map { "  " + Columns.ellipsis($0, width - 2) }
    if count > rows.count {
      lines.append(paint("  and \(count - rows.count) more; -v lists them", .dim))
    }
    return lines
  }

  private func pad(_ number: Int) -> String {
    let text = "\(number)"
    return String(repeating: " ", count: max(0, 5 - text.utf8.count)) + text
  }
}

/// Renders a fleet as JSON.
enum FleetJSON {
  static func value(_ report: FleetReport) -> JSONValue {
    .object(pairs: [
      ("schema", "tuned-vm/fleet/v1"),
      ("generatedAt", .string(report.generatedAt)),
      (
        "counts",
        [
          "hosts": .integer(report.hosts.count), "reports": .integer(report.reports),
          "quarantined": .integer(report.quarantine.count),
        ]
      ),
      (
        "worstHosts",
        .array(report.hosts.map { .object(pairs: name($0) + [("score", .integer($0.score))]) })
      ),
      (
        "rules",
        .array(
          report.rules.map {
            [
              "rule": .string($0.rule), "hosts": .integer($0.hosts),
              "findings": .integer($0.findings),
            ]
          })
      ),
      (
        "quarantine",
        .array(report.quarantine.map { ["path": .string($0.path), "reason": .string($0.reason)] })
      ),
      (
        "fallen",
        .array(
          report.fallen.map { host in
            .object(
              pairs: name(host) + [
                ("score", .integer(host.score)), ("was", .optional(host.before?.score)),
                ("since", .optional(host.before?.generatedAt)),
              ])
          })
      ),
      (
        "changes",
        .array(
          report.changes.map {
            [
              "rule": .string($0.rule), "violated": .integer($0.violated),
              "satisfied": .integer($0.satisfied),
            ]
          })
      ),
      (
        "drifted",
        .array(
          report.drifted.map {
            [
              "host": .optional($0.name), "id": .optional($0.id),
              "entries": .integer($0.entries), "rules": .array($0.rules.map { .string($0) }),
            ]
          })
      ),
      (
        "outliers",
        .array(
          report.outliers.map { item in
            .object(
              pairs: name(item.host) + [
                ("score", .integer(item.host.score)), ("median", .integer(item.median)),
                ("likeHosts", .integer(item.group)),
                ("apart", .array(item.apart.map { .string($0) })),
              ])
          })
      ),
      (
        "trend",
        .array(
          report.trend.map {
            [
              "day": .string($0.day), "score": .integer($0.score), "hosts": .integer($0.hosts),
              "critical": .integer($0.critical),
            ]
          })
      ),
    ])
  }

  private static func name(_ host: FleetReport.Host) -> [(String, JSONValue)] {
    [("host", .optional(host.name)), ("id", .optional(host.id))]
  }
}

/// Renders a fleet as CSV (RFC 4180).
enum FleetCSV {
  static func text(_ report: FleetReport) -> String {
    var text = "host,id,score,critical,warning,info,profile,cpuModel,generatedAt\r\n"
    for host in report.hosts {
      let fields = [
        host.name ?? "", host.id ?? "", "\(host.score)", "\(host.critical)", "\(host.warning)",
        "\(host.info)", host.profile, host.cpuModel ?? "", host.generatedAt,
      ]
      text += fields.map(Escape.csv).joined(separator: ",") + "\r\n"
    }
    // Output of this program ends with a newline, which CR LF is.
    return text
  }
}

/// Renders a fleet as a page.
struct FleetHTML {
  let report: FleetReport
  private static let limit = 500
  private static let shown = 12

  var text: String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
    <title>Fleet: \(report.hosts.count) hosts</title>
    <style>
    \(HTMLStyle.sheet)
    </style>
    </head>
    <body>
    <main>
    <h1>\(report.hosts.count) hosts</h1>
    <p class="about">mean score \(report.meanScore), \
    \(report.hosts.count { $0.critical > 0 }) with critical findings, \
    \(report.drifted.count) drifted; \(report.reports) reports, \
    \(report.quarantine.count) put aside, \(HTML.text(report.generatedAt))</p>
    \(trend)
    \(section("Worst hosts", ["Host", "Score", "Critical", "Warnings", "Profile", "Processor"], report.hosts) { host in
      [
        host.label, "\(host.score)", "\(host.critical)", "\(host.warning)", host.profile,
        host.cpuModel ?? "",
      ]
    })
    \(section("Most violated rules", ["Rule", "Hosts", "Findings"], report.rules) { rule in
      [rule.rule, "\(rule.hosts)", "\(rule.findings)"]
    })
    \(section("Score fell", ["Host", "Score", "Was", "On"], report.fallen) { host in
      [
        host.label, "\(host.score)", host.before.map { "\($0.score)" } ?? "",
        host.before?.generatedAt ?? "",
      ]
    })
    \(section("What changed", ["Rule", "Newly violated on", "No longer on"], report.changes) { change in
      [change.rule, "\(change.violated)", "\(change.satisfied)"]
    })
    \(section("Drifted", ["Host", "Things", "What"], report.drifted) { host in
      [host.label, "\(host.entries)", host.rules.prefix(12).joined(separator: ", ")]
    })
    \(section("Far below their like", ["Host", "Score", "Middle", "Like hosts", "Apart in"], report.outliers) { item in
      [
        item.host.label, "\(item.host.score)", "\(item.median)", "\(item.group)",
        item.apart.prefix(12).joined(separator: ", "),
      ]
    })
    \(section("Put aside", ["Path", "Reason"], report.quarantine) { [$0.path, $0.reason] })
    </main>
    </body>
    </html>

    """
  }

  private func section<Item>(
    _ title: String, _ heads: [String], _ items: [Item], _ cells: (Item) -> [String]
  ) -> String {
    guard !items.isEmpty else { return "" }
    // The page shows the state at a glance; what follows the first ones opens on demand.
    let rows = items.prefix(Self.limit).map { HTML.row(cells($0)) }
    let (first, rest) = (rows.prefix(Self.shown), rows.dropFirst(Self.shown))
    var text = HTML.table(heads, Array(first))
    if !rest.isEmpty {
      text +=
        "<details><summary>\(items.count - Self.shown) more</summary>"
        + HTML.table(heads, Array(rest))
        + (items.count > Self.limit
          ? "<p class=\"about\">and \(items.count - Self.limit) more; the JSON has all.</p>" : "")
        + "</details>"
    }
    return "<section><h2>\(title)</h2>\(text)</section>"
  }

  /// The mean score of each day as bars.
  /// A bar a day with its score on it; under the first and the last bar the day.
  private var trend: String {
    guard let first = report.trend.first, let last = report.trend.last, report.trend.count > 1
    else { return "" }
    let bars = report.trend.enumerated().map { index, day in
      let height = max(1, min(100, day.score))
      return "<g><title>\(HTML.text(day.day)): \(day.score) over \(day.hosts) hosts</title>"
        + "<rect class=\"full\" x=\"\(index * 24)\" y=\"\(112 - height)\" width=\"20\" "
        + "height=\"\(height)\" rx=\"2\"/>"
        + label("\(day.score)", x: index * 24 + 10, y: 109 - height, anchor: "middle") + "</g>"
    }
    // Room for two dates side by side.
    let width = max(report.trend.count * 24, 160)
    let end = report.trend.count * 24 < 160 ? width : report.trend.count * 24 - 4
    let days =
      label(first.day, x: 0, y: 124, anchor: "start")
      + label(last.day, x: end, y: 124, anchor: "end")
    return
      "<section><h2>Mean score by day</h2><div class=\"map\"><svg viewBox=\"0 0 \(width) 128\" "
      + "style=\"min-width:0\" width=\"\(width)\" role=\"img\" aria-label=\"Mean score by day\">"
      + "\(bars.joined())\(days)</svg></div></section>"
  }

  private func label(_ text: String, x: Int, y: Int, anchor: String) -> String {
    "<text x=\"\(x)\" y=\"\(y)\" text-anchor=\"\(anchor)\" font-size=\"10\">\(HTML.text(text))</text>"
  }
}
