/// This host's domains placed: each asks the best of sibling threads that leaves room for all.
public struct HostPlacement: Sendable {
  /// The instance that was solved.
  public let host: HostInstance
  /// What came of it.
  public let result: PlacementResult

  /// Work of the searches that only find out what has room.
  private static let trialSteps = 4_000_000
  private static let trials = 4

  /// Solves; guests that find no place ask less of sibling threads, as in a plan.
  ///
  /// - Throws: 65 where the topology isn't known or a core has more than two PUs.
  public init(
    _ facts: Facts, _ settings: HostPlacementSettings, imagined: HostInstance.Imagined? = nil,
    _ options: PlacementOptions
  ) throws(HostPlacementError) {
    let policy = SiblingPolicy(facts.topology)
    var smt: [String: PlacementVM.SMT] = [:]
    var host = try HostInstance(facts, settings, imagined: imagined)
    var trial = options
    trial.steps = min(options.steps ?? Self.trialSteps, Self.trialSteps)
    for _ in 0..<Self.trials {
      let found = PlacementSolver.solve(host.instance, trial)
      var lowered = false
      for unplaced in found.unplaced {
        let vm = host.instance.vms[unplaced.vm]
        guard let domain = host.domains[unplaced.vm], vm.policy == .dedicated,
          let next = policy.next(vm.smt, domain.current)
        else { continue }
        smt[domain.key] = next
        lowered = true
      }
      guard lowered, (options.elapsedShare?() ?? 0) < 1 else { break }
      host = try HostInstance(facts, settings, imagined: imagined, smt: smt)
    }
    self.host = host
    result = PlacementSolver.solve(host.instance, options)
  }
}
