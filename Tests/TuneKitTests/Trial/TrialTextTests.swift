// What a trial's report says of its pairs.

import Testing

@testable import TuneKit

@Suite struct TrialTextTests {
  private static func text(_ pairs: [(before: Double, after: Double)]) throws -> String {
    var course = TrialCourse(
      metrics: [TrialMetric("x", unit: "s", better: .lower)], design: TrialDesign(), seed: 1)
    for pair in pairs {
      let sample = PairedSample(before: pair.before, after: pair.after, beforeFirst: true)
      _ = course.add([try #require(sample)])
    }
    course.close()
    return TrialReport(
      workload: "w", profile: "balanced", startedAt: "2026-01-01T00:00:00Z", toolVersion: "0",
      changes: [], leftOut: [], course: course, ending: .placebo, cutShort: nil
    ).text(width: 200)
  }

  @Test func fewPairsThatLeanOneWayAreNotCalledNoise() throws {
    let text = try Self.text(Array(repeating: (2, 1), count: 5))
    #expect(text.contains("5 pairs of 'w' under profile balanced: too few pairs\n"))
    #expect(
      text.contains(
        "Undecided: the pairs lean one way, but are too few to rule out chance. "
          + "About 5 more pairs would show one of this size."))
  }

  @Test func pairsAroundZeroAreNoise() throws {
    let text = try Self.text([(1, 2), (2, 1), (1, 2), (2, 1)])
    #expect(text.contains(": within the noise\n"))
    #expect(text.contains("Within the noise: no difference was shown. About "))
  }

  @Test func oneMorePairIsOne() throws {
    let text = try Self.text(Array(repeating: (2, 1), count: 7) + [(1, 1.01), (1, 1.01)])
    #expect(text.contains(" About 1 more pair would show"))
  }
}
