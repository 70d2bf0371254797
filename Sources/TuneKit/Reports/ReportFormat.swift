// The one place that knows every output form of an audit.

/// The forms of `audit --format`.
public enum ReportFormat: String, Sendable, CaseIterable {
  /// For people at a terminal.
  case text
  /// The contract of scripts (`docs/schema/audit.json`).
  case json
  /// One self-contained page.
  case html
  /// Static Analysis Results Interchange Format 2.1.0, for code-scanning services.
  case sarif
  /// For continuous integration.
  case junit
  /// The text format of node_exporter's textfile collector.
  case prometheus
  /// For tickets and wikis.
  case markdown
}

/// What a reader's terminal and options ask of a renderer. Only `text` looks at more than nothing.
public struct RenderOptions: Sendable, Equatable {
  /// How much is printed.
  public enum Detail: Sendable {
    /// Findings at or above `failOn` only.
    case quiet
    /// One line a finding.
    case normal
    /// With evidence, reasons and remedies.
    case verbose
  }

  /// Columns of the terminal; less than 60 is taken as 60.
  public var width: Int
  /// Whether ANSI colours are wanted.
  public var color: Bool
  /// How much is printed.
  public var detail: Detail
  /// The lowest severity that `quiet` prints.
  public var failOn: Severity

  /// Creates options; the standard is a pipe of 80 columns.
  public init(
    width: Int = 80, color: Bool = false, detail: Detail = .normal, failOn: Severity = .warning
  ) {
    self.width = width
    self.color = color
    self.detail = detail
    self.failOn = failOn
  }
}

/// The same as `render` gives, as UTF-8: the JSON of a big host is many megabytes, and is not copied
/// once more.
public func renderedBytes(
  _ report: Report, as format: ReportFormat, _ options: RenderOptions = RenderOptions()
) -> [UInt8] {
  format == .json ? JSONReport.bytes(report) : Array(render(report, as: format, options).utf8)
}

/// The audit in one form. The same report and options give the same text; every form ends with a
/// newline, or is empty where there is nothing to say (`-q` without findings).
public func render(
  _ report: Report, as format: ReportFormat, _ options: RenderOptions = RenderOptions()
) -> String {
  switch format {
  case .text: TextReport(report, options).text
  case .json: JSONReport.text(report)
  case .html: HTMLReport(report).text
  case .sarif: SARIFReport.text(report)
  case .junit: JUnitReport.text(report)
  case .prometheus: PrometheusReport.text(report)
  case .markdown: MarkdownReport.text(report)
  }
}
