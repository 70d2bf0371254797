// What the pairs of one metric say.

/// Which direction is good.
public enum BetterDirection: String, Sendable, CaseIterable {
  /// Times: less is better.
  case lower
  /// Rates: more is better.
  case higher
}

/// Something that is measured.
public struct TrialMetric: Sendable, Equatable {
  /// Its name, for instance `memory latency node 0 to 1`.
  public let name: String
  /// Its unit, for instance `ns`.
  public let unit: String
  /// Which direction is good.
  public let better: BetterDirection

  /// A metric.
  public init(_ name: String, unit: String, better: BetterDirection) {
    self.name = name
    self.unit = unit
    self.better = better
  }
}

/// What is said about one metric.
public struct TrialVerdict: Sendable, Equatable {
  /// The statement.
  public enum Statement: String, Sendable, CaseIterable {
    /// The changes make it better.
    case better
    /// The changes make it worse.
    case worse
    /// Whatever difference there is, is smaller than the smallest worth having.
    case same
    /// No difference beyond the noise was seen; there may be one.
    case undecided
  }

  /// The statement.
  public let statement: Statement
  /// Pairs it rests on.
  public let pairs: Int
  /// How surprising the pairs would be without an effect; nil before the first look.
  public let pValue: Double?
  /// The mean symmetric difference with its interval; nil for fewer than two pairs.
  public let interval: BootstrapInterval?
  /// About how many more pairs would show a difference of the size at hand, or of the smallest
  /// worth having where that is larger; nil where enough was said.
  public let morePairs: Int?

  /// Judges pairs at a look.
  ///
  /// - Parameter random: for resampling; seeded, so that the same pairs get the same answer.
  public init(
    _ samples: [PairedSample], _ metric: TrialMetric, _ design: TrialDesign,
    at look: TrialDesign.Look, _ random: inout SeededRandom
  ) {
    let differences = samples.map(\.difference)
    pairs = samples.count
    interval = BootstrapInterval(
      differences, confidence: design.confidence(at: look), resamples: design.resamples, &random)
    let p = SignFlipTest.pValue(differences, &random)
    pValue = p
    guard let interval else {
      (statement, morePairs) = (.undecided, design.looks.first?.pairs)
      return
    }
    let smallest = abs(RelativeChange.difference(percent: design.smallestPercent))
    if p <= design.alpha(at: look), interval.excludesZero {
      let isHigher = interval.mean > 0
      statement = isHigher == (metric.better == .higher) ? .better : .worse
      morePairs = nil
    } else if samples.count >= Self.leastPairsForSame, interval.low > -smallest,
      interval.high < smallest
    {
      (statement, morePairs) = (.same, nil)
    } else {
      statement = .undecided
      morePairs = Self.morePairs(interval, differences, smallest)
    }
  }

  /// Fewer pairs say nothing about what is missing.
  static let leastPairsForSame = 6

  /// The mean must be some four standard errors away from 0: 3.2 for the test at its strictest look
  /// and 0.8 so that it succeeds four times out of five.
  private static func morePairs(
    _ interval: BootstrapInterval, _ differences: [Double], _ smallest: Double
  ) -> Int {
    let count = Double(differences.count)
    let (_, error) = BootstrapInterval.moments(differences)
    let deviation = error * count.squareRoot()
    let effect = max(abs(interval.mean), smallest, 1e-9)
    let needed = (16 * deviation * deviation / (effect * effect)).rounded(.up)
    return Int(min(max(needed, 10) - count, 99_999).rounded(.up)).clamped(to: 1...99_999)
  }
}

extension Int {
  fileprivate func clamped(to range: ClosedRange<Int>) -> Int {
    Swift.min(Swift.max(self, range.lowerBound), range.upperBound)
  }
}
