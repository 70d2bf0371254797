// The audit as gauges for node_exporter's textfile collector. Values of knobs never stand in
// labels: every new value would be a new series.

/// One family of samples in Prometheus' text format.
struct PrometheusFamily {
  /// Name without `tuned_vm_`.
  var name: String
  /// One sentence.
  var help: String
  /// Labels and value of each sample; a family without samples is left out.
  var samples: [(labels: [(String, String)], value: Int)]

  /// A family of one sample without labels.
  init(_ name: String, _ help: String, _ value: Int?) {
    self.init(name, help, value.map { [([], $0)] } ?? [])
  }

  /// A family.
  init(_ name: String, _ help: String, _ samples: [(labels: [(String, String)], value: Int)]) {
    self.name = name
    self.help = help
    self.samples = samples
  }

  /// HELP, TYPE and the samples, each set of labels once.
  var text: String {
    guard !samples.isEmpty else { return "" }
    var text = "# HELP tuned_vm_\(name) \(help)\n# TYPE tuned_vm_\(name) gauge\n"
    var seen: Set<String> = []
    for sample in samples {
      let labels = sample.labels.map { "\($0.0)=\"\(Escape.label(Self.bounded($0.1)))\"" }
        .joined(separator: ",")
      guard seen.insert(labels).inserted else { continue }
      text += "tuned_vm_\(name)\(labels.isEmpty ? "" : "{\(labels)}") \(sample.value)\n"
    }
    return text
  }

  private static func bounded(_ value: String) -> String {
    guard value.unicodeScalars.count > 256 else { return value }
    var view = String.UnicodeScalarView()
    view.append(contentsOf: value.unicodeScalars.prefix(255))
    return String(view) + "…"
  }
}

/// Renders a report in Prometheus' text format.
enum PrometheusReport {
  /// More series than this say nothing more to an alert and cost every scrape.
  static let seriesLimit = 200

  static func text(_ report: Report) -> String {
    let summary = report.summary
    let serious = report.findings.filter { $0.waiver == nil && $0.severity >= .warning }
    let families = [
      PrometheusFamily(
        "findings", "Violated rules on one subject that are not waived, by severity.",
        [
          ([("severity", "critical")], summary.critical),
          ([("severity", "warning")], summary.warning),
          ([("severity", "info")], summary.info),
        ]),
      PrometheusFamily(
        "verdicts", "Rules times subjects, by verdict.",
        [
          ([("verdict", "satisfied")], summary.satisfied),
          ([("verdict", "violated")], report.findings.count),
          ([("verdict", "notApplicable")], summary.notApplicable),
          ([("verdict", "unknown")], summary.unknown),
        ]),
      PrometheusFamily(
        "score", "100 is a host with nothing to improve, 0 the worst.", summary.score),
      PrometheusFamily(
        "finding", "A violated rule of warning or above that is not waived.",
        serious.prefix(seriesLimit).map { (labels(of: $0), 1) }),
      PrometheusFamily(
        "findings_truncated", "1 where findings were left out of tuned_vm_finding.",
        serious.count > seriesLimit ? 1 : 0),
      PrometheusFamily(
        "last_run_timestamp_seconds", "When the host was looked at.",
        Timestamp.seconds(report.generatedAt)),
      PrometheusFamily(
        "info", "Version and profile.",
        [([("version", report.toolVersion), ("profile", report.profile)], 1)]),
    ]
    return families.map(\.text).joined()
  }

  private static func labels(of finding: Report.Finding) -> [(String, String)] {
    [
      ("rule", finding.rule), ("severity", finding.severity.word),
      ("kind", finding.subject.kind.rawValue), ("subject", finding.subject.name),
    ]
  }
}
