// Rows about memory: huge pages by themselves, merging, swap, write-back, asynchronous I/O.

extension SettingTable {
  static let memTHP = SettingRow(
    about: RuleInfo(
      id: "mem.thp", title: "Transparent huge pages suit the host's purpose",
      severity: Severities(.info, [.general: .info, .latency: .warning, .db: .warning]),
      rationale: "Guest memory in 2 MiB pages saves address translation; QEMU asks for it by "
        + "madvise, so the kernel need not force it on every process, where it costs memory and "
        + "compaction stalls.",
      cost: "Processes that do not ask lose the larger pages under madvise.",
      notWhen: "All guest memory is explicit huge pages: it has no effect there.",
      sources: [
        .article("§6.2"), .link("https://docs.kernel.org/admin-guide/mm/transhuge.html"),
        .text("TuneD network-latency, hpc-compute"),
      ]),
    knobs: ["thp.enabled"],
    wish: { context in
      guard let wanted = context.wanted("thp.enabled") else {
        return leftAlone(context, "thp.enabled")
      }
      let path = "/sys/kernel/mm/transparent_hugepage/enabled"
      if context.facts.snapshot.isAbsent(path) {
        return .none(.notApplicable("this kernel has no transparent huge pages"))
      }
      let domains = context.facts.domains
      if !domains.isEmpty, domains.allSatisfy(\.definition.wantsHugePages) {
        return .none(.notApplicable("all guest memory is explicit huge pages"))
      }
      let values =
        wanted.isShipped ? transparentPages(context.profile.family) : [wanted.value.text]
      return .values(
        [
          .file(
            "transparent_hugepage/enabled", path, .oneOf(values),
            known: ["always", "madvise", "never", "inherit"])
        ],
        KnobJudge.Wording(
          because: values.contains("madvise")
            ? "madvise gives large pages to guests and leaves other processes alone"
            : "the profile wants \(values.joined(separator: " or "))"))
    },
    examples: [
      Example("madvise is enough for QEMU", .exampleHost(), .satisfied),
      Example(
        "always is in the set of mixed hosts",
        .exampleHost().with(thp, "[always] madvise never\n"), .satisfied),
      Example(
        "a kernel without them", .exampleHost().without("/sys/kernel/mm/transparent_hugepage"),
        .notApplicable),
      Example(
        "always stalls a host of low latency",
        .exampleHost().with(thp, "[always] madvise never\n"), under: .latency,
        .violated(.warning)),
      Example(
        "never starves guests", .exampleHost().with(thp, "always madvise [never]\n"),
        .violated(.info)),
      Example(
        "never is right where packets are moved",
        .exampleHost().with(thp, "always madvise [never]\n"), under: .network, .satisfied),
      Example("unreadable", .exampleHost().withUnreadable(thp), .unknown),
      Example(
        "an empty file", .exampleHost().with(thp, ""), under: .latency, .unknown),
      Example(
        "a word the kernel never gives", .exampleHost().with(thp, "garbage\n"), under: .latency,
        .unknown),
    ])

  private static let thp = "/sys/kernel/mm/transparent_hugepage/enabled"
  private static let defrag = "/sys/kernel/mm/transparent_hugepage/defrag"

  /// rules.md annex h 10: sets by family, the first is written.
  private static func transparentPages(_ family: ProfileFamily) -> [String] {
    switch family {
    case .db: ["madvise"]
    case .hpc: ["always", "madvise"]
    case .latency, .network: ["madvise", "never"]
    default: ["madvise", "always"]
    }
  }

  static let memTHPDefrag = SettingRow(
    about: RuleInfo(
      id: "mem.thp-defrag", title: "Nobody is stalled to make a huge page",
      severity: Severities(.info, [.latency: .warning, .db: .warning]),
      rationale: "With defrag=always any page fault may compact memory first, milliseconds at a "
        + "time.",
      cost: "Large pages come later, from the background.",
      notWhen: "Profiles whose guests stand a stall; a kernel without transparent huge pages.",
      sources: [.link("https://docs.kernel.org/admin-guide/mm/transhuge.html")]),
    knobs: ["thp.defrag"],
    wish: { context in
      guard let wanted = context.wanted("thp.defrag") else {
        return leftAlone(context, "thp.defrag")
      }
      if context.facts.snapshot.isAbsent(defrag) {
        return .none(.notApplicable("this kernel has no transparent huge pages"))
      }
      let calm = ["madvise", "defer+madvise", "defer", "never"]
      var values = [wanted.value.text]
      switch (wanted.isShipped, context.profile.family) {
      case (false, _): break
      case (true, .db), (true, .latency), (true, .network):
        // Old kernels don't know all words: the first that is offered is written.
        let offered = KernelText.choices(context.facts.snapshot.text(defrag).value ?? "")
        values = (values + calm.filter { $0 != wanted.value.text })
          .filter { offered.isEmpty || offered.contains($0) }
      default: return .none(.notApplicable("a stall is no harm under this profile"))
      }
      return .values(
        [
          .file(
            "transparent_hugepage/defrag", defrag, .oneOf(values),
            known: ["always", "defer", "defer+madvise", "madvise", "never"])
        ],
        KnobJudge.Wording(because: "page faults wait for compaction"))
    },
    examples: [
      Example("madvise", .exampleHost(), under: .latency, .satisfied),
      Example(
        "bulk work stands a stall",
        .exampleHost().with(defrag, "[always] defer defer+madvise madvise never\n"),
        under: .throughput, .notApplicable),
      Example(
        "defer does not stall", .exampleHost().with(defrag, "always [defer] madvise never\n"),
        under: .db, .satisfied),
      Example(
        "a database waits", .exampleHost().with(defrag, "[always] defer madvise never\n"),
        under: .db, .violated(.warning)),
      Example("unreadable", .exampleHost().withUnreadable(defrag), under: .db, .unknown),
    ])

  static let memSwappiness = SettingRow(
    about: RuleInfo(
      id: "mem.swappiness", title: "The host prefers dropping cache to swapping guests out",
      severity: Severities(.warning, [.general: .info]),
      rationale: "A guest's cold page in swap costs the guest a disk read at a moment nobody "
        + "chose; the host's own cache is cheap to read again.",
      cost: "The host's page cache shrinks earlier.",
      notWhen: "No swap; swap in compressed memory (zram, zswap), where more is right.",
      sources: [
        .link("https://docs.kernel.org/admin-guide/sysctl/vm.html"),
        .text("TuneD throughput-performance, virtual-host"),
      ]),
    knobs: ["vm.swappiness"],
    wish: { context in
      guard let wanted = context.wanted("vm.swappiness") else {
        return leftAlone(context, "vm.swappiness")
      }
      let snapshot = context.facts.snapshot
      let swaps = snapshot.raw("/proc/swaps")
      guard let text = swaps.value else { return .none(.unknown(swaps.unknownReason)) }
      let devices = text.lines.dropFirst().compactMap(\.words.first)
      guard !devices.isEmpty else { return .none(.notApplicable("there is no swap")) }
      if devices.allSatisfy({ $0.hasPrefix("/dev/zram") }) {
        return .none(.notApplicable("all swap is compressed memory, where more is right"))
      }
      let zswap = snapshot.text("/sys/module/zswap/parameters/enabled").value
      if zswap.map(KnobValue.normal) == "1",
        snapshot.integer("/proc/sys/vm/swappiness").value.map({ $0 > 100 }) == true
      {
        return .none(.notApplicable("zswap keeps swapped pages compressed in memory"))
      }
      let limit = Int(wanted.value.text) ?? 10
      return .values(
        [.sysctl("vm.swappiness", .atMost(limit))],
        KnobJudge.Wording(because: "at most \(limit) keeps guest memory from swap"))
    },
    examples: [
      Example("ten", .exampleHost(), .satisfied),
      Example("lower is fine", .exampleHost().with(swappiness, "1\n"), .satisfied),
      Example(
        "without swap it means nothing",
        .exampleHost().with(swappiness, "60\n").with("/proc/swaps", swapHead), .notApplicable),
      Example(
        "zram wants more",
        .exampleHost().with(swappiness, "150\n")
          .with("/proc/swaps", swapHead + "/dev/zram0 partition 8388604 0 100\n"), .notApplicable),
      Example(
        "desktops are left alone", .exampleHost().with(swappiness, "60\n"), under: .desktop,
        .notApplicable),
      Example(
        "zswap compresses first",
        .exampleHost().with(swappiness, "150\n")
          .with("/sys/module/zswap/parameters/enabled", "Y\n"), .notApplicable),
      Example(
        "zswap wants no less than others",
        .exampleHost().with(swappiness, "100\n")
          .with("/sys/module/zswap/parameters/enabled", "Y\n"), .violated(.info)),
      Example("swap unreadable", .exampleHost().withUnreadable("/proc/swaps"), .unknown),
      Example("the kernel's default", .exampleHost().with(swappiness, "60\n"), .violated(.info)),
      Example(
        "the kernel's default", .exampleHost().with(swappiness, "60\n"), under: .db,
        .violated(.warning)),
      Example("unreadable", .exampleHost().withUnreadable(swappiness), .unknown),
    ])

  private static let swappiness = "/proc/sys/vm/swappiness"
  private static let swapHead = "Filename Type Size Used Priority\n"

  static let memDirtyRatio = SettingRow(
    about: RuleInfo(
      id: "mem.dirty-ratio", title: "Buffered guest writes go to disk early and in small lots",
      severity: Severities(.info, [.db: .warning, .latency: .warning]),
      rationale: "A large share of memory full of unwritten pages ends in one long flush that "
        + "every guest on the device waits for.",
      cost: "Bursts of writes reach the disk sooner.",
      notWhen: "No guest disk goes through the page cache; limits are given in bytes.",
      sources: [
        .link("https://docs.kernel.org/admin-guide/sysctl/vm.html"), .text("TuneD virtual-host"),
      ]),
    knobs: ["vm.dirty_background_ratio", "vm.dirty_ratio"],
    wish: { context in
      let knobs = ["vm.dirty_background_ratio", "vm.dirty_ratio"]
      let targets = knobs.compactMap { knob in
        context.wanted(knob).flatMap { Int($0.value.text) }.map { (knob, $0) }
      }
      guard !targets.isEmpty else { return leftAlone(context, "dirty ratios") }
      guard context.facts.domains.contains(where: \.definition.hasBufferedDisk) else {
        return .none(.notApplicable("no guest disk goes through the page cache"))
      }
      for bytes in ["vm.dirty_background_bytes", "vm.dirty_bytes"] {
        let value = context.facts.snapshot.integer(Snapshot.knobPath(sysctl: bytes)).value
        if let value, value > 0 {
          return .none(.notApplicable("\(bytes) is set; the ratio then reads 0"))
        }
      }
      return .values(
        targets.map { .sysctl($0.0, .atMost($0.1)) },
        KnobJudge.Wording(because: "a long flush makes every guest on the device wait"))
    },
    examples: [
      Example("in limits", buffered, .satisfied),
      Example(
        "all disks go round the page cache",
        .exampleHost(domains: []).with("/proc/sys/vm/dirty_ratio", "90\n")
          .withDomain(DomainXML.example(devices: directDisk)), .notApplicable),
      Example(
        "limits in bytes",
        buffered.with("/proc/sys/vm/dirty_ratio", "0\n").with("/proc/sys/vm/dirty_bytes", "4096\n"),
        .notApplicable),
      Example(
        "a third of memory", buffered.with("/proc/sys/vm/dirty_background_ratio", "30\n"),
        .violated(.info)),
      Example(
        "a third of memory", buffered.with("/proc/sys/vm/dirty_background_ratio", "30\n"),
        under: .db, .violated(.warning)),
      Example("unreadable", buffered.withUnreadable("/proc/sys/vm/dirty_ratio"), .unknown),
    ])

  static let directDisk =
    "<disk type='file' device='disk'><driver name='qemu' type='raw' cache='none'/>"
    + "<source file='/var/lib/libvirt/images/a.raw'/><target dev='vda' bus='virtio'/></disk>"
  static let bufferedDisk =
    "<disk type='file' device='disk'><driver name='qemu' type='raw' cache='writeback'/>"
    + "<source file='/var/lib/libvirt/images/a.raw'/><target dev='vda' bus='virtio'/></disk>"
  static let buffered = Snapshot.exampleHost().withDomain(DomainXML.example(devices: bufferedDisk))

  static let memAIOMax = SettingRow(
    about: RuleInfo(
      id: "mem.aio-max", title: "There is room for more asynchronous I/O",
      severity: Severities(.info, [.db: .warning]),
      rationale: "Where fs.aio-max-nr is used up, io_setup fails and a guest with io=native "
        + "does not start.",
      cost: "A little kernel memory for each context that is really used.",
      notWhen: "No guest disk uses io=native.",
      sources: [
        .link("https://docs.kernel.org/admin-guide/sysctl/fs.html"), .text("TuneD oracle"),
      ]),
    knobs: ["fs.aio-max-nr"],
    wish: { context in
      let usesNative = context.facts.domains.contains { domain in
        domain.current.devices.disks.contains { $0.io == "native" }
      }
      guard usesNative else { return .none(.notApplicable("no guest disk uses io=native")) }
      let used = context.facts.snapshot.integer("/proc/sys/fs/aio-nr")
      guard let used = used.value, used >= 0, used < 1 << 56 else {
        return .none(.unknown(used.unknownReason))
      }
      // More than four fifths used: at least what makes it less, never below the usual million.
      let least = used * 5 / 4 + (used * 5 % 4 == 0 ? 0 : 1)
      var written = max(1_048_576, Int(context.wanted("fs.aio-max-nr")?.value.text ?? "") ?? 0)
      while written < least { written *= 2 }
      return .values(
        [.sysctl("fs.aio-max-nr", .atLeast(least), written: "\(written)")],
        KnobJudge.Wording(because: "\(used) are in use, and the next guest may not start"))
    },
    examples: [
      Example("plenty left", native.with("/proc/sys/fs/aio-nr", "1000\n"), .satisfied),
      Example(
        "nobody uses io=native",
        .exampleHost().with("/proc/sys/fs/aio-nr", "1048576\n"), .notApplicable),
      Example(
        "nearly used up",
        native.with("/proc/sys/fs/aio-nr", "60000\n").with("/proc/sys/fs/aio-max-nr", "65536\n"),
        .violated(.info)),
      Example("unreadable", native.withUnreadable("/proc/sys/fs/aio-nr"), .unknown),
    ])

  private static let native = Snapshot.exampleHost().withDomain(
    DomainXML.example(
      devices: directDisk.replacing("cache='none'", with: "cache='none' io='native'")))
}

extension DomainDefinition {
  /// Whether a disk's data goes through the host's page cache.
  var hasBufferedDisk: Bool {
    devices.disks.contains { disk in
      disk.isDisk && disk.hasSource && disk.type != "network" && disk.type != "nvme"
        && ["writeback", "writethrough", "unsafe"].contains(disk.effectiveCache)
    }
  }
}

extension String {
  /// The text with every occurrence of a part exchanged.
  func replacing(_ part: String, with other: String) -> String {
    guard !part.isEmpty else { return self }
    var result = ""
    var rest = self[...]
    while let range = rest.firstRange(of: part) {
      result += rest[..<range.lowerBound] + other
      rest = rest[range.upperBound...]
    }
    return result + rest
  }
}
