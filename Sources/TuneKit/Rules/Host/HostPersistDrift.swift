/// Values that are right now and gone after a boot.
struct HostPersistDrift: Rule {
  static let about = RuleInfo(
    id: "host.persist-drift", title: "Right values come back at the next boot",
    severity: Severities(.warning),
    rationale: "A value that was only written to the running kernel is lost at a moment nobody "
      + "looks.",
    cost: "A drop-in file.",
    notWhen:
      "The kernel's default already is the target; TuneD sets it at each boot; a knob whose default depends on the "
      + "distribution and that no file names is unknown.",
    sources: [.link("https://www.freedesktop.org/software/systemd/man/sysctl.d.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context) }
  }

  private static func verdict(_ context: Context) -> Verdict {
    let facts = context.facts
    guard facts.nextBoot.wasRead else {
      return .unknown("/etc/sysctl.d, /etc/tmpfiles.d, /etc/udev/rules.d: were not read")
    }
    var lost: [(item: KnobItem, next: NextBootValue)] = []
    var evidence: [Evidence] = []
    var unknown: [String] = []
    for item in context.wantedKnobs {
      guard let now = item.reading(facts.snapshot).value, item.target.accepts(now) == true else {
        continue
      }
      let configured = facts.nextBoot.value(of: item.path)
      guard configured != nil || facts.nextBoot.wasRead(for: item.path) else {
        unknown.append("\(item.path): the files that could set it at boot were not read")
        continue
      }
      let next =
        configured
        ?? KernelDefaults.value(of: item.path, facts)
        .map { NextBootValue(value: $0, source: "the kernel's default") }
      guard let next else {
        unknown.append("\(item.path): no file sets it, and the kernel's default isn't known")
        continue
      }
      let isKept = item.target.accepts(KnobValue.normal(next.value)) ?? false
      evidence.append(
        Evidence(next.source, observed: next.value.printable, expected: item.target.text))
      if !isKept { lost.append((item, next)) }
    }
    guard !lost.isEmpty else {
      guard let reason = unknown.first else { return .satisfied(evidence) }
      return .unknown(reason)
    }
    let names = lost.prefix(3).map { "\($0.item.name) becomes \($0.next.value.printable)" }
    return .violated(
      Violation(
        "after the next boot \(names.joined(separator: ", "))"
          + (lost.count > 3 ? " and \(lost.count - 3) more" : ""),
        evidence: lost.map { item, next in
          Evidence(
            "\(item.path) by \(next.source)", observed: next.value.printable,
            expected: item.target.text)
        },
        remedy: remedy(lost)))
  }

  private static func remedy(_ lost: [(item: KnobItem, next: NextBootValue)]) -> Remedy {
    // A line of ours has no say where a later file sets the same knob.
    let stronger = Set(lost.map(\.next.source).filter(winsOverOurs)).sorted()
    guard stronger.isEmpty else {
      return .advice(
        "change or remove the lines in \(stronger.joined(separator: ", ").printable); "
          + "they are read after ours")
    }
    return Remedy(
      .live, "write drop-in files", persistence: "drop-in files",
      changes: lost.compactMap { $0.item.persistence.map { .persist($0) } })
  }

  private static func winsOverOurs(_ source: String) -> Bool {
    guard source.hasPrefix("/"), let name = source.split(separator: "/").last else { return false }
    // tmpfiles.d goes by the first line, the others by the last one.
    return source.contains("/tmpfiles.d/") ? name < "60-tuned-vm" : name > "60-tuned-vm.z"
  }

  static let examples = [
    Example("all comes back", .exampleHost(), .satisfied),
    Example(
      "the default is the target",
      .exampleHost().with(
        "/etc/sysctl.d/60-tuned-vm.conf",
        "vm.swappiness=10\n"
          + "vm.dirty_ratio=40\nvm.dirty_background_ratio=5\n"), .satisfied),
    Example(
      "another file wins",
      .exampleHost().with("/etc/sysctl.d/99-local.conf", "vm.swappiness = 60\n"),
      .violated(.warning)),
    Example(
      "no file, and the default is another",
      .exampleHost().without("/etc/sysctl.d/60-tuned-vm.conf"), .violated(.warning)),
    Example(
      "TuneD sets it at each boot",
      .exampleHost().with("/etc/sysctl.d/60-tuned-vm.conf", "")
        .with("/tuned-vm/units.json", "{\"tuned.service\":{\"active\":\"active\"}}\n")
        .with("/etc/tuned/active_profile", "virtual-host\n"), .satisfied),
    Example(
      "TuneD is there and doesn't run",
      .exampleHost().with("/etc/sysctl.d/60-tuned-vm.conf", "")
        .with("/etc/tuned/active_profile", "virtual-host\n"), .violated(.warning)),
    Example(
      "sysctl.d was not read",
      .exampleHost().without("/etc/sysctl.d").without("/usr/lib/sysctl.d"), .unknown),
    Example("nothing was read", .exampleHost().without("/etc"), .unknown),
  ]
}

/// Defaults of the kernel that hold on every distribution, by version.
enum KernelDefaults {
  static func value(of path: String, _ facts: Facts) -> String? {
    if let known = table[path] { return known }
    if path.hasPrefix("/sys/block/nvme"), path.hasSuffix("/queue/scheduler") { return "none" }
    if path.hasSuffix("/queue/scheduler"), let version = facts.host.kernelVersion,
      version.major >= 5
    {
      // Single-queue devices get mq-deadline where it is built in, as it is everywhere.
      let name = path.dropFirst("/sys/block/".count).prefix { $0 != "/" }
      let device = facts.blockDevices.value?.first { $0.name == name }
      return device?.hardwareQueues.value == 1 ? "mq-deadline" : nil
    }
    if path == "/proc/sys/net/core/somaxconn", let version = facts.host.kernelVersion {
      return (version.major, version.minor) >= (5, 4) ? "4096" : "128"
    }
    return nil
  }

  private static let table = [
    "/proc/sys/vm/swappiness": "60", "/proc/sys/vm/zone_reclaim_mode": "0",
    "/proc/sys/vm/dirty_ratio": "20", "/proc/sys/vm/dirty_background_ratio": "10",
    "/proc/sys/fs/aio-max-nr": "65536", "/proc/sys/net/core/busy_read": "0",
    "/proc/sys/net/core/busy_poll": "0",
    // Of hosts with a GiB of memory and more.
    "/proc/sys/net/ipv4/tcp_rmem": "4096 131072 6291456",
    "/proc/sys/net/ipv4/tcp_wmem": "4096 16384 4194304", "/sys/kernel/mm/ksm/run": "0",
    "/sys/devices/system/cpu/intel_pstate/no_turbo": "0",
    "/sys/devices/system/cpu/cpufreq/boost": "1",
    "/sys/devices/system/cpu/intel_pstate/max_perf_pct": "100",
    "/sys/module/kvm/parameters/halt_poll_ns": "200000",
    "/sys/module/kvm_intel/parameters/vmentry_l1d_flush": "cond",
  ]
}
