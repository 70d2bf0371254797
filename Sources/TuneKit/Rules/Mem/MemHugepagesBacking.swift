/// A large guest in 4 KiB pages misses the TLB all the time.
struct MemHugepagesBacking: Rule {
  static let about = RuleInfo(
    id: "mem.hugepages-backing",
    title: "Large guests are backed by huge pages",
    severity: Severities(
      .off,
      [
        .general: .info, .db: .warning, .latency: .warning, .hpc: .warning, .network: .critical,
        .desktop: .off, .migratable: .off,
      ]),
    rationale: "1 GiB is 262,144 pages of 4 KiB and 512 of 2 MiB; databases and Java gain 5 to "
      + "15 % from fewer TLB misses.",
    cost: "The memory is reserved: not reclaimed, not swapped, not overcommitted.",
    notWhen: "Small guests (below 2 GiB; db and latency 1 GiB; general 32 GiB); migratable and "
      + "desktop hosts; a balloon in use; pages shared by KSM; no node with room for the pages.",
    sources: [
      .article("§6.2"), .article("§6.4"), .link("https://libvirt.org/formatdomain.html"),
    ])

  static func evaluate(_ context: Context) -> [Judgement] {
    var plan = HugePagePlan(context.facts)
    var wishes: [(domain: Domain, demands: [HugePageDemand])] = []
    var judgements: [Judgement] = []
    for domain in context.facts.domains {
      if let verdict = settled(domain, context) {
        judgements.append(Judgement(domain.subject, verdict))
        continue
      }
      let demands = demands(domain, context)
      guard context.facts.noHostReason == nil else {
        wishes.append((domain, demands))
        continue
      }
      if let missing = missingFact(context.facts) {
        judgements.append(Judgement(domain.subject, .unknown(missing)))
      } else if demands.allSatisfy(plan.hasRoom(for:)) {
        demands.forEach { plan.add($0) }
        wishes.append((domain, demands))
      } else {
        judgements.append(
          Judgement(domain.subject, .notApplicable("no node has room for its huge pages")))
      }
    }
    for wish in wishes {
      judgements.append(
        Judgement(wish.domain.subject, violation(wish.domain, wish.demands, plan, context)))
    }
    return judgements
  }

  private static func missingFact(_ facts: Facts) -> String? {
    guard let node = facts.topology.fullNodes.first else {
      return "/sys/devices/system/node: the memory of the nodes"
    }
    return node.memoryKiB == nil
      ? "/sys/devices/system/node/node\(node.id)/meminfo: its MemTotal" : nil
  }

  /// The answer where it needs no look at the pools.
  private static func settled(_ domain: Domain, _ context: Context) -> Verdict? {
    let memory = domain.definition.memory
    if let node = memory.hugepages, domain.definition.wantsHugePages {
      return .satisfied([node.evidence("", "present")])
    }
    let family = context.family(of: domain)
    guard family != .migratable, family != .desktop else {
      return .notApplicable("the profile keeps memory movable and dense")
    }
    guard let total = memory.totalKiB else {
      return .unknown("memory: the definition states none")
    }
    let least = least(family, context.profile(of: domain))
    guard total >= least else {
      return .notApplicable("the guest has less than \(least >> 20) GiB")
    }
    if domain.definition.hasInflatedBalloon { return .notApplicable("the balloon is in use") }
    let ksm = "/sys/kernel/mm/ksm/"
    if context.facts.snapshot.integer(ksm + "run").value == 1,
      (context.facts.snapshot.integer(ksm + "pages_sharing").value ?? 0) > 0
    {
      return .notApplicable("KSM shares pages of guests; huge pages are not shared")
    }
    return nil
  }

  /// The smallest guest the rule speaks of, KiB; a parameter of the profile wins.
  private static func least(_ family: ProfileFamily, _ profile: EffectiveProfile) -> Int {
    if let mib = profile.number(about.id, "fromMiB"), mib >= 0, mib < 1e12 {
      return Int(mib) << 10
    }
    return switch family {
    case .db, .latency: 1 << 20
    case .general, .secure: 32 << 20
    default: 2 << 20
    }
  }

  private static func demands(_ domain: Domain, _ context: Context) -> [HugePageDemand] {
    let size = pageSize(domain, context)
    let definition = domain.definition
    let cells = definition.cpu?.cells ?? []
    let total = definition.memory.totalKiB ?? 0
    guard !cells.isEmpty else {
      return [
        HugePageDemand(
          sizeKiB: size, pages: (total - 1) / size + 1, node: definition.boundNode(ofCell: 0))
      ]
    }
    return cells.compactMap { cell in
      guard let kib = cell.memoryKiB, kib > 0 else { return nil }
      return HugePageDemand(
        sizeKiB: size, pages: (kib - 1) / size + 1, node: definition.boundNode(ofCell: cell.id))
    }
  }

  /// 1 GiB pages for large guests where the processor has them and the memory divides, else 2 MiB
  /// or what the host has.
  private static func pageSize(_ domain: Domain, _ context: Context) -> Int {
    let gib = 1 << 20
    let parts =
      (domain.definition.cpu?.cells ?? []).compactMap(\.memoryKiB)
      + [domain.definition.memory.totalKiB ?? 0]
    let total = domain.definition.memory.totalKiB ?? 0
    let from: Int =
      switch context.family(of: domain) {
      case .latency, .hpc, .network: 16 * gib
      case .db: 64 * gib
      default: .max
      }
    let hasGiant = context.facts.processor.flags.value?.contains("pdpe1gb") == true
    if total >= from, hasGiant, parts.allSatisfy({ $0 % gib == 0 }) { return gib }
    return context.facts.memory.defaultPageKiB.value.flatMap { $0 < gib ? $0 : nil } ?? 2048
  }

  private static func violation(
    _ domain: Domain, _ demands: [HugePageDemand], _ plan: HugePagePlan, _ context: Context
  ) -> Verdict {
    let size = demands.first?.sizeKiB ?? 2048
    let growth = plan.growth(sizeKiB: size)
    let isShared = domain.definition.devices.interfaces.contains { $0.type == "vhostuser" }
    let page = XMLPath([
      .init("memoryBacking"), .init("hugepages"),
      .init("page", attributes: [.init("size", "\(size)"), .init("unit", "KiB")]),
    ])
    var edits: [XMLEdit] = domain.definition.memory.pages.map { .remove($0.node.path) }
    edits.append(.ensure(page))
    if isShared {
      edits.append(.setAttribute("memoryBacking/access", name: "mode", value: "shared"))
    }
    let edit = Remedy.edit(domain, "back the guest with huge pages", edits)
    let what = size >= 1 << 20 ? "\(size >> 20) GiB" : "\(size >> 10) MiB"
    let thp = context.facts.processes[domain.pid ?? -1]?.transparentHugeKiB.value ?? 0
    let total = domain.definition.memory.totalKiB ?? 0
    let isMostlyHuge = total > 0 && thp / 9 >= total / 10
    return .violated(
      Violation(
        "\(domain.key) has \(total >> 20) GiB in ordinary pages",
        severity: isMostlyHuge ? .info : nil,
        evidence: [domain.definition.evidence("memoryBacking/hugepages", nil, "\(what) pages")],
        remedy: edit.changes.isEmpty
          ? edit
          : .reserve(
            growth, sizeKiB: size, then: edit.changes,
            "reserve \(what) pages, then back the guest with them", effect: .nextGuestStart)))
  }

  private static func host(
    _ memoryMiB: Int, extra: String = "", nodes: Int = 2, pages: (total: Int, free: Int) = (0, 0)
  ) -> Snapshot {
    Snapshot.exampleHost(nodes: nodes, pages2M: pages)
      .with(domain: DomainXML.example(memoryMiB: memoryMiB, extra: extra))
  }

  static let examples: [Example] = [
    Example(
      "backed by huge pages",
      host(16_384, extra: "<memoryBacking><hugepages/></memoryBacking>"), under: .db, .satisfied),
    Example("a small guest", host(512), under: .db, .notApplicable),
    Example("a mixed host leaves guests below 32 GiB alone", host(16_384), .notApplicable),
    Example("guests that move", host(65_536), under: .migratable, .notApplicable),
    Example(
      "a balloon in use",
      host(16_384, extra: "<currentMemory unit='MiB'>8192</currentMemory>"), under: .db,
      .notApplicable),
    Example("no node has the room", host(1_000_000), under: .db, .notApplicable),
    Example(
      "pages of 4 KiB are ordinary ones",
      host(
        16_384,
        extra: "<memoryBacking><hugepages><page size='4' unit='KiB'/></hugepages></memoryBacking>"),
      under: .db, .violated(.warning)),
    Example("a database in ordinary pages", host(16_384), under: .db, .violated(.warning)),
    Example(
      "pages are there and nobody uses them", host(8192, pages: (8192, 8192)), under: .network,
      .violated(.critical)),
    Example("a large guest of a mixed host", host(40_960), .violated(.info)),
  ]
}
