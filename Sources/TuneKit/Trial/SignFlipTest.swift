// How surprising the pairs would be if the changes changed nothing.

/// The randomization test of paired differences.
///
/// Which state of a pair is measured first is decided by a coin, so that without an effect each
/// difference could as well have had the other sign. The share of all ways to choose the signs whose
/// mean is at least as far from 0 is the p-value: exact for any noise, drift and dependence between
/// measurements (Fisher 1935; Edgington, Onghena, "Randomization Tests").
public enum SignFlipTest {
  /// Up to so many pairs every choice of signs is tried.
  static let exactPairs = 16
  /// Random choices tried for more pairs.
  static let draws = 20_000

  /// The two-sided p-value; 1 for no differences.
  ///
  /// - Parameter random: for more than 16 pairs, where choices are drawn.
  public static func pValue(_ differences: [Double], _ random: inout SeededRandom) -> Double {
    guard !differences.isEmpty else { return 1 }
    let observed = abs(differences.reduce(0, +))
    // What rounding does to a sum in another order is no difference.
    let threshold = observed * (1 - 1e-12)
    return differences.count <= exactPairs
      ? exact(differences, threshold) : drawn(differences, threshold, &random)
  }

  private static func exact(_ differences: [Double], _ threshold: Double) -> Double {
    // A choice and its opposite are equally far from 0: the first sign may stay.
    let choices = 1 << (differences.count - 1)
    var extreme = 0
    for choice in 0..<choices {
      var sum = differences[0]
      for index in 1..<max(1, differences.count) {
        sum += choice >> (index - 1) & 1 == 0 ? differences[index] : -differences[index]
      }
      if abs(sum) >= threshold { extreme += 1 }
    }
    return Double(extreme) / Double(choices)
  }

  private static func drawn(
    _ differences: [Double], _ threshold: Double, _ random: inout SeededRandom
  ) -> Double {
    var extreme = 0
    for _ in 0..<draws {
      var sum = 0.0
      var bits: UInt64 = 0
      for (index, difference) in differences.enumerated() {
        if index % 64 == 0 { bits = random.next() }
        sum += bits & 1 == 0 ? difference : -difference
        bits >>= 1
      }
      if abs(sum) >= threshold { extreme += 1 }
    }
    // The observed choice is one of them, which keeps the test valid (Phipson, Smyth 2010).
    return Double(extreme + 1) / Double(draws + 1)
  }
}
