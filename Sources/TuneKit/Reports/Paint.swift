// Colours of a terminal, or none.

/// Wraps text into ANSI colours where they are wanted. Colour never carries meaning alone.
struct Paint: Sendable {
  /// What a colour stands for.
  enum Style: String, Sendable {
    /// Headings, names.
    case bold = "1"
    /// Beside the point.
    case dim = "2"
    /// Critical.
    case critical = "1;31"
    /// Warning.
    case warning = "33"
    /// Info.
    case info = "36"
    /// All is well.
    case good = "32"
  }

  let enabled: Bool

  func callAsFunction(_ text: String, _ style: Style) -> String {
    enabled && !text.isEmpty ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }

  func callAsFunction(_ text: String, by severity: Severity) -> String {
    switch severity {
    case .critical: self(text, .critical)
    case .warning: self(text, .warning)
    case .info, .off: self(text, .info)
    }
  }
}

extension Severity {
  /// Four letters for a fixed column.
  var mark: String {
    switch self {
    case .critical: "CRIT"
    case .warning: "WARN"
    case .info: "INFO"
    case .off: "OFF "
    }
  }

  /// `1 warning`, `2 warnings`.
  func counted(_ count: Int) -> String {
    switch self {
    case .critical: "\(count) critical"
    case .warning: "\(count) warning\(count == 1 ? "" : "s")"
    case .info, .off: "\(count) info\(count == 1 ? "" : "s")"
    }
  }
}

/// Texts from outside for people: safe, and of bounded length.
enum Safe {
  /// More than any sentence or name needs; the rest is in the JSON.
  static let limit = 600

  static func text(_ text: String) -> String {
    guard text.utf8.count > limit, text.unicodeScalars.count > limit else {
      return Escape.text(text)
    }
    var head = String.UnicodeScalarView()
    head.append(contentsOf: text.unicodeScalars.prefix(limit))
    return Escape.text(String(head)) + "…"
  }
}
