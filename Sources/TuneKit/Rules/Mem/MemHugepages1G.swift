/// Very large guests miss even the TLB of 2 MiB pages.
struct MemHugepages1G: Rule {
  static let about = RuleInfo(
    id: "mem.hugepages-1g",
    title: "Very large guests are backed by pages of 1 GiB",
    severity: Severities(.off, [.hpc: .info, .latency: .info, .network: .info]),
    rationale: "One entry of the TLB then covers 1 GiB instead of 2 MiB.",
    cost: "Such pages fragment away quickly: reserve them at boot (hugepagesz=1G hugepages=N).",
    notWhen: "Below 16 GiB; memory, or a guest cell, that is no multiple of 1 GiB; a processor "
      + "without pdpe1gb; the iTLB multihit mitigation, which splits them.",
    sources: [.article("§13.2"), .link("https://libvirt.org/kbase/kvm-realtime.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { judge($0, context) }
  }

  private static func judge(_ domain: Domain, _ context: Context) -> Verdict {
    let memory = domain.definition.memory
    guard domain.definition.wantsHugePages else {
      return .notApplicable("no huge pages are asked for")
    }
    guard let total = memory.totalKiB else { return .unknown("memory: the definition states none") }
    guard total >= 16 << 20 else { return .notApplicable("the guest has less than 16 GiB") }
    let parts = [total] + (domain.definition.cpu?.cells ?? []).compactMap(\.memoryKiB)
    guard parts.allSatisfy({ $0 % (1 << 20) == 0 }) else {
      return .notApplicable("its memory or a guest cell is no multiple of 1 GiB")
    }
    let size = memory.pages.first?.sizeKiB ?? context.facts.memory.defaultPageKiB.value
    guard let size else { return .unknown(context.facts.memory.defaultPageKiB.unknownReason) }
    let evidence = [
      domain.definition.evidence("memoryBacking/hugepages/page/@size", "\(size) KiB", "1 GiB")
    ]
    guard size < 1 << 20 else { return .satisfied(evidence) }
    let flags = context.facts.processor.flags
    guard let names = flags.value else { return .unknown(flags.unknownReason) }
    guard names.contains("pdpe1gb") else {
      return .notApplicable("the processor has no pages of 1 GiB")
    }
    let splits = context.facts.snapshot.text("/sys/module/kvm/parameters/nx_huge_pages").value
    if splits == "Y" || splits == "1" || splits == "force" {
      return .notApplicable("nx_huge_pages splits large pages on this processor")
    }
    return .violated(
      Violation(
        "\(domain.key) has \(total >> 20) GiB in pages of \(size >> 10) MiB", evidence: evidence,
        remedy: .advice(
          "reserve pages of 1 GiB at boot (hugepagesz=1G hugepages=N), then ask for them in "
            + "memoryBacking")))
  }

  private static func guest(_ page: String, memoryMiB: Int = 32_768) -> Snapshot {
    Snapshot.exampleHost().with("/sys/module/kvm/parameters/nx_huge_pages", "N\n").with(
      domain: DomainXML.example(
        memoryMiB: memoryMiB, extra: "<memoryBacking><hugepages>\(page)</hugepages></memoryBacking>"
      ))
  }

  static let examples: [Example] = [
    Example("pages of 1 GiB", guest("<page size='1' unit='GiB'/>"), under: .hpc, .satisfied),
    Example("a small guest", guest("", memoryMiB: 8192), under: .hpc, .notApplicable),
    Example(
      "not a multiple of 1 GiB", guest("<page size='2' unit='MiB'/>", memoryMiB: 20_000),
      under: .hpc, .notApplicable),
    Example(
      "the mitigation splits them",
      guest("").with("/sys/module/kvm/parameters/nx_huge_pages", "Y\n"), under: .hpc,
      .notApplicable),
    Example("pages of 2 MiB", guest("<page size='2' unit='MiB'/>"), under: .hpc, .violated(.info)),
    Example(
      "ordinary pages", .exampleHost().with(domain: DomainXML.example(memoryMiB: 131_072)),
      under: .hpc, .notApplicable),
    Example(
      "a processor without them",
      Snapshot.exampleHost().with("/proc/cpuinfo", "processor\t: 0\nflags\t: vmx pse\n").with(
        domain: DomainXML.example(
          memoryMiB: 131_072, extra: "<memoryBacking><hugepages/></memoryBacking>")), under: .hpc,
      .notApplicable),
  ]
}
