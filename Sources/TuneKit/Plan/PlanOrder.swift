// What is written together stands together: one write per drop-in and per definition.

extension PlannedChange {
  /// The drop-in or definition that is written once for all changes of it; nil for a write of its
  /// own.
  public var sharedPlace: String? {
    switch change {
    case nil, .knob, .hugePages: nil
    case .domain(let change) where change.movesMemory: nil
    case .persist(let item): DropIn(for: item).path
    case .domain(let edits): "domain " + edits.domain
    }
  }

  /// Changes in the order apply makes them: those of one drop-in or definition follow the first of
  /// theirs, otherwise in the order given.
  static func gathered(_ changes: [PlannedChange]) -> [PlannedChange] {
    var alone = 0
    return changes.gathered { change in
      if let place = change.sharedPlace { return place }
      alone += 1
      return "alone \(alone)"
    }.flatMap { $0 }
  }
}
