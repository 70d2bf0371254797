/// The host's own work on CPUs that belong to a guest.
struct CPUIsolation: Rule {
  static let about = RuleInfo(
    id: "cpu.isolation", title: "CPUs of guests with CPUs of their own are kept free of other work",
    severity: Severities(
      .off, [.latency: .warning, .network: .warning, .hpc: .info], isFinal: true),
    rationale: "A pin binds the guest to a CPU, not the CPU to the guest: the host's threads go on "
      + "running there, and each of them is a pause of the guest.",
    cost: "Those CPUs get no load balancing at all: whatever isn't pinned never uses them.",
    notWhen: "No guest has CPUs of its own; a cpuset partition of type isolated covers them.",
    sources: [
      .article("§6.1"), .link("https://libvirt.org/kbase/kvm-realtime.html"),
      .link("https://docs.kernel.org/admin-guide/kernel-parameters.html"),
      .text("TuneD realtime-virtual-host"),
    ])

  static let path = "/sys/devices/system/cpu/isolated"

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context) }
  }

  private static func verdict(_ context: Context) -> Verdict {
    let guests = context.dedicatedGuests
    guard !guests.isEmpty else { return .notApplicable("no guest has CPUs of its own") }
    let topology = context.facts.topology
    let pinned = guests.pinnedCPUs
    let open = pinned.subtracting(topology.isolated)
    let evidence = Evidence(
      path, observed: topology.isolated.isEmpty ? "none" : "\(topology.isolated)",
      expected: "\(pinned)")
    guard !open.isEmpty else { return .satisfied([evidence]) }
    if let reason = unread(context.facts.snapshot) { return .unknown(reason) }
    return .violated(
      Violation(
        "the host may run its own work on \(open), which \(guests.names) "
          + "\(guests.count == 1 ? "has" : "have") to "
          + "\(guests.count == 1 ? "itself" : "themselves")",
        evidence: [evidence],
        remedy: Remedy(
          .nextHostBoot,
          "boot with isolcpus=managed_irq,domain,\(pinned.union(topology.isolated)), or put the "
            + "guests into an isolated cpuset partition",
          risk: risk(pinned, topology), persistence: "kernel argument")))
  }

  /// Why nobody can tell what is isolated; a file that isn't there means none.
  static func unread(_ snapshot: Snapshot) -> String? {
    if let reason = snapshot.failure(of: path) { return reason }
    guard snapshot.files[path] == nil, !snapshot.isAbsent(path) else { return nil }
    return snapshot.text(path).unknownReason
  }

  private static func risk(_ pinned: CPUSet, _ topology: Topology) -> String {
    let full = topology.nodes.filter { node in
      !node.cpus.isEmpty
        && topology.cores.allSatisfy { core in
          core.cpus.isDisjoint(with: node.cpus) || !core.cpus.isDisjoint(with: pinned)
        }
    }
    guard !full.isEmpty else {
      return "isolated CPUs get no load balancing; what isn't pinned never uses them"
    }
    let nodes = full.map { "\($0.id)" }.joined(separator: ", ")
    return "node \(nodes) would keep no whole core for the host: leave it one first"
  }

  static let guest = DomainXML.example(
    vcpus: 2,
    extra: "<cputune><vcpupin vcpu='0' cpuset='2'/><vcpupin vcpu='1' cpuset='10'/>"
      + "</cputune>")
  private static let host = Snapshot.exampleHost().withDomain(guest, running: true)

  static let examples = [
    Example("no guests", .exampleHost(), under: .latency, .notApplicable),
    Example(
      "a floating guest", .exampleHost().withDomain(DomainXML.example(), running: true),
      under: .latency, .notApplicable),
    Example("isolated", host.with(path, "2-3,10-11\n"), under: .latency, .satisfied),
    Example(
      "an isolated partition",
      host.with("/sys/fs/cgroup/cpuset.cpus.isolated", "2,10\n"), under: .latency, .satisfied),
    Example("open", host, under: .latency, .violated(.warning)),
    Example("half of them open", host.with(path, "2\n"), under: .network, .violated(.warning)),
    Example("no such file", host.without(path), under: .hpc, .violated(.info)),
    Example("unreadable", host.withUnreadable(path), under: .latency, .unknown),
  ]
}
