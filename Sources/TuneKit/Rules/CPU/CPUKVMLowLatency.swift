/// KVM's parameters for guests with CPUs of their own.
struct CPUKVMLowLatency: Rule {
  static let about = RuleInfo(
    id: "cpu.kvm-lowlat-params", title: "KVM leaves guests with CPUs of their own in peace",
    severity: Severities(.off, [.latency: .info]),
    rationale: "A periodic update of the guests' clocks interrupts every vCPU; detection of pause "
      + "loops throws out a vCPU that spins, which only helps where CPUs are shared.",
    cost: "ple_gap=0 hurts hosts that share CPUs: a vCPU spins while the holder of the lock waits.",
    notWhen: "The parameter is not there; guests share CPUs (pause loops are left alone); the "
      + "processor needs nx_huge_pages.",
    sources: [
      .text("TuneD setup_kvm_mod_low_latency"),
      .link("https://docs.kernel.org/admin-guide/hw-vuln/multihit.html"),
    ])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context) }
  }

  private static func verdict(_ context: Context) -> Verdict {
    let snapshot = context.facts.snapshot
    let present = items(context).filter { !snapshot.isAbsent($0.path) }
    guard !present.isEmpty else { return .notApplicable("KVM has none of these parameters here") }
    var evidence: [Evidence] = []
    var wrong: [KnobItem] = []
    var unread: [String] = []
    for item in present {
      let reading = item.reading(snapshot)
      guard let value = reading.value else {
        unread.append(reading.unknownReason)
        continue
      }
      let wanted = item.target.written
      evidence.append(Evidence(item.path, observed: value, expected: wanted))
      let next = context.facts.nextBoot.value(of: item.path).map { KnobValue.normal($0.value) }
      if value != wanted, next != wanted { wrong.append(item) }
    }
    guard !wrong.isEmpty else {
      return unread.first.map { .unknown($0) } ?? .satisfied(evidence)
    }
    let names = wrong.map { "\($0.name)=\($0.target.written)" }.joined(separator: ", ")
    return .violated(
      Violation(
        "KVM disturbs guests that have CPUs of their own: \(names) is not set",
        evidence: evidence.filter { line in wrong.contains { $0.path == line.source } },
        remedy: Remedy(
          .nextHostBoot, "load KVM with \(names); without guests, at once by modprobe",
          persistence: "modprobe.d",
          changes: wrong.compactMap { $0.persistence.map { .persist($0) } })))
  }

  private static func items(_ context: Context) -> [KnobItem] {
    var items = [KnobItem.module("kvm", "kvmclock_periodic_sync", .equal("0"))]
    let guests = context.facts.domains.filter { $0.runs != false }
    if !guests.isEmpty, guests.allSatisfy(\.current.isPinned) {
      items.append(.module("kvm_intel", "ple_gap", .equal("0")))
    }
    if context.facts.processor.vulnerability("itlb_multihit")?.state == .notAffected {
      items.append(.module("kvm", "nx_huge_pages", .equal("0")))
    }
    return items
  }

  private static let sync = "/sys/module/kvm/parameters/kvmclock_periodic_sync"
  private static let gap = "/sys/module/kvm_intel/parameters/ple_gap"
  private static let quiet = Snapshot.exampleHost().with(sync, "N\n")

  static let examples = [
    Example("set", quiet, under: .latency, .satisfied),
    Example(
      "set, all guests pinned",
      quiet.with(gap, "0\n").withDomain(CPUIsolation.guest, running: true), under: .latency,
      .satisfied),
    Example(
      "guests share CPUs", quiet.withDomain(DomainXML.example(), running: true), under: .latency,
      .satisfied),
    Example(
      "waits for a boot",
      .exampleHost().with(
        "/etc/modprobe.d/60-tuned-vm.conf", "options kvm kvmclock_periodic_sync=N\n"),
      under: .latency, .satisfied),
    Example(
      "not there", .exampleHost().without(sync), under: .latency, .notApplicable),
    Example(
      "nx_huge_pages that the processor needs",
      quiet.with("/sys/module/kvm/parameters/nx_huge_pages", "Y\n"), under: .latency, .satisfied),
    Example("the kernel's defaults", .exampleHost(), under: .latency, .violated(.info)),
    Example(
      "pause loops of a pinned guest", quiet.withDomain(CPUIsolation.guest, running: true),
      under: .latency, .violated(.info)),
    Example(
      "nx_huge_pages for nothing",
      quiet.with("/sys/module/kvm/parameters/nx_huge_pages", "Y\n")
        .with(Mitigations.directory + "itlb_multihit", "Not affected\n"), under: .latency,
      .violated(.info)),
    Example("unreadable", .exampleHost().withUnreadable(sync), under: .latency, .unknown),
  ]
}
