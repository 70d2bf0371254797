// The stable part of /sys: knobs of CPUs, nodes, memory, disks, cards and modules.

extension FactCollector {
  mutating func sys(
    _ path: String, _ parts: [String], _ reading: Snapshot.Reading, hasNodePools: Bool
  ) {
    guard parts.count >= 4 else { return }
    switch (parts[1], parts[2]) {
    case ("devices", "system"): system(path, parts, reading)
    case ("kernel", "mm"): memory(path, parts, reading, hasNodePools: hasNodePools)
    case ("block", _): block(path, parts, reading)
    case ("class", "net"): interface(path, parts, reading)
    case ("class", "dmi") where parts.count == 5:
      put(Self.host, "firmware.\(parts[4])", path, reading)
    case ("module", _) where parts.count == 5 && parts[3] == "parameters":
      put(Self.host, "\(parts[2]).\(parts[4])", path, reading)
    case ("fs", "cgroup"): cgroup(path, parts, reading)
    default: break
    }
  }

  // MARK: - CPUs, nodes

  private mutating func system(_ path: String, _ parts: [String], _ reading: Snapshot.Reading) {
    switch parts[3] {
    case "cpu" where parts.count > 4: cpu(path, Array(parts[4...]), reading)
    case "node" where parts.count > 5: node(path, Array(parts[4...]), reading)
    case "clocksource" where parts.last == "current_clocksource":
      put(Self.host, "cpu.clocksource", path, reading)
    default: break
    }
  }

  private mutating func cpu(_ path: String, _ rest: [String], _ reading: Snapshot.Reading) {
    switch (rest[0], rest.count) {
    case ("online", 1), ("present", 1), ("isolated", 1), ("nohz_full", 1):
      put(Self.host, "cpu.\(rest[0])", path, reading) { text in
        CPUSet(list: text).map { $0.isEmpty ? "none" : "\($0)" } ?? text
      }
    case ("smt", 2) where rest[1] == "control":
      put(Self.host, "cpu.smt", path, reading)
    case ("vulnerabilities", 2):
      put(Self.host, "vulnerability.\(rest[1])", path, reading)
    case ("intel_pstate", 2), ("amd_pstate", 2):
      put(Self.host, "\(rest[0]).\(rest[1])", path, reading)
    case ("cpufreq", 2) where rest[1] == "boost":
      put(Self.host, "cpu.boost", path, reading)
    case ("cpufreq", 3):
      guard let key = Self.policyKeys[rest[2]] else { return }
      putShared(key, policyCPUs(rest[1]), path, reading)
    case ("cpuidle", 2) where rest[1] != "default_status":
      put(Self.host, "cpuidle.\(rest[1])", path, reading)
    default: numberedCPU(path, rest, reading)
    }
  }

  private mutating func numberedCPU(
    _ path: String, _ rest: [String], _ reading: Snapshot.Reading
  ) {
    guard let number = SnapshotPaths.number(rest[0], "cpu"), rest.count >= 3 else { return }
    if rest[1] == "cpufreq", rest.count == 3, let key = Self.policyKeys[rest[2]] {
      putShared(key, [number], path, reading)
    }
    if rest[1] == "cpuidle", rest.count == 4, rest[3] == "disable" {
      let directory = path.dropLast("disable".count)
      let name = snapshot.text("\(directory)name").value ?? rest[2]
      putShared("cpuidle.\(name).disable", [number], path, reading)
    }
  }

  private static let policyKeys = [
    "scaling_driver": "cpu.driver", "scaling_governor": "cpu.governor",
    "energy_performance_preference": "cpu.epp", "scaling_min_freq": "cpu.min_freq_khz",
    "scaling_max_freq": "cpu.max_freq_khz", "boost": "cpu.policy_boost",
  ]

  private func policyCPUs(_ policy: String) -> CPUSet {
    let directory = "/sys/devices/system/cpu/cpufreq/\(policy)"
    if let text = snapshot.text("\(directory)/related_cpus").value {
      return CPUSet(text.words.compactMap { Int($0) })
    }
    return CPUSet([SnapshotPaths.number(policy, "policy") ?? 0])
  }

  private mutating func node(_ path: String, _ rest: [String], _ reading: Snapshot.Reading) {
    guard let number = SnapshotPaths.number(rest[0], "node") else { return }
    let subject = Subject(.numaNode, "\(number)")
    switch rest[1] {
    case "meminfo":
      put(subject, "memoryMiB", path, reading) { text in
        let line = text.lines.first { $0.contains("MemTotal:") }
        return line?.words.dropLast().last.flatMap { Int($0) }.map { "\($0 / 1024)" }
      }
    case "distance":
      put(subject, "distances", path, reading) { $0.words.joined(separator: " ") }
    case "hugepages" where rest.count == 4 && rest[3] == "nr_hugepages":
      put(subject, "hugepages[size=\(Self.pageSize(rest[2]))]", path, reading)
    default: break
    }
  }

  /// `hugepages-2048kB` → `2MiB`.
  private static func pageSize(_ directory: String) -> String {
    let digits = directory.dropFirst("hugepages-".count).prefix { $0.isNumber }
    guard let kiB = Int(digits), kiB > 0 else { return directory }
    if kiB % 1_048_576 == 0 { return "\(kiB / 1_048_576)GiB" }
    return kiB % 1024 == 0 ? "\(kiB / 1024)MiB" : "\(kiB)KiB"
  }

  // MARK: - Memory

  private mutating func memory(
    _ path: String, _ parts: [String], _ reading: Snapshot.Reading, hasNodePools: Bool
  ) {
    switch (parts[3], parts.last) {
    case ("transparent_hugepage", let name?):
      let key = parts.count > 5 ? "thp.\(parts[4])_\(name)" : "thp.\(name)"
      put(Self.host, key, path, reading) { Self.selected($0) }
    case ("ksm", "run"), ("ksm", "merge_across_nodes"), ("ksm", "sleep_millisecs"):
      put(Self.host, "ksm.\(parts[4])", path, reading)
    case ("hugepages", "nr_overcommit_hugepages"):
      put(Self.host, "hugepages.overcommit[size=\(Self.pageSize(parts[4]))]", path, reading)
    case ("hugepages", "nr_hugepages") where !hasNodePools:
      put(Self.host, "hugepages[size=\(Self.pageSize(parts[4]))]", path, reading)
    default: break
    }
  }

  /// `always [madvise] never` → `madvise`.
  static func selected(_ text: String) -> String {
    guard let open = text.firstIndex(of: "["), let close = text[open...].firstIndex(of: "]")
    else { return text }
    return String(text[text.index(after: open)..<close])
  }

  // MARK: - Devices

  private mutating func block(_ path: String, _ parts: [String], _ reading: Snapshot.Reading) {
    let name = parts[2]
    guard Self.isLastingDisk(name), let key = Self.blockKeys[parts[3...].joined(separator: "/")]
    else { return }
    put(Subject(.blockDevice, name), key, path, reading) { Self.selected($0) }
  }

  /// Loop devices, RAM disks and optical drives come and go; device-mapper numbers change at boot.
  static func isLastingDisk(_ name: String) -> Bool {
    !["loop", "ram", "zram", "sr", "fd", "dm-", "nbd", "zd"].contains { name.hasPrefix($0) }
  }

  private static let blockKeys = [
    "queue/scheduler": "block.scheduler", "queue/read_ahead_kb": "block.read_ahead_kb",
    "queue/nr_requests": "block.nr_requests", "queue/write_cache": "block.write_cache",
    "queue/rotational": "block.rotational", "queue/nr_hw_queues": "block.nr_hw_queues",
    "queue/discard_max_bytes": "block.discard_max_bytes",
    "queue/logical_block_size": "block.logical_block_size",
    "queue/physical_block_size": "block.physical_block_size", "size": "block.size",
    "ro": "block.ro", "device/model": "block.model", "md/level": "block.md_level",
    "device/numa_node": "block.numa_node",
  ]

  private mutating func interface(
    _ path: String, _ parts: [String], _ reading: Snapshot.Reading
  ) {
    guard parts.count >= 5, isLastingInterface(parts[3]) else { return }
    let way = parts[4...].joined(separator: "/")
    guard let key = Self.interfaceKeys[way] else { return }
    put(Subject(.netInterface, parts[3]), key, path, reading) { text in
      // -1 is a link that is down.
      key == "net.speed" && text.hasPrefix("-") ? nil : text
    }
  }

  /// Interfaces that guests and containers make come and go with them.
  func isLastingInterface(_ name: String) -> Bool {
    guard
      !["lo", "vnet", "tap", "veth", "macvtap", "docker", "cali", "tun"].contains(where: {
        name.hasPrefix($0)
      })
    else { return false }
    return snapshot.files["/sys/class/net/\(name)/tun_flags"] == nil
  }

  private static let interfaceKeys = [
    "mtu": "net.mtu", "speed": "net.speed", "address": "net.address",
    "tx_queue_len": "net.tx_queue_len", "bridge/vlan_filtering": "net.vlan_filtering",
    "bridge/nf_call_iptables": "net.nf_call_iptables", "bonding/mode": "net.bonding_mode",
    "bonding/slaves": "net.bonding_slaves", "device/sriov_numvfs": "net.sriov_numvfs",
    "device/numa_node": "net.numa_node",
  ]

  private mutating func cgroup(_ path: String, _ parts: [String], _ reading: Snapshot.Reading) {
    switch parts.count {
    case 4 where parts[3] == "cgroup.controllers" || parts[3] == "cgroup.subtree_control":
      put(Self.host, parts[3], path, reading) { $0.words.sorted().joined(separator: " ") }
    case 5 where parts[4] == "cpuset.cpus" || parts[4] == "cpuset.cpus.partition":
      put(Self.host, "cgroup.\(parts[3]).\(parts[4])", path, reading)
    default: break
    }
  }

  // MARK: - Inventory

  /// What is there, and which driver serves it.
  mutating func inventory() {
    for node in facts.topology.nodes {
      let path = "/sys/devices/system/node/node\(node.id)"
      result.add(Subject(.numaNode, "\(node.id)"), StableFacts.presence, "there", path)
    }
    for name in snapshot.names("/sys/block") ?? [] where Self.isLastingDisk(name) {
      present(Subject(.blockDevice, name), "/sys/block/\(name)")
      driver(Subject(.blockDevice, name), "/sys/block/\(name)/device/driver")
    }
    for name in snapshot.names("/sys/class/net") ?? [] where isLastingInterface(name) {
      present(Subject(.netInterface, name), "/sys/class/net/\(name)")
      driver(Subject(.netInterface, name), "/sys/class/net/\(name)/device/driver")
    }
    for name in snapshot.names("/sys/bus/pci/devices") ?? [] {
      let path = "/sys/bus/pci/devices/\(name)"
      // Disks and cards are named as such; bridges and the like say nothing here.
      guard let kind = snapshot.text("\(path)/class").value,
        kind.hasPrefix("0x03") || kind.hasPrefix("0x12") || kind.hasPrefix("0x0b40")
      else { continue }
      present(Subject(.pciDevice, name), path)
    }
    for (name, card) in facts.ethtool.value ?? [:] where isLastingInterface(name) {
      let subject = Subject(.netInterface, name)
      let source = "/tuned-vm/ethtool.json"
      if let channels = card.combinedChannels {
        result.add(subject, "net.channels", "\(channels.current)", source)
      }
      if let ring = card.receiveRing {
        result.add(subject, "net.rx_ring", "\(ring.current)", source)
      }
    }
  }

  private mutating func present(_ subject: Subject, _ path: String) {
    result.add(subject, StableFacts.presence, "there", path)
  }

  private mutating func driver(_ subject: Subject, _ path: String) {
    guard let target = snapshot.links[path], let name = target.split(separator: "/").last else {
      return
    }
    result.add(subject, "driver", String(name), path)
  }
}
