/// The cooling of simulated annealing (Kirkpatrick, Gelatt, Vecchi 1983): how much worse a placement
/// may be than the one before it. The temperature falls geometrically from 60 to 1, in units of cost.
struct Annealing {
  private var temperature = Self.start
  private static let start = 60.0

  /// Sets the temperature for a share of the budget used, from 0 to 1.
  mutating func cool(to share: Double) {
    temperature = Self.start
    // 0.938 is the 64th root of 1/60.
    for _ in 0..<Int(share * 64) { temperature *= 0.938 }
  }

  /// By how much the next placement may exceed the present one: the temperature times a number with
  /// the exponential distribution, which is Metropolis' rule drawn beforehand.
  @inline(__always)
  func tolerance(_ random: inout SeededRandom) -> Int {
    Int(temperature * -Self.logarithm(ofUniform: random.next()))
  }

  /// ln of a uniform number in (0, 1], of 53 random bits; an approximation is enough here.
  @inline(__always)
  private static func logarithm(ofUniform bits: UInt64) -> Double {
    let uniform = (Double(bits >> 11) + 1) * 0x1p-53
    let exponent = Double(uniform.exponent)
    let m = uniform.significand
    // ln m on [1, 2): Padé approximant around 1, error below 0.0004.
    let ln = (m - 1) * (m + 5) / (4 * m + 2)
    return exponent * 0.693_147_180_559_945_3 + ln
  }
}
