/// Sources that describe another machine each.
struct HostTopologyDisagrees: Rule {
  static let about = RuleInfo(
    id: "host.topology-disagrees", title: "sysfs, hwloc and libnuma describe the same machine",
    severity: Severities(.info),
    rationale: "Pins are chosen by what sysfs lists; a tool that goes by hwloc or libnuma may "
      + "choose others.",
    cost: "None; it is only said.",
    notWhen: "hwloc's way to give a CPU-less node its neighbour's CPUs is no difference.",
    sources: [.link("https://www.open-mpi.org/projects/hwloc/doc/")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost {
      let facts = context.facts
      guard facts.snapshot.hwloc.value != nil || facts.snapshot.libnuma.value != nil else {
        return .missing(facts.snapshot.hwloc)
      }
      let differences = facts.topology.disagreements
      guard !differences.isEmpty else {
        return .satisfied([Evidence("hwloc, libnuma", observed: "as sysfs")])
      }
      return .violated(
        Violation(
          "sources differ about the machine: \(differences[0].printable)"
            + (differences.count > 1 ? " and \(differences.count - 1) more" : ""),
          evidence: differences.map { Evidence("sysfs, hwloc, libnuma", observed: $0.printable) },
          remedy: .advice("go by sysfs; look at firmware and kernel if the difference surprises")))
    }
  }

  private static func seen(cores: [CPUSet]) -> Snapshot {
    var host = Snapshot.exampleHost(nodes: 1, coresPerNode: 2, threads: 1)
    host.hwloc = Known(
      HwlocTopology(
        packages: [[0, 1]], nodes: [.init(id: 0, memoryBytes: 1 << 36, cpus: [0, 1])],
        l3Groups: [([0, 1], 36_608)], cores: cores, pus: [0, 1]), from: "hwloc")
    return host
  }

  static let examples = [
    Example("they agree", seen(cores: [[0], [1]]), .satisfied),
    Example("nobody else was asked", .exampleHost(), .unknown),
    Example("hwloc sees one core", seen(cores: [[0, 1]]), .violated(.info)),
  ]
}
