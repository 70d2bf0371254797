/// A real-time vCPU on a shared CPU starves whatever else must run there.
struct CPUVCPUSched: Rule {
  static let about = RuleInfo(
    id: "cpu.vcpusched",
    title: "Real-time vCPUs run on isolated CPUs only",
    severity: Severities(.off, [.latency: .info]),
    rationale: "A fifo or rr vCPU that spins keeps the kernel's own threads from its CPU; the host "
      + "can hang.",
    cost: "Without real-time priority, wake-ups compete with other tasks on that CPU.",
    notWhen: "Guests without real-time scheduling on kernels without it.",
    sources: [.text("libvirt: kvm-realtime")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { domain in
      let definition = domain.definition
      let realTime = definition.cputune.schedulers.filter {
        ["fifo", "rr"].contains($0.scheduler)
      }
      if let no = context.cpusMissing, !realTime.isEmpty { return no }
      if !realTime.isEmpty, let reason = CPUIsolation.unread(context.facts.snapshot) {
        return .unknown(reason)
      }
      let isolated = context.facts.topology.isolated
      let pinned = realTime.isEmpty ? [] : definition.vcpuPins
      for entry in realTime {
        let vcpus = entry.vcpus ?? CPUSet(0..<definition.vcpus)
        let isSafe = vcpus.allSatisfy { vcpu in
          guard vcpu < pinned.count, let cpus = pinned[vcpu].cpus else { return false }
          return cpus.isSubset(of: isolated)
        }
        guard !isSafe else { continue }
        return .violated(
          Violation(
            "\(domain.key): vCPUs \(vcpus) have priority over the kernel's own threads on CPUs "
              + "that others use", severity: .critical,
            evidence: [
              entry.node.evidence("@scheduler", entry.scheduler, "none outside of isolated CPUs"),
              Evidence("/sys/devices/system/cpu/isolated", observed: isolated.description),
            ],
            remedy: .edit(
              domain, "remove the real-time priority",
              realTime.reversed().map { .remove($0.node.path) })))
      }
      guard realTime.isEmpty else {
        return .satisfied([definition.evidence("cputune/vcpusched", "on isolated CPUs")])
      }
      let kernel = context.facts.host.kernel ?? ""
      let pins = definition.pinnedCPUs
      guard context.family(of: domain) == .latency, isRealTime(kernel), definition.isDedicated,
        !pins.isEmpty, pins.isSubset(of: isolated)
      else { return .notApplicable("no real-time scheduling asked for") }
      return .violated(
        Violation(
          "\(domain.key) runs on a real-time kernel without real-time priority", severity: .info,
          evidence: [definition.evidence("cputune/vcpusched", nil, "fifo, priority 1")],
          remedy: .advice("<vcpusched vcpus='…' scheduler='fifo' priority='1'/>, never by itself")))
    }
  }

  /// Whether a kernel's release names the real-time patch: `-rt-`, `.rt7.`, `-realtime`; not `-virt`.
  private static func isRealTime(_ release: String) -> Bool {
    release.split { !($0.isLetter || $0.isNumber) }.contains { word in
      word == "realtime" || word.hasPrefix("rt") && word.dropFirst(2).allSatisfy(\.isNumber)
    }
  }

  private static let fifo = "<vcpusched vcpus='0-1' scheduler='fifo' priority='1'/>"

  private static func realTime(_ kernel: String, _ isolated: String) -> Snapshot {
    Snapshot.exampleHost().with("/proc/sys/kernel/osrelease", kernel + "\n")
      .with("/sys/devices/system/cpu/isolated", isolated + "\n")
  }

  static let examples: [Example] = [
    Example(
      "on isolated CPUs",
      Snapshot.exampleHost().with("/sys/devices/system/cpu/isolated", "1-2\n").with(
        domain: PinnedExample.xml([1, 2], more: fifo)), .satisfied),
    Example("none", Snapshot.exampleHost().with(domain: DomainXML.example()), .notApplicable),
    Example(
      "on shared CPUs",
      Snapshot.exampleHost().with(domain: PinnedExample.xml([1, 2], more: fifo)),
      .violated(.critical)),
    Example(
      "nobody knows which are isolated",
      Snapshot.exampleHost().withUnreadable("/sys/devices/system/cpu/isolated").with(
        domain: PinnedExample.xml([1, 2], more: fifo)), .unknown),
    Example(
      "nobody knows the host", .example(domains: PinnedExample.xml([1, 2], more: fifo)), .unknown),
    Example(
      "batch is no real-time class",
      Snapshot.exampleHost().with(
        domain: PinnedExample.xml([1, 2], more: "<vcpusched vcpus='0' scheduler='batch'/>")),
      .notApplicable),
    Example(
      "one of its CPUs is shared",
      Snapshot.exampleHost().with("/sys/devices/system/cpu/isolated", "1\n").with(
        domain: PinnedExample.xml([1, 2], more: fifo)), .violated(.critical)),
    Example(
      "not pinned",
      Snapshot.exampleHost().with("/sys/devices/system/cpu/isolated", "1-2\n").with(
        domain: DomainXML.example(vcpus: 2, extra: "<cputune>\(fifo)</cputune>")),
      .violated(.critical)),
    Example(
      "a real-time kernel, own isolated CPUs",
      realTime("6.1.0-18-rt-amd64", "1-2").with(domain: PinnedExample.xml([1, 2])), under: .latency,
      .violated(.info)),
    Example(
      "the same under another profile",
      realTime("6.1.0-18-rt-amd64", "1-2").with(domain: PinnedExample.xml([1, 2])), .notApplicable),
    Example(
      "its CPUs are not isolated",
      realTime("6.1.0-18-rt-amd64", "3").with(domain: PinnedExample.xml([1, 2])), under: .latency,
      .notApplicable),
    Example(
      "a kernel called virt is no real-time kernel",
      realTime("6.6.8-0-virt", "1-2").with(domain: PinnedExample.xml([1, 2])), under: .latency,
      .notApplicable),
  ]
}
