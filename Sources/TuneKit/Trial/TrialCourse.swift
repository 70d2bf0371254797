// The course of a trial: which state comes next, and when enough is known.

/// The pairs of a trial as they come in. A value: the effects are elsewhere.
public struct TrialCourse: Sendable {
  /// What is measured, in order.
  public let metrics: [TrialMetric]
  /// The design, for this many metrics.
  public let design: TrialDesign
  /// The pairs of each metric.
  public private(set) var samples: [[PairedSample]]
  /// What was last said about each metric; nil before the first look.
  public private(set) var verdicts: [TrialVerdict]?
  private var random: SeededRandom

  /// A trial that has not begun.
  public init(metrics: [TrialMetric], design: TrialDesign, seed: UInt64) {
    self.metrics = metrics
    self.design = design
    samples = Array(repeating: [], count: metrics.count)
    random = SeededRandom(seed: seed)
  }

  /// Pairs so far.
  public var pairs: Int { samples.first?.count ?? 0 }

  /// Throws the coin for the next pair: whether the state without the changes comes first.
  public mutating func beforeComesFirst() -> Bool { random.next() >> 63 == 0 }

  /// Adds a pair of each metric and looks, where a look is due.
  ///
  /// - Returns: whether the trial is over.
  public mutating func add(_ pair: [PairedSample]) -> Bool {
    for (index, sample) in pair.enumerated() where samples.indices.contains(index) {
      samples[index].append(sample)
    }
    guard let look = design.look(at: pairs) else { return false }
    let found = judge(at: look)
    verdicts = found
    return pairs >= design.maximumPairs || found.allSatisfy { $0.statement != .undecided }
  }

  /// Says what can be said where the trial ends between looks: for lack of time or on request. What
  /// the looks to come would have spent is spent now.
  public mutating func close() {
    guard pairs > 0, verdicts?.first?.pairs != pairs else { return }
    let spent = design.looks.filter { $0.pairs < pairs }.reduce(0) { $0 + $1.alpha }
    verdicts = judge(at: TrialDesign.Look(pairs: pairs, alpha: max(0.01 - spent, 0.0015)))
  }

  private mutating func judge(at look: TrialDesign.Look) -> [TrialVerdict] {
    zip(samples, metrics).map { TrialVerdict($0, $1, design, at: look, &random) }
  }
}
