// When a trial looks at its pairs, and what it takes to say something.

/// The plan of a trial, fixed before the first measurement.
///
/// Looking several times and stopping at the first good look finds differences where there are
/// none, unless every look spends a part of one error budget. A difference is claimed where the
/// randomization test stays below the part of that look; the parts add up to 1 %. Intervals spend
/// 5 % in the same proportions, so that what they say holds at whichever look the trial stops.
public struct TrialDesign: Sendable, Equatable {
  /// A look: after so many pairs, with this part of the error budget.
  public struct Look: Sendable, Equatable {
    /// Pairs measured by then.
    public let pairs: Int
    /// The part of the 1 %.
    public let alpha: Double
  }

  /// The looks, the last one being the end.
  public let looks: [Look]
  /// A difference below this is not worth having, percent of `before`.
  public let smallestPercent: Double
  /// How many things are measured at once; each gets its share of the budget.
  public let metrics: Int
  /// Resamples of an interval.
  public let resamples: Int

  /// The looks of a full trial.
  public static let standardLooks = [
    Look(pairs: 10, alpha: 0.003), Look(pairs: 14, alpha: 0.002), Look(pairs: 19, alpha: 0.002),
    Look(pairs: 25, alpha: 0.0015), Look(pairs: 32, alpha: 0.0015),
  ]

  /// A design.
  ///
  /// - Parameters:
  ///   - maximumPairs: the last look; what later looks would have spent is spent there. At least 2.
  ///   - smallestPercent: the smallest difference worth having.
  ///   - metrics: how many things are measured at once.
  ///   - resamples: of an interval.
  public init(
    maximumPairs: Int = 32, smallestPercent: Double = 2, metrics: Int = 1, resamples: Int = 2_000
  ) {
    let maximum = max(2, maximumPairs)
    var looks = Self.standardLooks.filter { $0.pairs < maximum }
    let spent = looks.reduce(0) { $0 + $1.alpha }
    looks.append(Look(pairs: maximum, alpha: 0.01 - spent))
    self.looks = looks
    self.smallestPercent = smallestPercent
    self.metrics = max(1, metrics)
    self.resamples = max(100, resamples)
  }

  /// The most pairs that are measured.
  public var maximumPairs: Int { looks.last?.pairs ?? 0 }

  /// The look after so many pairs; nil between looks.
  public func look(at pairs: Int) -> Look? { looks.first { $0.pairs == pairs } }

  /// What a p-value must not exceed at a look.
  func alpha(at look: Look) -> Double { look.alpha / Double(metrics) }

  /// The confidence of the interval shown at a look: 95 % for the trial as a whole.
  func confidence(at look: Look) -> Double { 1 - 5 * look.alpha / Double(metrics) }
}
