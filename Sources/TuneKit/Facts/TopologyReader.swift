// Packages, dies, cores and level-3 caches from each CPU's directory.

struct TopologyReader {
  let snapshot: Snapshot
  let online: CPUSet
  var packages: [Int: CPUSet] = [:]
  var dies: [CPUSet] = []
  var cores: [Topology.Core] = []
  var l3Groups: [Topology.L3Group] = []

  private static let directory = "/sys/devices/system/cpu"

  init(snapshot: Snapshot, online: CPUSet) {
    self.snapshot = snapshot
    self.online = online
  }

  // MARK: - Cores and packages

  mutating func readCores() {
    let info = online.isEmpty ? nil : fallback()
    let kinds = CoreKinds(snapshot, online)
    var covered = CPUSet()
    var diesByPackage: [Int: [Int: CPUSet]] = [:]
    for cpu in online {
      let base = "\(Self.directory)/cpu\(cpu)/topology"
      let shown = snapshot.integer(base + "/physical_package_id").value ?? info?.packages[cpu]
      // -1: the firmware doesn't say.
      let package = shown.flatMap { $0 < 0 ? nil : $0 }
      if let package {
        packages[package, default: CPUSet()].insert(cpu)
        if let die = snapshot.integer(base + "/die_id").value, die >= 0 {
          diesByPackage[package, default: [:]][die, default: CPUSet()].insert(cpu)
        }
      }
      guard !covered.contains(cpu), let listed = siblings(base) ?? info?.cores[cpu] else {
        continue
      }
      var cpus = listed.intersection(online).subtracting(covered)
      cpus.insert(cpu)
      covered = covered.union(cpus)
      cores.append(
        Topology.Core(
          package: package, cpus: cpus, kind: kinds[cpu]))
    }
    let groups = diesByPackage.sorted { $0.key < $1.key }
    if groups.contains(where: { $0.value.count > 1 }) {
      dies = groups.flatMap { $0.value.sorted { $0.key < $1.key }.map(\.value) }
    }
  }

  private func siblings(_ base: String) -> CPUSet? {
    for name in ["thread_siblings_list", "core_cpus_list"] {
      let set = snapshot.text("\(base)/\(name)").value.flatMap { CPUSet(list: $0) }
      if let set, !set.isEmpty { return set }
    }
    for name in ["thread_siblings", "core_cpus"] {
      let set = snapshot.text("\(base)/\(name)").value.flatMap { CPUSet(mask: $0) }
      if let set, !set.isEmpty { return set }
    }
    return nil
  }

  /// Where sysfs has no topology at all, what /proc/cpuinfo tells.
  private func fallback() -> (packages: [Int: Int], cores: [Int: CPUSet])? {
    guard let first = online.first,
      snapshot.files["\(Self.directory)/cpu\(first)/topology/physical_package_id"] == nil,
      siblings("\(Self.directory)/cpu\(first)/topology") == nil
    else { return nil }
    var packages: [Int: Int] = [:]
    var byCore: [[Int]: CPUSet] = [:]
    for entry in CPUInfo(snapshot.raw("/proc/cpuinfo").value ?? "").processors {
      guard let package = entry.package else { continue }
      packages[entry.cpu] = package
      if let core = entry.core { byCore[[package, core], default: CPUSet()].insert(entry.cpu) }
    }
    var cores: [Int: CPUSet] = [:]
    for set in byCore.values { for cpu in set { cores[cpu] = set } }
    return (packages, cores)
  }

  // MARK: - Level-3 caches

  mutating func readCaches(_ paths: SnapshotPaths) {
    var seen: Set<CPUSet> = []
    let coreOf = Dictionary(
      cores.flatMap { core in core.cpus.map { ($0, core.cpus) } }, uniquingKeysWith: { a, _ in a })
    for cpu in online {
      let base = "\(Self.directory)/cpu\(cpu)/cache"
      for index in indexes(base) where snapshot.integer("\(base)/\(index)/level").value == 3 {
        guard let shared = sharing("\(base)/\(index)") else { continue }
        // Empty: private to the core. A list that lacks the CPU itself says nothing.
        guard shared.isEmpty || shared.contains(cpu) else { continue }
        let cpus = shared.isEmpty ? coreOf[cpu] ?? [cpu] : shared.intersection(online)
        guard seen.insert(cpus).inserted else { continue }
        let size = snapshot.text("\(base)/\(index)/size").value.flatMap(Self.kibibytes)
        l3Groups.append(Topology.L3Group(cpus: cpus, sizeKiB: size))
      }
    }
  }

  private func indexes(_ base: String) -> [String] {
    snapshot.names(base)?.filter { $0.hasPrefix("index") }
      ?? (0..<10).map { "index\($0)" }
  }

  private func sharing(_ base: String) -> CPUSet? {
    let list = snapshot.text(base + "/shared_cpu_list")
    if let text = list.value, let set = CPUSet(list: text) {
      if !set.isEmpty || snapshot.text(base + "/shared_cpu_map").value == nil { return set }
    }
    return snapshot.text(base + "/shared_cpu_map").value.flatMap { CPUSet(mask: $0) }
  }

  /// `32768K` → 32768.
  static func kibibytes(_ text: String) -> Int? {
    guard let unit = text.utf8.last else { return nil }
    let digits = unit >= 48 && unit <= 57 ? Substring(text) : text.dropLast()
    guard let value = Int(digits), value >= 0, value < 1 << 40 else { return nil }
    switch unit {
    case 77: return value * 1024
    case 75: return value
    default: return value / 1024
    }
  }
}

/// Kinds of cores of hybrid parts.
struct CoreKinds {
  private var kinds: [Int: String] = [:]

  subscript(cpu: Int) -> String? { kinds[cpu] }

  init(_ snapshot: Snapshot, _ online: CPUSet) {
    let named = [("cpu_core", "performance"), ("cpu_atom", "efficiency")]
    for (directory, kind) in named {
      let list = snapshot.text("/sys/devices/\(directory)/cpus").value
      for cpu in list.flatMap({ CPUSet(list: $0) }) ?? CPUSet() { kinds[cpu] = kind }
    }
    if Set(kinds.values).count == 2 { return }
    kinds = [:]
    if !rank(online, slack: 0, { Self.number(snapshot, $0, "cpu_capacity") }),
      !rank(online, slack: 0, { Self.number(snapshot, $0, "cpufreq/base_frequency") })
    {
      // Favoured cores of one kind differ by some per cent.
      _ = rank(online, slack: 10) { Self.number(snapshot, $0, "cpufreq/cpuinfo_max_freq") }
    }
  }

  private static func number(_ snapshot: Snapshot, _ cpu: Int, _ name: String) -> Int? {
    snapshot.integer("/sys/devices/system/cpu/cpu\(cpu)/\(name)").value
  }

  /// Ranks CPUs by a number that all of them must have; false where it doesn't tell them apart.
  private mutating func rank(_ online: CPUSet, slack: Int, _ value: (Int) -> Int?) -> Bool {
    var values: [Int: Int] = [:]
    for cpu in online {
      guard let number = value(cpu), number > 0, number < 1 << 40 else { return false }
      values[cpu] = number
    }
    guard let highest = values.values.max(), let lowest = values.values.min(),
      lowest * 100 < highest * (100 - slack)
    else { return false }
    for (cpu, number) in values {
      if number * 100 >= highest * (100 - slack) {
        kinds[cpu] = "performance"
      } else if number * (100 - slack) <= lowest * 100 {
        kinds[cpu] = "efficiency"
      } else {
        kinds[cpu] = "middle"
      }
    }
    return true
  }
}
