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
    var sections = [head]
    sections.append(
      section("Worst hosts", report.hosts.filter { $0.score < 100 }) { host in
        "\(pad(host.score))  \(Safe.text(host.label))  \(host.critical) critical, "
          + "\(host.warning) warnings"
      })
    sections.append(
      section("Most violated rules", report.rules) { rule in
        "\(pad(rule.hosts))  \(Safe.text(rule.rule))  \(rule.findings) findings"
      })
    sections.append(
      section("Score fell", report.fallen) { host in
        "\(pad(host.score))  \(Safe.text(host.label))  was \(host.before?.score ?? 0) on "
          + "\(Safe.text(host.before?.generatedAt ?? ""))"
      })
    sections.append(
      section("What changed", report.changes) { change in
        "\(pad(change.violated + change.satisfied))  \(Safe.text(change.rule))  "
          + "\(change.violated) more, \(change.satisfied) fewer"
      })
    sections.append(
      section("Drifted", report.drifted) { host in
        "\(pad(host.entries))  \(Safe.text(host.name ?? host.id ?? ""))  "
          + Safe.text(host.rules.prefix(4).joined(separator: ", "))
      })
    sections.append(
      section("Far below their like", report.outliers) { item in
        "\(pad(item.host.score))  \(Safe.text(item.host.label))  "
          + "the middle of \(item.group) like hosts is \(item.median)"
          + (item.apart.isEmpty
            ? "" : "; apart: " + Safe.text(item.apart.prefix(4).joined(separator: ", ")))
      })
    sections.append(
      section("Mean score by day", report.trend.count > 1 ? report.trend.reversed() : []) { day in
        "\(pad(day.score))  \(Safe.text(day.day))  \(day.hosts) hosts, \(day.critical) critical"
      })
    sections.append(
      section("Put aside", report.quarantine) { item in
        "\(Safe.text(item.path)): \(Safe.text(item.reason))"
      })
    return sections.filter { !$0.isEmpty }.joined(separator: [""]).joined(separator: "\n") + "\n"
  }

  private var head: [String] {
    let mean =
      report.hosts.isEmpty ? 0 : report.hosts.reduce(0) { $0 + $1.score } / report.hosts.count
    let critical = report.hosts.count { $0.critical > 0 }
    return [
      "\(paint(report.hosts.count == 1 ? "1 host" : "\(report.hosts.count) hosts", .bold)), mean score \(mean), "
        + "\(critical) with critical findings, \(report.drifted.count) drifted",
      paint("\(report.reports) reports, \(report.quarantine.count) put aside", .dim),
    ]
  }

  private func section<Item>(
    _ title: String, _ items: [Item], _ line: (Item) -> String
  ) -> [String] {
    guard !items.isEmpty else { return [] }
    let width = max(60, min(options.width, 400))
    var lines = [paint(title, .bold)]
    lines += items.prefix(limit).map { "  " + Columns.cut(line($0), width - 2) }
    if items.count > limit {
      lines.append(paint("  and \(items.count - limit) more; -v lists them", .dim))
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
    <p class="about">\(report.reports) reports, \(report.quarantine.count) put aside, \
    \(HTML.text(report.generatedAt))</p>
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
      [host.name ?? host.id ?? "", "\(host.entries)", host.rules.prefix(12).joined(separator: ", ")]
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
    let rows = items.prefix(Self.limit).map { HTML.row(cells($0)) }
    let rest =
      items.count > Self.limit
      ? "<p class=\"about\">and \(items.count - Self.limit) more; the JSON has all.</p>" : ""
    return "<section><h2>\(title)</h2>\(HTML.table(heads, Array(rows)))\(rest)</section>"
  }

  /// The mean score of each day as bars.
  private var trend: String {
    guard report.trend.count > 1 else { return "" }
    let bars = report.trend.enumerated().map { index, day in
      let height = max(1, min(100, day.score))
      return "<g><title>\(HTML.text(day.day)): \(day.score) over \(day.hosts) hosts</title>"
        + "<rect class=\"full\" x=\"\(index * 24)\" y=\"\(100 - height)\" width=\"20\" "
        + "height=\"\(height)\" rx=\"2\"/></g>"
    }
    let width = report.trend.count * 24
    return
      "<section><h2>Mean score by day</h2><div class=\"map\"><svg viewBox=\"0 0 \(width) 100\" "
      + "style=\"min-width:0\" width=\"\(width)\" role=\"img\" aria-label=\"Mean score by day\">"
      + "\(bars.joined())</svg></div></section>"
  }
}
