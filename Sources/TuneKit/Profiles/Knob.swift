// The knobs a profile may name: their words, types, selectors, and the rule that judges each.

/// A knob of a profile's `settings`.
public struct Knob: Sendable, Equatable {
  /// What values it takes.
  public enum Kind: Sendable, Equatable {
    /// A whole number.
    case integer(ClosedRange<Int>)
    /// On or off.
    case flag
    /// One of these words.
    case word([String])
    /// Three whole numbers (`tcp_rmem`).
    case triple
    /// `auto`, a number of pages, or a size.
    case pages
    /// A whole number or any short text: a knob that is only known by its name.
    case any
  }

  /// The name without a selector.
  public let name: String
  /// Its values.
  public let kind: Kind
  /// Selector keys with their words; an empty list allows any.
  public let selectors: [String: [String]]
  /// The rule that judges it; nil for a rule of the knob's own name.
  public let rule: String?

  init(
    _ name: String, _ kind: Kind, rule: String? = nil, selectors: [String: [String]] = [:]
  ) {
    self.name = name
    self.kind = kind
    self.selectors = selectors
    self.rule = rule
  }

  /// The knob of a name: one of the table, any sysctl, or a parameter of the modules in `modules`.
  public static func named(_ name: String) -> Knob? {
    if let known = table.first(where: { $0.name == name }) { return known }
    guard isGeneric(name), Nearest.match(name, in: table.map(\.name)) == nil else { return nil }
    return Knob(name, .any)
  }

  /// Whether a name has the form of a sysctl or of a module's parameter.
  static func isGeneric(_ name: String) -> Bool {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count >= 2, name.utf8.count <= 128, let root = parts.first.map(String.init),
      parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isNameByte) })
    else { return false }
    return sysctlRoots.contains(root) || (modules.contains(root) && parts.count == 2)
  }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
      true
    default: false
    }
  }

  /// First words of sysctls.
  static let sysctlRoots: Set<String> = ["vm", "kernel", "net", "fs", "debug", "dev", "user"]
  /// Modules whose parameters a profile may set.
  static let modules: Set<String> = ["kvm", "kvm_intel", "kvm_amd", "zfs"]

  /// Every knob that is known by more than its form.
  public static let table: [Knob] = [
    Knob("cpu.governor", .word(governors), rule: "cpu.governor"),
    Knob("cpu.epp", .word(preferences), rule: "cpu.epp"),
    Knob("cpu.turbo", .flag, rule: "cpu.turbo"),
    Knob("cpu.min_perf_pct", .integer(0...100), rule: "cpu.min-perf"),
    Knob("cpu.cstate_exit_us", .integer(0...1_000_000), rule: "cpu.cstate-latency"),
    Knob("kernel.numa_balancing", .integer(0...3), rule: "cpu.numa-balancing"),
    Knob("vm.zone_reclaim_mode", .integer(0...7), rule: "numa.zone-reclaim"),
    Knob("thp.enabled", .word(["always", "madvise", "never"]), rule: "mem.thp"),
    Knob(
      "thp.defrag", .word(["always", "defer", "defer+madvise", "madvise", "never"]),
      rule: "mem.thp-defrag"),
    Knob("ksm.run", .integer(0...2), rule: "mem.ksm"),
    Knob("ksm.merge_across_nodes", .flag),
    Knob("hugepages", .pages, selectors: ["size": [], "node": []]),
    Knob("vm.swappiness", .integer(0...200), rule: "mem.swappiness"),
    Knob("vm.dirty_ratio", .integer(0...100), rule: "mem.dirty-ratio"),
    Knob("vm.dirty_background_ratio", .integer(0...100), rule: "mem.dirty-ratio"),
    Knob("vm.dirty_bytes", .integer(0...(1 << 50))),
    Knob("vm.dirty_background_bytes", .integer(0...(1 << 50))),
    Knob("vm.min_free_kbytes", .integer(0...(1 << 40))),
    Knob("vm.stat_interval", .integer(1...3600)),
    Knob("vm.max_map_count", .integer(0...Int(Int32.max))),
    Knob("block.scheduler", .word(schedulers), rule: nil, selectors: blockSelectors),
    Knob(
      "block.read_ahead_kb", .integer(0...1_048_576), rule: "io.readahead",
      selectors: blockSelectors),
    Knob("block.nr_requests", .integer(4...65_536), selectors: blockSelectors),
    Knob("kvm.halt_poll_ns", .integer(0...Int(UInt32.max)), rule: "cpu.halt-poll"),
    Knob("kvm_intel.vmentry_l1d_flush", .word(["always", "cond", "never"]), rule: "sec.l1tf"),
    Knob("net.core.busy_read", .integer(0...1_000_000), rule: "net.sysctl"),
    Knob("net.core.busy_poll", .integer(0...1_000_000), rule: "net.sysctl"),
    Knob("net.core.somaxconn", .integer(1...Int(Int32.max)), rule: "net.sysctl"),
    Knob("net.ipv4.tcp_rmem", .triple, rule: "net.sysctl"),
    Knob("net.ipv4.tcp_wmem", .triple, rule: "net.sysctl"),
    Knob("net.bridge.bridge-nf-call-iptables", .flag, rule: "net.bridge-netfilter"),
    Knob("fs.aio-max-nr", .integer(0...(1 << 50)), rule: "mem.aio-max"),
  ]

  private static let governors = [
    "performance", "powersave", "schedutil", "ondemand", "conservative", "userspace",
  ]
  private static let preferences = [
    "performance", "balance_performance", "default", "balance_power", "power",
  ]
  private static let schedulers = ["none", "mq-deadline", "kyber", "bfq"]
  private static let blockSelectors: [String: [String]] = [
    "kind": ["nvme", "ssd", "hdd", "virtio"], "name": [],
  ]
}
