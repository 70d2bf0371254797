// How long a vCPU polls before it really halts.

extension SettingTable {
  private static let path = "/sys/module/kvm/parameters/halt_poll_ns"

  static let cpuHaltPoll = SettingRow(
    about: RuleInfo(
      id: "cpu.halt-poll", title: "Halting vCPUs poll where latency counts and nobody else waits",
      severity: Severities(.info),
      rationale: "Polling for up to 0.2 ms before a halt saves the wake-up of a sleeping thread; "
        + "on a host with many more vCPUs than CPUs the same polling takes time from others.",
      cost: "Polling is busy time; without it wake-ups cost some microseconds more.",
      notWhen: "Guests poll themselves (cpuidle-haltpoll with poll-control); KVM isn't loaded.",
      sources: [.link("https://docs.kernel.org/virt/kvm/halt-polling.html")]),
    knobs: ["kvm.halt_poll_ns"],
    wish: { context in
      let snapshot = context.facts.snapshot
      if snapshot.isAbsent(path), snapshot.files[path] == nil {
        return .none(.notApplicable("KVM is not loaded"))
      }
      let running = context.facts.domains.filter(\.isRunning)
      if !running.isEmpty, running.allSatisfy({ $0.current.features.kvm["poll-control"] == true }) {
        return .none(.notApplicable("the guests poll by themselves"))
      }
      if let wanted = context.wanted("kvm.halt_poll_ns") {
        return .values(
          [.module("kvm", "halt_poll_ns", .equal(wanted.value.text))],
          KnobJudge.Wording(because: "the profile wants \(wanted.value.text)"))
      }
      return byFamily(context)
    },
    examples: [
      Example("the kernel's default", .exampleHost(), .satisfied),
      Example("bulk work needs no polling", none, under: .throughput, .notApplicable),
      Example(
        "guests that poll themselves",
        none.withDomain(
          DomainXML.example(
            extra: "<features><kvm><poll-control state='on'/></kvm></features>"), running: true),
        under: .latency, .notApplicable),
      Example("low latency without polling", none, under: .latency, .violated(.info)),
      Example(
        "polling on a crowded host",
        Snapshot.exampleHost(nodes: 1, coresPerNode: 1, threads: 1)
          .withDomain(DomainXML.example(vcpus: 8), running: true), .violated(.info)),
      Example("unreadable", .exampleHost().withUnreadable(path), under: .latency, .unknown),
    ])

  private static let none = Snapshot.exampleHost().with(path, "0\n")

  private static func byFamily(_ context: Context) -> SettingRow.Wish {
    switch context.profile.family {
    case .latency, .db, .network:
      return .values(
        [
          KnobItem(
            name: "kvm.halt_poll_ns", path: path, target: .atLeast(1), written: "200000",
            persistence: .modprobe(module: "kvm", option: "halt_poll_ns", value: "200000"))
        ], KnobJudge.Wording(because: "every wake-up pays for a sleeping thread"))
    case .general, .desktop:
      guard let load = CPULoad(context) else {
        return .none(.unknown("\(context.facts.topology.online.unknownReason)"))
      }
      guard load.isAbove(4) else {
        let value = context.facts.snapshot.text(path)
        guard let observed = value.value else { return .none(.unknown(value.unknownReason)) }
        return .none(.satisfied([Evidence(path, observed: observed)]))
      }
      return .values(
        [.module("kvm", "halt_poll_ns", .equal("0"))],
        KnobJudge.Wording(
          because: "\(load.vcpus) vCPUs share \(String.counted(load.cpus, "CPU")), "
            + "and polling takes time from others"
        ))
    default:
      return .none(.notApplicable("polling or not makes no difference under this profile"))
    }
  }
}
