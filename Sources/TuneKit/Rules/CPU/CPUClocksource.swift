/// A slow clock.
struct CPUClocksource: Rule {
  static let about = RuleInfo(
    id: "cpu.clocksource", title: "The kernel reads its time from the processor",
    severity: Severities(.warning),
    rationale:
      "Reading hpet or acpi_pm goes over the chipset, microseconds instead of nanoseconds, "
      + "on every interrupt and every timestamp; guests lose their paravirtual clock with it.",
    cost: "None where the counter is sound. A clock that the kernel rejected must not be forced: "
      + "time would run differently on each CPU.",
    notWhen:
      "The hypervisor's own clock in a guest; Xen's in its first domain; other architectures' "
      + "counters. Where the kernel doesn't offer tsc: info.",
    sources: [
      .link("https://docs.kernel.org/virt/kvm/x86/timekeeping.html"),
      .link("https://docs.kernel.org/admin-guide/kernel-parameters.html"),
    ])

  private static let directory = "/sys/devices/system/clocksource/clocksource0/"
  private static let log = "/tuned-vm/kernel-log.txt"
  private static let fast = [
    "tsc", "kvm-clock", "arch_sys_counter", "timebase", "tod", "riscv_clocksource",
  ]

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context) }
  }

  private static func verdict(_ context: Context) -> Verdict {
    let snapshot = context.facts.snapshot
    let current = snapshot.text(directory + "current_clocksource")
    guard let name = current.value else { return .unknown(current.unknownReason) }
    let evidence = Evidence(current.source, observed: name, expected: "tsc")
    if fast.contains(name) || name.hasPrefix("hyperv_clocksource") {
      return .satisfied([Evidence(current.source, observed: name)])
    }
    if name == "xen" { return .notApplicable("the clock is Xen's") }
    if let other = context.facts.processor.architecture, other != .x86 {
      return .notApplicable("\(name.printable) is this architecture's clock")
    }
    let available = snapshot.text(directory + "available_clocksource")
    guard let list = available.value else { return .unknown(available.unknownReason) }
    let offers = list.words.contains { $0 == "tsc" || $0 == "kvm-clock" }
    return .violated(
      offers
        ? chosen(name, evidence, list, context) : rejected(name, evidence, list, snapshot))
  }

  /// A sound clock is there, and somebody chose another.
  private static func chosen(
    _ name: String, _ evidence: Evidence, _ list: String, _ context: Context
  ) -> Violation {
    let line = context.facts.commandLine.value
    let argument = line?.arguments.last { ["clocksource", "tsc", "notsc"].contains($0.key) }
    let why = argument.map { "; \($0.text.quoted()) on the kernel's command line chose it" } ?? ""
    return Violation(
      "the time comes from \(name.quoted()), which is slow, though a faster clock is there\(why)",
      evidence: [evidence, Evidence(directory + "available_clocksource", observed: list)]
        + (argument.map { [Evidence("/proc/cmdline", observed: $0.text)] } ?? []),
      remedy: .advice(
        argument.map { "boot without \($0.text.quoted()), once nobody needs it any more" }
          ?? "find out who chose it; the kernel takes tsc by itself where it is sound",
        risk: "never force a clock that the kernel rejected"))
  }

  /// The kernel found tsc unsound.
  private static func rejected(
    _ name: String, _ evidence: Evidence, _ list: String, _ snapshot: Snapshot
  ) -> Violation {
    let text = snapshot.raw(log).value ?? ""
    let words = text.lines.last { $0.contains("TSC") || $0.contains("'tsc'") }
      .flatMap { $0.contains("unstable") ? String($0) : nil }
    return Violation(
      "the time comes from \(name.quoted()), which is slow; the kernel doesn't offer tsc",
      severity: .info,
      evidence: [
        evidence, Evidence(directory + "available_clocksource", observed: list, expected: "tsc"),
      ] + (words.map { [Evidence(log, observed: $0)] } ?? []),
      remedy: .advice(
        "update the firmware; tsc=reliable only after the vendor confirmed that the counters of "
          + "all sockets run alike",
        risk: "a forced clock that isn't sound lets time jump in all guests"))
  }

  private static func host(_ current: String, _ available: String = "tsc hpet acpi_pm") -> Snapshot
  {
    .exampleHost().with(directory + "current_clocksource", current + "\n")
      .with(directory + "available_clocksource", available + " \n")
  }

  static let examples = [
    Example("tsc", .exampleHost(), .satisfied),
    Example("a guest's clock", host("kvm-clock", "kvm-clock tsc acpi_pm"), .satisfied),
    Example(
      "a guest of Hyper-V", host("hyperv_clocksource_tsc_page", "hyperv_clocksource_tsc_page"),
      .satisfied),
    Example("ARM", host("arch_sys_counter", "arch_sys_counter"), .satisfied),
    Example("Xen's first domain", host("xen", "xen tsc hpet acpi_pm"), .notApplicable),
    Example("hpet", host("hpet"), .violated(.warning)),
    Example(
      "chosen on the command line",
      host("acpi_pm").with("/proc/cmdline", "root=/dev/sda1 clocksource=acpi_pm\n"),
      .violated(.warning)),
    Example(
      "rejected by the kernel",
      host("hpet", "hpet acpi_pm").with(
        log, "tsc: Marking TSC unstable due to clocksource watchdog\n"), .violated(.info)),
    Example(
      "unreadable", .exampleHost().withUnreadable(directory + "current_clocksource"), .unknown),
    Example(
      "another architecture",
      host("odd_counter", "odd_counter").with(
        "/proc/cpuinfo", "processor\t: 0\nCPU architecture: 8\n"), .notApplicable),
    Example(
      "what else there is can't be read",
      host("hpet").withUnreadable(directory + "available_clocksource"), .unknown),
    Example(
      "the outer host offers its own", host("acpi_pm", "kvm-clock acpi_pm"), .violated(.warning)),
  ]
}
