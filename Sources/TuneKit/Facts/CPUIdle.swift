// Idle states of the CPUs.

/// One idle state.
public struct CPUIdleState: Sendable, Equatable {
  /// Its directory.
  public let path: String
  /// `name`: POLL, C1, C1E, C6 …
  public let name: String
  /// Exit latency in µs.
  public let latencyMicroseconds: Known<Int>
  /// Whether an operator switched it off.
  public let isDisabled: Known<Bool>
}

/// Idle control of the whole host.
public struct CPUIdle: Sendable, Equatable {
  /// `current_driver`; nil where unreadable, `none` where there is no idle control.
  public let driver: String?
  /// The states of each online CPU, by its number; empty where the host has none.
  public let states: [Int: [CPUIdleState]]
  /// Whether the place of the states could be looked at, in any CPU.
  public let wasRead: Bool

  init(_ snapshot: Snapshot, _ online: CPUSet) {
    let cpu = "/sys/devices/system/cpu"
    driver = snapshot.text(cpu + "/cpuidle/current_driver").value
    var states: [Int: [CPUIdleState]] = [:]
    var wasRead = snapshot.names(cpu) != nil
    for number in online {
      let directory = "\(cpu)/cpu\(number)/cpuidle"
      guard let names = snapshot.names(directory) else { continue }
      wasRead = true
      let indexes = names.compactMap { SnapshotPaths.number($0, "state") }.sorted()
      states[number] = indexes.map { index in
        let path = "\(directory)/state\(index)"
        return CPUIdleState(
          path: path, name: snapshot.text(path + "/name").value ?? "state\(index)",
          latencyMicroseconds: snapshot.integer(path + "/latency"),
          isDisabled: snapshot.integer(path + "/disable").map { $0 != 0 })
      }
    }
    self.states = states.filter { !$0.value.isEmpty }
    self.wasRead = wasRead
  }
}
