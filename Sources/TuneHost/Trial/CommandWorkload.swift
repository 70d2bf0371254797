// The user's own command as a workload: how long it takes, or the number it prints.

import Glibc
import TuneKit

/// A command that is run for each measurement.
public struct CommandWorkload: Workload {
  /// What of a run is the value.
  public enum Measure: String, CaseIterable, Sendable {
    /// Seconds from start to end.
    case time
    /// The last number on its standard output.
    case output
  }

  /// The command as it was given.
  public let name: String
  /// One metric.
  public let metrics: [TrialMetric]
  private let words: [String]
  private let wanted: Measure

  /// A command with its arguments; at least one word.
  public init(_ words: [String], measure: Measure, better: BetterDirection, unit: String) {
    self.words = words
    wanted = measure
    name = words.joined(separator: " ")
    metrics = [
      measure == .time
        ? TrialMetric("time", unit: "s", better: better)
        : TrialMetric("output", unit: unit, better: better)
    ]
  }

  /// Runs it once.
  public func measure() throws(Failure) -> [Double] {
    let start = Stopwatch.now()
    let end = try ChildProcess.run(words, keepsOutput: wanted == .output)
    let elapsed = Stopwatch.now() - start
    guard end.status == 0 else {
      throw Failure(.ioError, "\(name.quoted()) ended with \(end.description)")
    }
    if wanted == .time { return [elapsed] }
    guard let value = Self.lastNumber(end.output), value > 0, value.isFinite else {
      throw Failure(
        .ioError, "\(name.quoted()) printed no number above 0 on its standard output")
    }
    return [value]
  }

  static func lastNumber(_ text: String) -> Double? {
    let words = text.split { !($0.isASCII && ($0.isNumber || ".eE+-".contains($0))) }
    for word in words.reversed() {
      guard word.contains(where: \.isNumber), let value = Double(String(word)) else { continue }
      return value
    }
    return nil
  }
}
