// The performance governor sets the energy preference itself and refuses others (EBUSY, also at
// boot): where it is planned, the preference is neither written nor made to last.

enum ClockPreference {
  private static let file = "/energy_performance_preference"
  private static let governor = "/scaling_governor"

  /// Wishes that a governor on its way to `performance` makes needless, by id, with the id of the
  /// wish that does it.
  static func covered(_ wishes: [Candidate]) -> [String: String] {
    var governors: [String: String] = [:]
    for wish in wishes {
      guard let (path, value) = target(wish), value == "performance", path.hasSuffix(governor)
      else { continue }
      governors[String(path.dropLast(governor.count))] = wish.id
    }
    var result: [String: String] = [:]
    for wish in wishes {
      guard let (path, _) = target(wish), path.hasSuffix(file) else { continue }
      result[wish.id] = governors[String(path.dropLast(file.count))]
    }
    return result
  }

  private static func target(_ wish: Candidate) -> (path: String, value: String)? {
    switch wish.change {
    case .knob(let path, let value): ("knob " + path, value)
    case .persist(.tmpfile(let path, let value)): ("tmpfile " + path, value)
    default: nil
    }
  }
}
