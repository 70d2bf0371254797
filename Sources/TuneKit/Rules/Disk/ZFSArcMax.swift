/// The cache of ZFS against the memory of the guests.
struct ZFSArcMax: Rule {
  static let about = RuleInfo(
    id: "zfs.arc-max", title: "The ZFS cache leaves guests the memory they were promised",
    severity: Severities(.warning),
    rationale: "By default the ARC may take half of the memory or more, and gives it back too "
      + "slowly for a guest that starts.",
    cost: "Fewer reads from the cache.",
    notWhen: "ZFS isn't loaded.",
    sources: [.article("§4.2"), .link("https://openzfs.github.io/openzfs-docs/")])

  private static let statistics = "/proc/spl/kstat/zfs/arcstats"

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context) }
  }

  private static func verdict(_ context: Context) -> Verdict {
    let facts = context.facts
    let text = facts.snapshot.raw(statistics)
    guard facts.snapshot.files[statistics] != nil else {
      return facts.modules.isPresent("zfs") == true
        ? .missing(text) : .notApplicable("ZFS is not loaded")
    }
    guard let lines = text.value?.lines else { return .missing(text) }
    let row = lines.first { $0.words.first == "c_max" }
    guard let bytes = row?.words.last.flatMap({ Int($0) }), bytes >= 0 else {
      return .unknown("\(statistics): has no c_max")
    }
    guard let total = facts.memory.totalKiB.value else { return .missing(facts.memory.totalKiB) }
    var guests = 0
    for domain in facts.runningDomains {
      guard let memory = domain.current.memory.totalKiB, memory < 1 << 50 else {
        return .unknown("\(domain.key.printable): its memory is not stated")
      }
      guests += memory
    }
    let reserve = max(2 << 20, total / 20)
    let room = max(0, total - reserve - guests)
    let evidence = Evidence(
      statistics + " c_max", observed: "\(bytes >> 20) MiB", expected: "at most \(room >> 10) MiB")
    guard bytes >> 10 > room else { return .satisfied([evidence]) }
    return .violated(
      Violation(
        "the ZFS cache may take \(bytes >> 20) MiB where guests leave \(room >> 10) MiB",
        evidence: [evidence],
        remedy: .advice(
          "write \(room << 10) to /sys/module/zfs/parameters/zfs_arc_max, and options zfs "
            + "zfs_arc_max= to modprobe.d; about 1 GB for each TB of pool")))
  }

  private static func host(_ gib: Int) -> Snapshot {
    Snapshot.exampleHost(nodes: 1, memoryMiBPerNode: 32_768)
      .with(statistics, "13 1 0x01 96\nname type data\nc_max 4 \(gib << 30)\n")
      .with(running: DomainXML.example(memoryMiB: 16_384))
  }

  static let examples = [
    Example("limited", host(8), .satisfied),
    Example("no ZFS", .exampleHost(), .notApplicable),
    Example("half of the memory", host(16), .violated(.warning)),
    Example("unreadable", host(8).withUnreadable(statistics), .unknown),
    Example(
      "no limit in the list", host(8).with(statistics, "13 1 0x01 96\nname type data\nc 4 1\n"),
      .unknown),
    Example(
      "a guest without stated memory",
      host(8).with(
        running: DomainXML.example(name: "b").replacing(
          "<memory unit='MiB'>4096</memory>", with: "")), .unknown),
    Example("the host's memory is unreadable", host(8).withUnreadable("/proc/meminfo"), .unknown),
  ]
}
