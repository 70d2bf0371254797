// What a trial found, for people and programs.

/// A finished trial.
public struct TrialReport: Sendable {
  /// What became of the changes.
  public enum Ending: String, Sendable, CaseIterable {
    /// The host is as it was before.
    case rolledBack = "rolled-back"
    /// The changes were applied for good.
    case kept
    /// There was nothing to change: the same state was measured twice.
    case placebo
  }

  /// The workload: a name or the command.
  public let workload: String
  /// The profile.
  public let profile: String
  /// When it began, RFC 3339 UTC.
  public let startedAt: String
  /// The version of the program.
  public let toolVersion: String
  /// The changes under trial.
  public let changes: [PlannedChange]
  /// Changes that could not be tried, with the reason.
  public let leftOut: [String]
  /// The pairs and what they say.
  public let course: TrialCourse
  /// What became of the changes.
  public let ending: Ending
  /// Why it ended before its design's end; nil where it didn't.
  public let cutShort: String?

  /// A report.
  public init(
    workload: String, profile: String, startedAt: String, toolVersion: String,
    changes: [PlannedChange], leftOut: [String], course: TrialCourse, ending: Ending,
    cutShort: String?
  ) {
    self.workload = workload
    self.profile = profile
    self.startedAt = startedAt
    self.toolVersion = toolVersion
    self.changes = changes
    self.leftOut = leftOut
    self.course = course
    self.ending = ending
    self.cutShort = cutShort
  }

  /// Where the comparison is not like for like.
  public var remarks: [String] { TrialFairness.remarks(changes) }

  /// Whether something got worse.
  public var isWorse: Bool {
    course.verdicts?.contains { $0.statement == .worse } == true
  }

  /// Whether something got better and nothing worse.
  public var isBetter: Bool {
    !isWorse && course.verdicts?.contains { $0.statement == .better } == true
  }

  /// Metrics with what is said about them.
  var rows: [(metric: TrialMetric, samples: [PairedSample], verdict: TrialVerdict?)] {
    course.metrics.indices.map {
      (course.metrics[$0], course.samples[$0], course.verdicts?[$0])
    }
  }
}

extension TrialReport {
  /// As JSON (tuned-vm/trial/v1), ending in a newline.
  public var json: String {
    JSONValue.object(pairs: [
      ("schema", "tuned-vm/trial/v1"),
      (
        "tool",
        .object(pairs: [("name", "tuned-vm"), ("version", .string(toolVersion))])
      ),
      ("startedAt", .string(startedAt)),
      ("profile", .string(profile)),
      ("workload", .string(workload)),
      ("pairs", .integer(course.pairs)),
      ("ending", .string(ending.rawValue)),
      ("cutShort", .optional(cutShort)),
      ("metrics", .array(rows.map(Self.json))),
      (
        "changes",
        .array(
          changes.map {
            .object(pairs: [
              ("id", .string($0.id)), ("rule", .string($0.rule)), ("target", .string($0.target)),
              ("before", .optional($0.before)), ("after", .optional($0.after)),
            ])
          })
      ),
      ("leftOut", .array(leftOut.map(JSONValue.string))),
      ("remarks", .array(remarks.map(JSONValue.string))),
    ]).text(.pretty) + "\n"
  }

  private static func json(
    _ row: (metric: TrialMetric, samples: [PairedSample], verdict: TrialVerdict?)
  ) -> JSONValue {
    let interval = row.verdict?.interval
    func percent(_ value: Double?) -> JSONValue {
      guard let value else { return .null }
      let rounded = (RelativeChange.percent(value) * 100).rounded() / 100
      return rounded.isFinite ? .number(rounded) : .null
    }
    return .object(pairs: [
      ("name", .string(row.metric.name)),
      ("unit", .string(row.metric.unit)),
      ("better", .string(row.metric.better.rawValue)),
      ("statement", .string(row.verdict?.statement.rawValue ?? "undecided")),
      ("before", TrialNumbers.median(row.samples.map(\.before)).map(JSONValue.number) ?? .null),
      ("after", TrialNumbers.median(row.samples.map(\.after)).map(JSONValue.number) ?? .null),
      ("changePercent", percent(interval?.mean)),
      ("lowPercent", percent(interval?.low)),
      ("highPercent", percent(interval?.high)),
      ("confidencePercent", .integer(95)),
      ("pValue", (row.verdict?.pValue).map(JSONValue.number) ?? .null),
      ("morePairs", (row.verdict?.morePairs).map(JSONValue.integer) ?? .null),
      (
        "samples",
        .array(
          row.samples.map {
            .object(pairs: [
              ("before", .number($0.before)), ("after", .number($0.after)),
              ("beforeFirst", .bool($0.beforeFirst)),
            ])
          })
      ),
    ])
  }
}

/// Numbers as people read them.
enum TrialNumbers {
  /// The middle value; nil for none.
  static func median(_ values: [Double]) -> Double? {
    guard !values.isEmpty else { return nil }
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  /// About three digits: `12.3`, `0.045`, `15600`.
  static func short(_ value: Double) -> String {
    guard value.isFinite else { return "?" }
    let size = abs(value)
    if size >= 100 { return "\(Int(min(size, 1e15).rounded()) * (value < 0 ? -1 : 1))" }
    let places = size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : size >= 0.001 ? 5 : 7
    return fixed(value, places)
  }

  /// A percentage with its sign and one digit: `+3.4 %`.
  static func percent(_ value: Double) -> String {
    guard value.isFinite else { return "without limit" }
    let text = abs(value) >= 1000 ? "\(Int(min(abs(value), 1e9).rounded()))" : fixed(abs(value), 1)
    return (value < 0 ? "-" : "+") + text + " %"
  }

  private static func fixed(_ value: Double, _ places: Int) -> String {
    var scale = 1
    for _ in 0..<places { scale *= 10 }
    let scaled = Int((abs(value) * Double(scale)).rounded())
    let fraction = String(scaled % scale)
    let zeros = String(repeating: "0", count: max(0, places - fraction.count))
    return (value < 0 ? "-" : "") + "\(scaled / scale)." + zeros + fraction
  }
}
