/// IOThreads poll: on the vCPUs' CPUs they take what the guest needs.
struct IOThreadPin: Rule {
  static let about = RuleInfo(
    id: "cpu.iothreadpin",
    title: "A pinned guest's IOThreads run beside its vCPUs",
    severity: Severities(.off, [.latency: .info, .db: .info, .throughput: .info]),
    rationale: "An IOThread polls for a while before it sleeps; on a vCPU's CPU that is time the "
      + "guest waits.",
    cost: "CPUs of the host for IOThreads.",
    notWhen: "Guests without CPUs of their own or without IOThreads; other profiles.",
    sources: [.link("https://libvirt.org/formatdomain.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { domain in
      let definition = domain.definition
      guard [.latency, .db, .throughput].contains(context.family(of: domain)) else {
        return .notApplicable("only for latency, db and throughput")
      }
      let threads = definition.cputune.iothreads
      guard definition.isDedicated, !threads.isEmpty else {
        return .notApplicable("no IOThreads, or no CPUs of its own")
      }
      let wrong = threads.filter { id in
        guard let cpus = definition.pin(ofIOThread: id).cpus else { return true }
        return !cpus.isDisjoint(with: definition.pinnedCPUs)
      }
      if wrong.isEmpty, let far = far(context, definition) { return remote(domain, far) }
      guard !wrong.isEmpty else {
        return .satisfied([definition.evidence("cputune/iothreadpin", "\(threads.count) pinned")])
      }
      let wanted = context.helperCPUs(for: definition)
      let edits = wanted.map { cpus in
        wrong.map { id -> XMLEdit in
          let step = XMLPath.Step("iothreadpin", attributes: [.init("iothread", "\(id)")])
          return .setAttribute(
            XMLPath([.init("cputune"), step]), name: "cpuset", value: cpus.description)
        }
      }
      return .violated(
        Violation(
          "\(domain.key): \(wrong.count) of \(threads.count) IOThreads may run on the CPUs of its "
            + "vCPUs",
          evidence: [
            definition.evidence(
              "cputune/iothreadpin", definition.pin(ofIOThread: wrong[0]).cpus?.description,
              wanted?.description)
          ],
          remedy: context.home(
            domain,
            or: edits.map { .edit(domain, "keep IOThreads on \(wanted ?? [])", $0) }
              ?? .advice("give IOThreads CPUs of the same node beside the vCPUs"))))
    }
  }

  /// An IOThread that is pinned to other nodes than its device lies on.
  private struct Far {
    let thread: Int
    let cpus: CPUSet
    let disk: DomainDisk
    let node: Int
  }

  private static func far(_ context: Context, _ definition: DomainDefinition) -> Far? {
    let topology = context.facts.topology
    guard context.nodesMissing == nil, topology.fullNodes.count > 1 else { return nil }
    for disk in definition.devices.disks where disk.isDisk {
      guard case .device(let path) = context.facts.backing(of: disk),
        let node = context.facts.localNVMe(at: path)?.numaNode
      else { continue }
      for id in disk.iothread.map({ [$0] }) ?? disk.iothreads {
        guard let cpus = definition.pin(ofIOThread: id).cpus else { continue }
        let nodes = topology.nodes(of: cpus)
        if !nodes.isEmpty, !nodes.contains(node) {
          return Far(thread: id, cpus: cpus, disk: disk, node: node)
        }
      }
    }
    return nil
  }

  private static func remote(_ domain: Domain, _ far: Far) -> Verdict {
    .violated(
      Violation(
        "\(domain.key): IOThread \(far.thread) serves \(far.disk.subjectName), which lies on node "
          + "\(far.node), from CPUs \(far.cpus)",
        evidence: [
          domain.definition.evidence(
            "cputune/iothreadpin[@iothread='\(far.thread)']/@cpuset", far.cpus.description,
            "CPUs of node \(far.node)")
        ],
        remedy: .advice(
          "pin it to CPUs of the device's node, or move the guest there ('tuned-vm place')")))
  }

  private static func guest(_ pin: String) -> Snapshot {
    Snapshot.exampleHost().with(
      domain: PinnedExample.xml([1, 2], more: pin, extra: "<iothreads>1</iothreads>"))
  }

  /// A disk on the NVMe device of node 1.
  private static func near(_ cpu: Int) -> Snapshot {
    Snapshot.exampleHost().with(
      domain: PinnedExample.xml(
        [1, 2], more: "<iothreadpin iothread='1' cpuset='\(cpu)'/>",
        extra: "<iothreads>1</iothreads>",
        devices: "<disk type='block'><driver name='qemu' iothread='1'/>"
          + "<source dev='/dev/nvme0n1p3'/><target dev='vda' bus='virtio'/></disk>"))
  }

  static let examples: [Example] = [
    Example("beside", guest("<iothreadpin iothread='1' cpuset='8'/>"), under: .db, .satisfied),
    Example("a mixed host", guest(""), .notApplicable),
    Example(
      "no IOThreads", Snapshot.exampleHost().with(domain: PinnedExample.xml([1, 2])), under: .db,
      .notApplicable),
    Example("its device is near", near(7), under: .db, .satisfied),
    Example("its device is on another node", near(3), under: .db, .violated(.info)),
    Example("not pinned", guest(""), under: .db, .violated(.info)),
    Example(
      "on a vCPU's CPU", guest("<iothreadpin iothread='1' cpuset='2'/>"),
      under: .latency, .violated(.info)),
  ]
}
