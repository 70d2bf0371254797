// Between which values the mean difference lies.

/// The studentized bootstrap interval of a mean: resampled means are measured in their own standard
/// errors, which is right for few and skewed values where plain percentiles are too narrow (Efron,
/// Tibshirani, "An Introduction to the Bootstrap", 12.5).
public struct BootstrapInterval: Sendable, Equatable {
  /// The mean of the values.
  public let mean: Double
  /// The lower end.
  public let low: Double
  /// The upper end.
  public let high: Double

  /// The interval of at least two values; nil for fewer.
  ///
  /// - Parameter confidence: how often such intervals hold the true mean, below 1.
  public init?(
    _ values: [Double], confidence: Double, resamples: Int, _ random: inout SeededRandom
  ) {
    guard values.count >= 2 else { return nil }
    let (mean, error) = Self.moments(values)
    self.mean = mean
    // Values that don't differ at all have nothing to resample.
    guard error > abs(mean) * 1e-12 else {
      (low, high) = (mean, mean)
      return
    }
    var ratios: [Double] = []
    ratios.reserveCapacity(resamples)
    var sample = values
    while ratios.count < resamples {
      for index in sample.indices { sample[index] = values[random.below(values.count)] }
      let (itsMean, itsError) = Self.moments(sample)
      // One value drawn all the time has no error of its own: as far out as can be.
      let distance = itsMean - mean
      ratios.append(
        itsError > error * 1e-9
          ? distance / itsError : distance == 0 ? 0 : distance > 0 ? .infinity : -.infinity)
    }
    ratios.sort()
    let tail = (1 - confidence) / 2
    let lower = Self.quantile(ratios, tail)
    let upper = Self.quantile(ratios, 1 - tail)
    low = mean - upper * error
    high = mean - lower * error
  }

  /// Whether 0 lies outside.
  public var excludesZero: Bool { low > 0 || high < 0 }

  /// Mean and its standard error.
  static func moments(_ values: [Double]) -> (mean: Double, error: Double) {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, (squares / (count - 1) / count).squareRoot())
  }

  private static func quantile(_ sorted: [Double], _ share: Double) -> Double {
    let place = (share * Double(sorted.count)).rounded(.down)
    return sorted[min(max(Int(place), 0), sorted.count - 1)]
  }
}
