// The pairs as a picture: a dot per pair and metric, and the interval of the mean.

extension TrialReport {
  /// An SVG picture of all metrics. Readable on its own, on light and dark ground.
  public var plot: String {
    let height = 46 + rows.count * Self.rowHeight + 34
    var svg = """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Self.width) \(height)" \
      width="\(Self.width)" height="\(height)" role="img" font-family="sans-serif" font-size="12">
      <title>\(Escape.markup(workload)): change in percent of before</title>
      <rect width="100%" height="100%" fill="#fff"/>
      <text x="16" y="22" font-size="15" font-weight="bold">\(Escape.markup(workload)): \
      \(headline)</text>

      """
    let span = self.span
    for (index, row) in rows.enumerated() {
      svg += Self.picture(row, top: 46 + index * Self.rowHeight, span)
    }
    svg += axis(bottom: height - 34, span)
    return svg + "</svg>\n"
  }

  private static var width: Int { 760 }
  private static var rowHeight: Int { 84 }
  private static var left: Double { 40 }
  private static var right: Double { 720 }

  /// The largest symmetric difference to be shown, at least five percent.
  private var span: Double {
    var largest = RelativeChange.difference(percent: 5)
    for row in rows {
      for sample in row.samples { largest = max(largest, abs(sample.difference)) }
    }
    return largest * 1.05
  }

  private static func x(_ difference: Double, _ span: Double) -> String {
    let share = (min(max(difference, -span), span) + span) / (2 * span)
    return "\(((left + share * (right - left)) * 10).rounded() / 10)"
  }

  private static func picture(
    _ row: (metric: TrialMetric, samples: [PairedSample], verdict: TrialVerdict?), top: Int,
    _ span: Double
  ) -> String {
    let colour =
      switch row.verdict?.statement {
      case .better: "#1d7a46"
      case .worse: "#b3261e"
      case .same, .undecided, nil: "#5d6b7c"
      }
    let name = Escape.markup(
      "\(row.metric.name) (\(row.metric.unit), \(row.metric.better.rawValue) is better)")
    let zero = x(0, span)
    var svg = """
      <text x="16" y="\(top + 14)" fill="\(colour)">\(name)</text>
      <line x1="\(zero)" x2="\(zero)" y1="\(top + 20)" y2="\(top + 76)" stroke="#9aa8b9"/>

      """
    for (index, sample) in row.samples.enumerated() {
      // Pairs are spread over the height in their order, so that a drift shows as a slope.
      let y = top + 26 + (row.samples.count > 1 ? index * 28 / (row.samples.count - 1) : 14)
      svg +=
        "<circle cx=\"\(x(sample.difference, span))\" cy=\"\(y)\" r=\"3.5\" "
        + "fill=\"\(colour)\" fill-opacity=\"0.45\"/>\n"
    }
    guard let interval = row.verdict?.interval else { return svg }
    let y = top + 68
    svg +=
      "<line x1=\"\(x(interval.low, span))\" x2=\"\(x(interval.high, span))\" y1=\"\(y)\" "
      + "y2=\"\(y)\" stroke=\"\(colour)\" stroke-width=\"4\" stroke-linecap=\"round\"/>\n"
    return svg
      + "<circle cx=\"\(x(interval.mean, span))\" cy=\"\(y)\" r=\"6\" fill=\"\(colour)\"/>\n"
  }

  private func axis(bottom: Int, _ span: Double) -> String {
    let marks = [-span, -span / 2, 0, span / 2, span]
    return marks.map { mark in
      let label = mark == 0 ? "0" : TrialNumbers.percent(RelativeChange.percent(mark))
      return "<text x=\"\(Self.x(mark, span))\" y=\"\(bottom + 16)\" text-anchor=\"middle\" "
        + "fill=\"#5d6b7c\">\(label)</text>\n"
    }.joined()
  }
}
