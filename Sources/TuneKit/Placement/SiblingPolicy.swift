/// What a dedicated guest asks of sibling threads: the cores it believes in decide.
struct SiblingPolicy {
  private let hasSiblings: Bool
  /// Whether a guest may be told of two threads a core.
  private let mayReshape: Bool

  init(_ topology: Topology, mayReshape: Bool = true) {
    hasSiblings = topology.cores.contains { $0.cpus.count > 1 }
    self.mayReshape = mayReshape
  }

  /// The best for the guest: a core for each vCPU where it believes in full cores, whole cores where
  /// it believes in two threads.
  func first(_ definition: DomainDefinition) -> PlacementVM.SMT {
    guard hasSiblings else { return .prefer }
    switch definition.cpu?.topology?.threads ?? 1 {
    case 1: return .isolate
    case 2: return definition.vcpus % 2 == 0 ? .require : .prefer
    default: return .prefer
    }
  }

  /// The next best where that has no room: two threads a core, which the guest is then told, where
  /// its definition leaves the shape open; last, any PUs.
  func next(_ smt: PlacementVM.SMT, _ definition: DomainDefinition) -> PlacementVM.SMT? {
    switch smt {
    case .isolate:
      let isOpen =
        mayReshape && definition.cpu?.topology == nil && definition.vcpus % 2 == 0
      return isOpen ? .require : .prefer
    case .require:
      return definition.cpu?.topology?.threads == 2 ? nil : .prefer
    case .prefer: return nil
    }
  }
}
