/// What the definition says is not always where the threads may run.
struct AffinityActual: Rule {
  static let about = RuleInfo(
    id: "cpu.affinity-actual",
    title: "A running guest's threads may run only where its definition says",
    severity: Severities(
      .warning, [.latency: .critical, .hpc: .critical, .network: .critical]),
    rationale: "taskset, a balancing agent or a changed cgroup moves threads behind libvirt's "
      + "back; pins on paper protect nobody.",
    cost: "The threads move.",
    notWhen: "Guests without pins or not running; helper threads made after a live change; a "
      + "narrower set than declared.",
    sources: [.text("sched_setaffinity(2)"), .article("§6.1")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { domain in
      guard domain.isRunning else { return .notApplicable("not running") }
      let definition = domain.current
      let hasPins =
        !definition.cputune.vcpuPins.isEmpty || definition.cputune.cpuset != nil
        || definition.cputune.emulatorPin != nil || !definition.cputune.iothreadPins.isEmpty
      guard hasPins else { return .notApplicable("no pins") }
      if let no = context.hostMissing { return no }
      guard let process = context.facts.process(of: domain) else {
        return .unknown("its process is not known")
      }
      let verdict = process.threads.orUnknown { judge(domain, definition, $0, process.pid) }
      // Threads of a captured host can't be moved, nor those whose definition nobody keeps.
      guard context.facts.snapshot.origin == .live, !domain.isTransient,
        case .violated(let violation) = verdict, let threads = process.threads.value
      else { return verdict }
      return .violated(moving(violation, domain, calls(definition, threads)))
    }
  }

  /// The violation with calls that pin the threads again.
  private static func moving(
    _ violation: Violation, _ domain: Domain, _ calls: [LiveCall]
  ) -> Violation {
    Violation(
      violation.message, severity: violation.severity, evidence: violation.evidence,
      remedy: Remedy(
        .live, violation.remedy.summary,
        changes: [.domain(DomainChange(domain: domain.key, edits: [], live: calls))]),
      cause: violation.cause)
  }

  private static func calls(
    _ definition: DomainDefinition, _ threads: [GuestProcess.Thread]
  ) -> [LiveCall] {
    threads.compactMap { thread in
      guard let wanted = definition.pin(of: thread.role)?.cpus, let actual = thread.cpus.value,
        !actual.isSubset(of: wanted)
      else { return nil }
      switch thread.role {
      case .vcpu(let id): return .pinVCPU(id, wanted)
      case .iothread(let id): return .pinIOThread(id, wanted)
      case .emulator: return .pinEmulator(wanted)
      case .helper: return nil
      }
    }
  }

  private static func judge(
    _ domain: Domain, _ definition: DomainDefinition, _ threads: [GuestProcess.Thread], _ pid: Int
  ) -> Verdict {
    var evidence: [Evidence] = []
    var wrong: [String] = []
    var unread: String?
    for thread in threads {
      guard let wanted = definition.pin(of: thread.role)?.cpus else { continue }
      let what =
        switch thread.role {
        case .vcpu(let id): "vCPU \(id)"
        case .iothread(let id): "IOThread \(id)"
        default: "the emulator"
        }
      guard let actual = thread.cpus.value else {
        unread = thread.cpus.unknownReason
        continue
      }
      guard !actual.isSubset(of: wanted) else { continue }
      wrong.append(what)
      evidence.append(
        Evidence(
          "/proc/\(pid)/task/\(thread.tid)/status", observed: actual.description,
          expected: wanted.description))
    }
    if let first = wrong.first {
      return .violated(
        Violation(
          "\(domain.key): \(first)\(wrong.count > 1 ? " and \(wrong.count - 1) more threads" : "") "
            + "may run elsewhere than pinned", evidence: evidence,
          remedy: Remedy(.live, "pin again: virsh vcpupin, emulatorpin, iothreadpin --live")))
    }
    if let unread { return .unknown(unread) }
    guard threads.contains(where: { if case .vcpu = $0.role { true } else { false } }) else {
      return .unknown("/proc/\(pid)/task: no vCPU thread among its threads")
    }
    return .satisfied([Evidence("/proc/\(pid)/task", observed: "as pinned")])
  }

  private static func host(_ cpus: String, name: String = "CPU 0/KVM") -> Snapshot {
    Snapshot.exampleHost().with(running: PinnedExample.xml([1]), pid: 4242)
      .with("/proc/4242/task/4242/comm", "qemu-system-x86\n")
      .with("/proc/4242/task/4242/status", "Cpus_allowed_list:\t0-15\n")
      .with("/proc/4242/task/4250/comm", name + "\n")
      .with("/proc/4242/task/4250/status", "Cpus_allowed_list:\t\(cpus)\n")
      .with("/proc/4242/task/4251/comm", "call_rcu\n")
      .with("/proc/4242/task/4251/status", "Cpus_allowed_list:\t0-15\n")
  }

  static let examples: [Example] = [
    Example("as pinned; helpers don't count", host("1"), .satisfied),
    Example(
      "not running", Snapshot.exampleHost().with(domain: PinnedExample.xml([1])), .notApplicable),
    Example(
      "nobody may look", host("1").withUnreadable("/proc/4242/task/4250/status"), .unknown),
    Example("the vCPU may run anywhere", host("0-15"), .violated(.warning)),
    Example("the vCPU was moved", host("3"), under: .latency, .violated(.critical)),
    Example("no pins", Snapshot.exampleHost().with(running: DomainXML.example()), .notApplicable),
    Example(
      "its process is not known", Snapshot.exampleHost().with(running: PinnedExample.xml([1])),
      .unknown),
    Example("no vCPU thread among its threads", host("1", name: "worker"), .unknown),
    Example(
      "nobody knows the host", Snapshot().with(running: PinnedExample.xml([1]), pid: 4242), .unknown
    ),
  ]
}

extension DomainDefinition {
  /// Where a thread of the guest's process may run, as declared; nil for helpers and for vCPUs
  /// that are not defined.
  func pin(of role: GuestProcess.Role) -> DomainPin? {
    switch role {
    case .vcpu(let id): id < vcpus ? pin(ofVCPU: id) : nil
    case .iothread(let id): pin(ofIOThread: id)
    case .emulator: emulatorPin
    case .helper: nil
    }
  }
}
