// Facts about pins that several rules share: housekeeping, exclusive CPUs, homes.

extension Context {
  /// CPUs of a node that guests are kept off: the configuration's reserved ones, else the node's
  /// first core with all its siblings (rules.md annex h 21).
  func housekeeping(of node: Topology.Node) -> CPUSet {
    if let reserved = configuration.reservedCPUs?.intersection(node.cpus), !reserved.isEmpty {
      return reserved
    }
    return node.cpus.first.map { facts.topology.siblings(of: $0).intersection(node.cpus) } ?? []
  }

  /// Whether every vCPU has declared CPUs that are not simply all of the host's.
  func isPinned(_ definition: DomainDefinition) -> Bool {
    guard definition.isPinned else { return false }
    guard let online = facts.topology.online.value, online.count > 1 else { return true }
    return !definition.vcpuPins.contains { $0.cpus.map { online.isSubset(of: $0) } ?? true }
  }

  /// Running domains other than one, whose vCPUs may use some of these CPUs.
  func guests(on cpus: CPUSet, beside domain: Domain) -> [Domain] {
    let isolated = facts.topology.isolated
    return facts.runningDomains.filter { other in
      guard other.key != domain.key else { return false }
      return other.current.vcpuPins.contains { pin in
        guard let set = pin.cpus else { return !cpus.subtracting(isolated).isEmpty }
        return !set.isDisjoint(with: cpus)
      }
    }
  }

  /// Whether vCPUs of a definition may run on some of these CPUs.
  func mayUse(_ definition: DomainDefinition, _ cpus: CPUSet) -> Bool {
    let open = cpus.subtracting(facts.topology.isolated)
    return definition.vcpuPins.contains { pin in
      pin.cpus.map { !$0.isDisjoint(with: cpus) } ?? !open.isEmpty
    }
  }

  /// CPUs of its own, and no other running guest may use them (rules.md annex h 1).
  func isExclusive(_ domain: Domain, _ definition: DomainDefinition) -> Bool {
    definition.isDedicated && guests(on: definition.pinnedCPUs, beside: domain).isEmpty
  }

  /// CPUs beside the vCPUs for a guest's other threads: the housekeeping ones of its nodes.
  func helperCPUs(for definition: DomainDefinition) -> CPUSet? {
    let pins = definition.pinnedCPUs
    var wanted = facts.topology.nodes(of: pins)
    if let bound = definition.memory.binding?.nodes { wanted = wanted.union(bound) }
    var result = CPUSet()
    for node in facts.topology.nodes where wanted.contains(node.id) && !node.cpus.isEmpty {
      let free = housekeeping(of: node).subtracting(pins)
      guard !free.isEmpty else { return nil }
      result = result.union(free)
    }
    return result.isEmpty ? nil : result
  }

  /// Whether a guest fits one node: vCPUs beside housekeeping, memory beside the host's reserve.
  /// Nil where a fact is missing.
  func fits(_ definition: DomainDefinition, on node: Topology.Node) -> Bool? {
    guard let memory = definition.memory.totalKiB, let total = node.memoryKiB else { return nil }
    let cpus = node.cpus.subtracting(housekeeping(of: node)).count
    let all = facts.topology.nodes.compactMap(\.memoryKiB).reduce(0, +)
    guard all > 0 else { return nil }
    let reserve = Double(max(2 << 20, all / 20)) * Double(total) / Double(all)
    let overhead = 256 << 10 + definition.vcpus * (8 << 10)
    if definition.wantsHugePages {
      let pools = node.pools.reduce(0) { sum, pool in
        sum.addingReportingOverflow(
          pool.total.multipliedReportingOverflow(by: pool.pageSizeKiB)
            .partialValue
        ).partialValue
      }
      if pools > 0 { return definition.vcpus <= cpus && memory <= pools }
    }
    return definition.vcpus <= cpus && memory <= total - Int(reserve) - overhead
  }

  /// The nodes a guest fits; nil where a fact is missing.
  func homes(of definition: DomainDefinition) -> [Topology.Node]? {
    var result: [Topology.Node] = []
    for node in facts.topology.fullNodes {
      guard let fits = fits(definition, on: node) else { return nil }
      if fits { result.append(node) }
    }
    return result
  }

  /// What a rule about pins says where the host's CPUs are not known.
  var cpusMissing: Verdict? {
    if let no = hostMissing { return no }
    guard facts.topology.online.value != nil else {
      return .unknown(facts.topology.online.unknownReason)
    }
    return nil
  }

  /// What a rule about nodes says where they are not known.
  var nodesMissing: Verdict? {
    if let no = cpusMissing { return no }
    guard !facts.topology.fullNodes.isEmpty else {
      return .unknown("/sys/devices/system/node: no NUMA node was read")
    }
    return nil
  }
}

extension DomainDefinition {
  /// The pins of the vCPUs in words.
  var pinText: String {
    guard isPinned else { return cputune.isAutoPlaced ? "automatic" : "anywhere" }
    return vcpuPins.compactMap { $0.cpus?.description }.joined(separator: " ")
  }

  /// The path of a vCPU's pin.
  static func pinPath(_ vcpu: Int) -> XMLPath {
    XMLPath([.init("cputune"), .init("vcpupin", attributes: [.init("vcpu", "\(vcpu)")])])
  }
}

/// Definitions with pins, for examples.
enum PinnedExample {
  /// One CPU for each vCPU.
  static func xml(
    _ cpus: [Int], more: String = "", extra: String = "", memoryMiB: Int = 4096,
    system: String? = nil, devices: String = "", attributes: String = ""
  ) -> String {
    xml(
      "web1", cpus, more: more, extra: extra, memoryMiB: memoryMiB, system: system,
      devices: devices, attributes: attributes)
  }

  /// The same under a name.
  static func xml(
    _ name: String, _ cpus: [Int], more: String = "", extra: String = "",
    memoryMiB: Int = 4096, system: String? = nil, devices: String = "", attributes: String = ""
  ) -> String {
    let pins = cpus.enumerated().map { "<vcpupin vcpu='\($0)' cpuset='\($1)'/>" }.joined()
    return DomainXML.example(
      name: name, vcpus: cpus.count, vcpuAttributes: attributes, memoryMiB: memoryMiB,
      system: system, extra: "<cputune>\(pins)\(more)</cputune>\(extra)", devices: devices)
  }
}
