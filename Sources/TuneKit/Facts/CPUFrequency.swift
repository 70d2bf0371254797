// Frequency control: drivers, governors, energy preferences, turbo.

/// One frequency policy: CPUs that are driven together.
public struct CPUFrequencyPolicy: Sendable, Equatable {
  /// Its directory.
  public let path: String
  /// The CPUs it drives.
  public let cpus: Known<CPUSet>
  /// `scaling_driver`.
  public let driver: Known<String>
  /// `scaling_governor`.
  public let governor: Known<String>
  /// `scaling_available_governors`.
  public let availableGovernors: Known<[String]>
  /// `energy_performance_preference`; nil where the driver has none.
  public let energyPreference: Known<String>?
  /// The policy's own `boost`; nil where the driver has none.
  public let boost: Known<String>?

  init(_ snapshot: Snapshot, path: String, cpu: Int) {
    self.path = path
    let listed = snapshot.text(path + "/related_cpus")
      .parsed(as: "a CPU list") { text in
        // Kernels before 2.6.3x separate the numbers by blanks.
        CPUSet(list: text.words.joined(separator: ","))
      }
    cpus =
      listed.value == nil && snapshot.files[listed.source] == nil
      ? Known([cpu], from: path) : listed
    driver = snapshot.text(path + "/scaling_driver")
    governor = snapshot.text(path + "/scaling_governor")
    availableGovernors = snapshot.text(path + "/scaling_available_governors")
      .map { $0.words.map(String.init) }
    energyPreference = Self.optional(snapshot, path + "/energy_performance_preference")
    boost = Self.optional(snapshot, path + "/boost")
  }

  private static func optional(_ snapshot: Snapshot, _ path: String) -> Known<String>? {
    snapshot.files[path] == nil ? nil : snapshot.text(path)
  }
}

/// Frequency control of the whole host.
public struct CPUFrequency: Sendable, Equatable {
  /// The policies; an empty list where there is no frequency control here (a guest, firmware
  /// control), missing where nobody looked.
  public let policies: Known<[CPUFrequencyPolicy]>
  /// `intel_pstate/status`: active, passive, off; nil where the driver isn't there.
  public let intelStatus: String?
  /// `amd_pstate/status`.
  public let amdStatus: String?

  private static let cpu = "/sys/devices/system/cpu"

  init(_ snapshot: Snapshot) {
    intelStatus = snapshot.text(Self.cpu + "/intel_pstate/status").value
    amdStatus = snapshot.text(Self.cpu + "/amd_pstate/status").value
    policies = Self.policies(snapshot)
  }

  private static func policies(_ snapshot: Snapshot) -> Known<[CPUFrequencyPolicy]> {
    let directory = cpu + "/cpufreq"
    let paths = SnapshotPaths(snapshot)
    let own = paths.numbers(directory, "policy")
    if !own.isEmpty {
      return Known(
        own.map { CPUFrequencyPolicy(snapshot, path: "\(directory)/policy\($0)", cpu: $0) },
        from: directory)
    }
    let perCPU = paths.numbers(cpu, "cpu").filter { number in
      let path = "\(cpu)/cpu\(number)/cpufreq"
      return snapshot.names(path)?.isEmpty == false
        || snapshot.files[path + "/scaling_governor"] != nil
    }
    if !perCPU.isEmpty {
      return Known(
        perCPU.map { CPUFrequencyPolicy(snapshot, path: "\(cpu)/cpu\($0)/cpufreq", cpu: $0) },
        from: cpu)
    }
    guard snapshot.names(directory) != nil || snapshot.names(cpu) != nil else {
      return Known(missing: "was not read", from: directory)
    }
    return Known([], from: directory)
  }
}
