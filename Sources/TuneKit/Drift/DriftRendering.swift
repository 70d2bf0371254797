// What moved, for cron mail, scripts and Prometheus.

/// The forms of `drift --format`.
public enum DriftFormat: String, Sendable, CaseIterable {
  /// For people: nothing at all where nothing moved.
  case text
  /// `docs/schema/drift.json`.
  case json
  /// For node_exporter's textfile collector.
  case prometheus
}

/// A drift report in one form.
public func render(
  _ report: DriftReport, as format: DriftFormat, _ options: RenderOptions = RenderOptions()
) -> String {
  switch format {
  case .text: DriftText(report: report, options: options).text
  case .json: DriftJSON.value(report).text() + "\n"
  case .prometheus: DriftPrometheus.text(report)
  }
}

/// Renders drift as text.
struct DriftText {
  let report: DriftReport
  let options: RenderOptions
  private var paint: Paint { Paint(enabled: options.color) }
  private var width: Int { max(60, min(options.width, 400)) }

  init(report: DriftReport, options: RenderOptions) {
    self.report = report
    self.options = options
  }

  var text: String {
    guard !report.drifted.isEmpty || !report.resolved.isEmpty else { return "" }
    var lines: [String] = []
    if options.detail != .quiet { lines += heading }
    lines += report.drifted.flatMap {
      self.lines($0, mark: paint($0.severity.mark, by: $0.severity))
    }
    if !report.resolved.isEmpty {
      lines += report.resolved.flatMap { self.lines($0, mark: paint("BACK", .good)) }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private var heading: [String] {
    let name = Columns.ellipsis(Safe.text(report.host.name ?? "this host"), 40)
    let count = report.drifted.count
    let moved = count == 1 ? "1 thing" : "\(count) things"
    return [
      "\(paint(name, .bold)): \(moved) moved since \(Safe.text(report.since))",
      "",
    ]
  }

  private func lines(_ entry: DriftEntry, mark: String) -> [String] {
    let what = entry.id.isPresence ? presence(entry) : change(entry)
    let wrapped = Columns.wrap(what, width - 5)
    var lines = wrapped.prefix(1).map { "\(mark) \($0)" }
    lines += wrapped.dropFirst().map { "     " + $0 }
    var notes: [String] = []
    if let violates = entry.violates {
      notes.append(violates ? "now violates \(entry.rule)" : "now satisfies \(entry.rule)")
    }
    if let by = entry.by { notes.append(by) }
    if options.detail == .verbose { notes += entry.sources.prefix(4) }
    for note in notes {
      lines += Columns.wrap(Safe.text(note), width - 5).map { "     " + paint($0, .dim) }
    }
    return lines
  }

  private func presence(_ entry: DriftEntry) -> String {
    let subject = "\(entry.subject.kind.rawValue) \(Safe.text(entry.subject.name))"
    return entry.was == nil ? "\(subject) came" : "\(subject) is gone"
  }

  private func change(_ entry: DriftEntry) -> String {
    let subject = entry.subject.kind == .host ? "" : "\(Safe.text(entry.subject.name)): "
    let was = entry.was.map { $0.isEmpty ? "empty" : Safe.text($0) } ?? "nothing"
    let now = entry.now.map { $0.isEmpty ? "empty" : Safe.text($0) } ?? "nothing"
    return "\(subject)\(Safe.text(entry.id.key)) was \(was), is \(now)"
  }
}

/// Renders drift as JSON.
enum DriftJSON {
  static func value(_ report: DriftReport) -> JSONValue {
    .object(pairs: [
      ("schema", "tuned-vm/drift/v1"),
      ("host", JSONReport.host(report.host)),
      ("generatedAt", .string(report.generatedAt)),
      ("profile", .string(report.profile)),
      ("baseline", .string(report.baseline)),
      ("since", .string(report.since)),
      ("drifted", .array(report.drifted.map(entry))),
      ("resolved", .array(report.resolved.map(entry))),
    ])
  }

  private static func entry(_ entry: DriftEntry) -> JSONValue {
    .object(pairs: [
      ("rule", .string(entry.rule)),
      ("subject", JSONReport.subject(entry.subject)),
      ("was", .optional(entry.was)),
      ("is", .optional(entry.now)),
      ("severity", .string(entry.severity.word)),
      ("fingerprint", .string(entry.fingerprint)),
      ("fact", .string(entry.id.key)),
      ("by", .optional(entry.by)),
      ("sources", .array(entry.sources.prefix(64).map { .string($0) })),
    ])
  }
}

/// Renders drift as gauges. Audit and drift write files of their own into one directory, so no
/// series may stand in both: the time carries the command, `info` is the audit's alone.
enum DriftPrometheus {
  static func text(_ report: DriftReport) -> String {
    let entries = report.drifted.prefix(PrometheusReport.seriesLimit).map { entry in
      (
        labels: [
          ("rule", entry.rule), ("kind", entry.subject.kind.rawValue),
          ("subject", entry.subject.name),
        ], value: 1
      )
    }
    let families = [
      PrometheusFamily("drift", "Something that moved since the baseline.", Array(entries)),
      PrometheusFamily(
        "drift_entries", "How many things moved since the baseline.", report.drifted.count),
      PrometheusFamily(
        "baseline_timestamp_seconds", "When the baseline was saved.",
        Timestamp.seconds(report.since)),
      PrometheusFamily(
        "last_run_timestamp_seconds", "When the host was looked at.",
        Timestamp.seconds(report.generatedAt).map { [([("command", "drift")], $0)] } ?? []),
    ]
    return families.map(\.text).joined()
  }
}
