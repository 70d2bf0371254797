// What a trial may claim, tried on made-up measurements whose truth is known.

import Testing

@testable import TuneKit

@Suite struct TrialStatisticsTests {
  /// Measurements with noise and a slow drift, as machines have.
  private struct Machine {
    var random: SeededRandom
    let noise: Double
    let isSkewed: Bool
    var drift = 1.0

    /// A number of mean 0 and deviation 1, about.
    mutating func wobble() -> Double {
      let sum = (0..<12).reduce(0.0) { sum, _ in sum + Double(random.next() >> 11) * 0x1p-53 }
      return isSkewed ? (sum - 6) * (sum - 6) - 1 : sum - 6
    }

    mutating func measure() -> Double {
      drift *= 1 + 0.005 * wobble()
      return max(0.01, drift * (1 + noise * wobble()))
    }
  }

  private static func trial(
    seed: UInt64, effect: Double, noise: Double, isSkewed: Bool = false, pairs: Int = 14,
    better: BetterDirection = .lower
  ) throws -> TrialCourse {
    var machine = Machine(
      random: SeededRandom(seed: seed &* 7919 &+ 5), noise: noise, isSkewed: isSkewed)
    var course = TrialCourse(
      metrics: [TrialMetric("x", unit: "s", better: better)],
      design: TrialDesign(maximumPairs: pairs, resamples: 500), seed: seed)
    var isOver = false
    while !isOver {
      let beforeFirst = course.beforeComesFirst()
      let (first, second) = (machine.measure(), machine.measure())
      let sample = PairedSample(
        before: beforeFirst ? first : second,
        after: (beforeFirst ? second : first) * (1 + effect), beforeFirst: beforeFirst)
      isOver = course.add([try #require(sample)])
    }
    return course
  }

  private static func statement(_ course: TrialCourse) -> TrialVerdict.Statement? {
    course.verdicts?.first?.statement
  }

  @Test(arguments: [false, true])
  func theSameStateTwiceShowsNoDifferenceInAtLeast95Of100(isSkewed: Bool) throws {
    let claims = try (0..<100).count { seed in
      let course = try Self.trial(
        seed: UInt64(seed), effect: 0, noise: 0.1, isSkewed: isSkewed)
      return [.better, .worse].contains(Self.statement(course))
    }
    #expect(claims <= 5)
  }

  @Test func aLargeEffectIsFoundInItsDirection() throws {
    for seed in UInt64(0)..<20 {
      let faster = try Self.trial(seed: seed, effect: -0.2, noise: 0.05)
      #expect(Self.statement(faster) == .better)
      let slower = try Self.trial(seed: seed, effect: 0.2, noise: 0.05)
      #expect(Self.statement(slower) == .worse)
      let rate = try Self.trial(seed: seed, effect: 0.2, noise: 0.05, better: .higher)
      #expect(Self.statement(rate) == .better)
    }
  }

  @Test func aLargeEffectStopsAtTheFirstLook() throws {
    #expect(try Self.trial(seed: 1, effect: -0.5, noise: 0.02).pairs == 10)
  }

  @Test func quietMachinesShowThatThereIsNoDifference() throws {
    let same = try (0..<20).count { seed in
      Self.statement(try Self.trial(seed: UInt64(seed), effect: 0, noise: 0.005)) == .same
    }
    #expect(same >= 16)
  }

  @Test(arguments: [false, true])
  func theIntervalHoldsTheTruth(isSkewed: Bool) throws {
    let truth = RelativeChange.difference(percent: -10)
    let covered = try (0..<100).count { seed in
      let course = try Self.trial(
        seed: UInt64(seed), effect: -0.1, noise: 0.1, isSkewed: isSkewed)
      guard let interval = course.verdicts?.first?.interval else { return false }
      return interval.low <= truth && truth <= interval.high
    }
    // Skewed noise costs a few; that the trial stops when it looks good costs some more.
    #expect(covered >= (isSkewed ? 85 : 92))
  }

  @Test func anUndecidedTrialSaysHowManyMorePairsItNeeds() throws {
    let course = try Self.trial(seed: 3, effect: -0.02, noise: 0.2)
    #expect(Self.statement(course) == .undecided)
    #expect(try #require(course.verdicts?.first?.morePairs) > 100)
  }

  @Test func aTrialCutShortSpendsWhatIsLeft() throws {
    var course = TrialCourse(
      metrics: [TrialMetric("x", unit: "s", better: .lower)], design: TrialDesign(), seed: 1)
    for _ in 0..<8 {
      let sample = PairedSample(before: 2, after: 1, beforeFirst: course.beforeComesFirst())
      #expect(!course.add([try #require(sample)]))
    }
    #expect(course.verdicts == nil)
    course.close()
    #expect(Self.statement(course) == .better)
  }

  @Test func theRandomizationTestCountsSigns() {
    var random = SeededRandom(seed: 1)
    #expect(SignFlipTest.pValue([], &random) == 1)
    #expect(SignFlipTest.pValue([1, -1], &random) == 1)
    #expect(SignFlipTest.pValue([1, 1, 1], &random) == 0.25)
    #expect(SignFlipTest.pValue([1, 1, 1, 1, -0.5], &random) == 4.0 / 32)
    let many = SignFlipTest.pValue(Array(repeating: 1, count: 30), &random)
    #expect(many > 0 && many < 0.001)
  }

  @Test func theDesignSpendsOneHundredth() {
    for pairs in [2, 10, 12, 19, 32, 100] {
      let design = TrialDesign(maximumPairs: pairs)
      #expect(abs(design.looks.reduce(0) { $0 + $1.alpha } - 0.01) < 1e-12)
      #expect(design.maximumPairs == pairs)
    }
  }

  @Test func aDifferenceChangesItsSignWithItsEnds() throws {
    let up = try #require(PairedSample(before: 1, after: 3, beforeFirst: true))
    let down = try #require(PairedSample(before: 3, after: 1, beforeFirst: true))
    #expect(up.difference == -down.difference)
    #expect(RelativeChange.percent(up.difference) == 200)
    #expect(abs(RelativeChange.difference(percent: 200) - up.difference) < 1e-12)
    for bad in [0, -1, Double.nan, .infinity] {
      #expect(PairedSample(before: bad, after: 1, beforeFirst: true) == nil)
    }
  }
}
