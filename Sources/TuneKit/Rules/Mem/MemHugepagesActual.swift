/// What the definition asks for and what the guest got may differ.
struct MemHugepagesActual: Rule {
  static let about = RuleInfo(
    id: "mem.hugepages-actual",
    title: "A running guest that asked for huge pages has them",
    severity: Severities(.warning),
    rationale: "A guest that was started before the change, or on a host without pages, runs in "
      + "4 KiB pages whatever its definition says.",
    cost: "None; the guest must be restarted.",
    notWhen: "The guest does not run, or asks for no huge pages.",
    sources: [
      .text("rules.md annex h 3"), .link("https://docs.kernel.org/filesystems/proc.html"),
    ])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { judge($0, context.facts) }
  }

  private static func judge(_ domain: Domain, _ facts: Facts) -> Verdict {
    guard domain.isRunning else { return .notApplicable("the guest does not run") }
    guard let live = domain.live else { return .unknown("its live definition was not read") }
    guard live.wantsHugePages else { return .notApplicable("it asked for no huge pages") }
    guard let pid = domain.pid, let process = facts.processes[pid] else {
      return .unknown("which process is the guest's")
    }
    guard let bySize = process.memoryByPageSize.value else {
      return .unknown(process.memoryByPageSize.unknownReason)
    }
    guard let wanted = live.memory.totalKiB else { return .unknown("memory: none is stated") }
    let huge = bySize.filter { $0.key > 64 }.reduce(0) {
      $0.addingReportingOverflow($1.value).partialValue
    }
    let evidence = [
      Evidence(
        process.memoryByPageSize.source, observed: "\(huge >> 10) MiB in huge pages",
        expected: "up to \(wanted >> 10) MiB")
    ]
    // Pages that nobody touched are not there yet: only memory in small pages proves anything.
    let small = bySize.filter { $0.key <= 64 }.reduce(0) {
      $0.addingReportingOverflow($1.value).partialValue
    }
    guard huge < wanted / 2, small > wanted / 4 else { return .satisfied(evidence) }
    return .violated(
      Violation(
        "\(domain.key) asked for huge pages but \(small >> 10) MiB of it lie in small ones",
        evidence: evidence,
        remedy: Remedy(.nextGuestStart, "restart the guest while the pool has free pages")))
  }

  private static let xml = DomainXML.example(
    memoryMiB: 1024, extra: "<memoryBacking><hugepages/></memoryBacking>")

  private static func host(_ map: String) -> Snapshot {
    Snapshot.exampleHost().with(running: xml, pid: 4242).with("/proc/4242/numa_maps", map)
  }

  static let examples: [Example] = [
    Example(
      "in huge pages",
      host(
        "7f00 bind:1 file=/dev/hugepages/g huge anon=512 dirty=512 N1=512 kernelpagesize_kB=2048\n"),
      .satisfied),
    Example(
      "not running", Snapshot.exampleHost().with(domain: xml), .notApplicable),
    Example(
      "a guest that asked for none",
      Snapshot.exampleHost().with(running: DomainXML.example(), pid: 4242), .notApplicable),
    Example(
      "in small pages",
      host("7f00 default anon=262144 dirty=262144 N0=262144 kernelpagesize_kB=4\n"),
      .violated(.warning)),
    Example(
      "its process is not known",
      .exampleHost().with(
        running: DomainXML.example(extra: "<memoryBacking><hugepages/></memoryBacking>")), .unknown),
  ]
}
