// How many vCPUs of floating guests share the CPUs that are left for them.

/// vCPUs against CPUs, as the overcommit rules count them: running guests without CPUs of their
/// own, on online CPUs that no guest has to itself and that are not isolated.
struct CPULoad: Sendable, Equatable {
  /// Current vCPUs of running guests that are not pinned to CPUs of their own.
  let vcpus: Int
  /// Online CPUs that are left for them.
  let cpus: Int
  /// Cores that those CPUs belong to; 0 where the host's cores are not known.
  let cores: Int

  /// Nil where the online CPUs are not known.
  init?(_ context: Context) {
    let topology = context.facts.topology
    guard let online = topology.online.value else { return nil }
    var shared = online.subtracting(topology.isolated)
    var vcpus = 0
    for domain in context.facts.domains where domain.isRunning {
      let definition = domain.current
      if definition.isDedicated {
        shared = shared.subtracting(definition.pinnedCPUs)
      } else if !context.isPinned(definition) {
        vcpus += definition.cputune.current
      }
    }
    self.vcpus = vcpus
    cpus = shared.count
    cores = topology.cores.filter { !$0.cpus.isDisjoint(with: shared) }.count
  }

  /// Whether there are more than `ratio` vCPUs a CPU.
  func isAbove(_ ratio: Double) -> Bool { vcpus > 0 && Double(vcpus) > ratio * Double(cpus) }

  /// vCPUs a CPU, one decimal.
  var text: String { Self.ratio(vcpus, cpus) }

  /// A ratio with one decimal, without Foundation's formatting.
  static func ratio(_ part: Int, _ whole: Int) -> String {
    guard whole > 0 else { return "unlimited" }
    let tenths = (Double(part) * 10 / Double(whole)).rounded()
    guard tenths < 1e12 else { return "very many" }
    return "\(Int(tenths) / 10).\(Int(tenths) % 10)"
  }
}

/// vCPUs of running guests that are kept on one node without CPUs of their own.
struct PoolLoad: Sendable, Equatable {
  /// The node.
  let node: Int
  /// Their current vCPUs.
  let vcpus: Int
  /// CPUs of the node that their pins name and no dedicated guest has.
  let cpus: Int

  /// vCPUs a CPU.
  var ratio: Double { cpus == 0 ? .infinity : Double(vcpus) / Double(cpus) }

  static func all(_ context: Context) -> [PoolLoad] {
    let topology = context.facts.topology
    guard topology.fullNodes.count > 1 else { return [] }
    var own = CPUSet()
    var vcpus: [Int: Int] = [:]
    var cpus: [Int: CPUSet] = [:]
    for domain in context.facts.runningDomains {
      let definition = domain.current
      if definition.isDedicated {
        own = own.union(definition.pinnedCPUs)
        continue
      }
      guard context.isPinned(definition) else { continue }
      let nodes = topology.nodes(of: definition.pinnedCPUs)
      guard nodes.count == 1, let node = nodes.first else { continue }
      vcpus[node, default: 0] += definition.cputune.current
      cpus[node] = (cpus[node] ?? []).union(definition.pinnedCPUs)
    }
    return vcpus.keys.sorted().map { node in
      let usable = (cpus[node] ?? []).subtracting(own)
      return PoolLoad(node: node, vcpus: vcpus[node] ?? 0, cpus: usable.count)
    }
  }
}
