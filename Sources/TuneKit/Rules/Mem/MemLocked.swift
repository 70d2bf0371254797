/// Memory that may be swapped has response times of a disk.
struct MemLocked: Rule {
  static let about = RuleInfo(
    id: "mem.locked",
    title: "Locked memory has a limit, and latency guests are locked",
    severity: Severities(.off, [.latency: .info]),
    rationale: "Locked memory is never swapped or moved. Without a hard limit QEMU may lock all of "
      + "the host.",
    cost: "The guest's memory and QEMU's own can't be reclaimed.",
    notWhen: "Huge pages, which are never swapped.",
    sources: [
      .link("https://libvirt.org/formatdomain.html"),
      .link("https://libvirt.org/kbase/kvm-realtime.html"),
    ])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { judge($0, context) }
  }

  private static func judge(_ domain: Domain, _ context: Context) -> Verdict {
    let definition = domain.definition
    let memory = definition.memory
    if definition.wantsHugePages { return .notApplicable("huge pages are never swapped") }
    if memory.isLocked {
      let limit = memory.hardLimitKiB
      let evidence = [
        definition.evidence("memtune/hard_limit", limit.map { "\($0) KiB" }, "a limit")
      ]
      guard limit == nil else { return .satisfied(evidence) }
      return .violated(
        Violation(
          "\(domain.key) locks its memory without a limit", severity: .warning,
          evidence: evidence,
          remedy: .advice(
            "set memtune/hard_limit to the guest's memory plus what QEMU needs, or use huge pages"))
      )
    }
    guard context.family(of: domain) == .latency else {
      return .notApplicable("the profile locks no memory")
    }
    return .violated(
      Violation(
        "\(domain.key) may be swapped out",
        evidence: [definition.evidence("memoryBacking/locked", nil, "locked")],
        remedy: .advice("back the guest with huge pages, or lock its memory with a hard limit")))
  }

  static let examples: [Example] = [
    Example(
      "locked within a limit",
      .example(
        domains: DomainXML.example(
          extra: "<memtune><hard_limit unit='GiB'>6</hard_limit></memtune>"
            + "<memoryBacking><locked/></memoryBacking>")), under: .latency, .satisfied),
    Example(
      "huge pages are never swapped",
      .example(
        domains: DomainXML.example(extra: "<memoryBacking><hugepages/></memoryBacking>")),
      under: .latency, .notApplicable),
    Example(
      "huge pages that are locked as well",
      .example(
        domains: DomainXML.example(
          extra: "<memoryBacking><hugepages/><locked/></memoryBacking>")), .notApplicable),
    Example(
      "locked without a limit",
      .example(domains: DomainXML.example(extra: "<memoryBacking><locked/></memoryBacking>")),
      .violated(.warning)),
    Example(
      "a latency guest that may be swapped", .example(domains: DomainXML.example()),
      under: .latency, .violated(.info)),
  ]
}
