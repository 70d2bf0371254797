// Looking through the paths of a snapshot once, instead of once per fact.

/// Numbered names and file endings of a snapshot's paths.
struct SnapshotPaths {
  private let snapshot: Snapshot

  init(_ snapshot: Snapshot) { self.snapshot = snapshot }

  /// The numbers N for which `DIRECTORY/PREFIXN` is listed or has files below it, upwards.
  func numbers(_ directory: String, _ prefix: String) -> [Int] {
    if let names = snapshot.names(directory) {
      return names.compactMap { Self.number($0, prefix) }.sorted()
    }
    let start = directory + "/" + prefix
    var found: Set<Int> = []
    for path in snapshot.files.keys where path.hasPrefix(start) {
      let rest = path.utf8.dropFirst(start.utf8.count)
      let digits = rest.prefix { $0 >= 48 && $0 <= 57 }
      guard !digits.isEmpty, digits.count < 8, rest.dropFirst(digits.count).first == 47,
        let number = Int(Substring(digits))
      else { continue }
      found.insert(number)
    }
    return found.sorted()
  }

  /// The read files whose path ends so, sorted.
  func files(endingWith end: String) -> [String] {
    snapshot.files.keys.filter { $0.hasSuffix(end) }.sorted()
  }

  static func number(_ name: String, _ prefix: String) -> Int? {
    guard name.hasPrefix(prefix) else { return nil }
    let digits = name.utf8.dropFirst(prefix.utf8.count)
    guard !digits.isEmpty, digits.count < 8, digits.allSatisfy({ $0 >= 48 && $0 <= 57 }) else {
      return nil
    }
    return Int(Substring(digits))
  }
}

/// The online CPUs.
enum OnlineCPUs {
  private static let directory = "/sys/devices/system/cpu"

  /// `cpu/online`; where that is missing the cpuN directories that are not switched off, else the
  /// processors of /proc/cpuinfo.
  static func read(_ snapshot: Snapshot, _ paths: SnapshotPaths) -> Known<CPUSet> {
    let listed = snapshot.text(directory + "/online")
    if let set = listed.value.flatMap({ CPUSet(list: $0) }), !set.isEmpty {
      return Known(set, from: listed.source)
    }
    let present = paths.numbers(directory, "cpu")
    if !present.isEmpty {
      let off = present.filter { snapshot.text("\(directory)/cpu\($0)/online").value == "0" }
      let on = CPUSet(present).subtracting(CPUSet(off))
      // Old kernels list CPUs that were never started; those have no topology.
      let shown = CPUSet(on.filter { hasTopology(snapshot, $0) })
      return Known(shown.isEmpty ? on : shown, from: directory)
    }
    let processors = CPUInfo(snapshot.raw("/proc/cpuinfo").value ?? "").processors
    if !processors.isEmpty { return Known(CPUSet(processors.map(\.cpu)), from: "/proc/cpuinfo") }
    return Known(missing: listed.missingReason ?? "is not a CPU list", from: listed.source)
  }

  private static func hasTopology(_ snapshot: Snapshot, _ cpu: Int) -> Bool {
    [
      "thread_siblings_list", "thread_siblings", "core_cpus_list", "core_cpus", "core_id",
      "physical_package_id",
    ].contains {
      snapshot.raw("\(directory)/cpu\(cpu)/topology/\($0)").value != nil
    }
  }
}
