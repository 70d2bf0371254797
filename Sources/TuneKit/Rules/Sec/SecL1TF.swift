/// L1 terminal fault: the first-level cache is flushed before a guest runs.
struct SecL1TF: Rule {
  static let about = RuleInfo(
    id: "sec.l1tf", title: "The L1 cache is flushed before guests that could read it",
    severity: Severities(.info, [.secure: .critical]),
    rationale: "On affected processors a guest reads whatever the first-level cache holds: the "
      + "host's data, or that of a guest on the same core.",
    cost: "The flush takes 1 to 50 % by how often guests exit; without SMT half the threads go.",
    notWhen: "The processor isn't affected; no extended page tables; guests that trust each other.",
    sources: [
      .article("§10.2"), .link("https://docs.kernel.org/admin-guide/hw-vuln/l1tf.html"),
    ])

  static let parameter = "/sys/module/kvm_intel/parameters/vmentry_l1d_flush"
  private static let smt = "/sys/devices/system/cpu/smt/active"

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context) }
  }

  private static func verdict(_ context: Context) -> Verdict {
    let processor = context.facts.processor
    let path = Mitigations.directory + "l1tf"
    let snapshot = context.facts.snapshot
    guard let file = processor.vulnerability("l1tf") else {
      if processor.architecture != .x86, processor.architecture != nil {
        return .notApplicable("only x86 processors are affected")
      }
      return .unknown(snapshot.text(path).unknownReason)
    }
    guard file.state != .notAffected else {
      return .notApplicable("\(path) says the processor is not affected")
    }
    if context.facts.modules.flag("kvm_intel", "ept").value == false {
      return .notApplicable("without extended page tables guests cannot exploit it")
    }
    if context.isOneTaggedTier {
      return .notApplicable("all guests bear the same trust tag")
    }
    let flush = snapshot.text(parameter)
    guard let value = flush.value else {
      return snapshot.isAbsent(parameter)
        ? .notApplicable("kvm_intel is not loaded") : .unknown(flush.unknownReason)
    }
    let wanted = context.wanted("kvm_intel.vmentry_l1d_flush")?.value.text
    let needsAlways = context.profile.family == .secure || wanted == "always"
    let evidence = [
      Mitigations.evidence(file),
      Evidence(parameter, observed: value, expected: needsAlways ? "always" : "cond or always"),
    ]
    if needsAlways { return strict(context, value, evidence) }
    guard value == "never" else { return .satisfied(evidence) }
    let isMixed = context.tiers.count > 1
    return .violated(
      Violation(
        isMixed
          ? "guests of different trust run without the flush that keeps them apart"
          : "guests run without the flush of the L1 cache",
        severity: isMixed ? .critical : nil, evidence: evidence, remedy: remedy("cond")))
  }

  /// Distrustful tenants: always flush, and no sibling threads.
  private static func strict(
    _ context: Context, _ value: String, _ evidence: [Evidence]
  ) -> Verdict {
    guard context.profile.family == .secure else {
      guard value != "always" else { return .satisfied(evidence) }
      return .violated(
        Violation(
          "the L1 cache is flushed \(value.quoted()), not at every entry", evidence: evidence,
          remedy: remedy("always")))
    }
    let threads = context.facts.snapshot.text(smt)
    guard let active = threads.value else { return .unknown(threads.unknownReason) }
    let all = evidence + [Evidence(smt, observed: active, expected: "0")]
    if active == "1" {
      return .violated(
        Violation(
          "sibling threads share an L1 cache that guests can read", evidence: all,
          remedy: Remedy(
            .nextHostBoot,
            "boot with l1tf=full (no SMT, flush at every entry) after placing the guests anew",
            risk: "half the CPUs go away and pins to them break")))
    }
    guard value != "always" else { return .satisfied(all) }
    return .violated(
      Violation(
        "the L1 cache is flushed \(value.quoted()), not at every entry", evidence: all,
        remedy: remedy("always")))
  }

  private static func remedy(_ value: String) -> Remedy {
    Remedy(
      .live, "write \(value) to \(parameter)",
      risk: "the kernel refuses the write under l1tf=full,force", persistence: "modprobe.d",
      changes: [
        .knob(path: parameter, value: value),
        .persist(.modprobe(module: "kvm_intel", option: "vmentry_l1d_flush", value: value)),
      ])
  }

  private static let affected = Snapshot.exampleHost()
    .with(
      Mitigations.directory + "l1tf",
      "Mitigation: PTE Inversion; VMX: conditional cache flushes, SMT vulnerable\n"
    ).with(parameter, "cond\n")

  static let examples = [
    Example("not affected", .exampleHost(), under: .secure, .notApplicable),
    Example("the kernel's default on a mixed host", affected, .satisfied),
    Example(
      "no extended page tables",
      affected.with("/sys/module/kvm_intel/parameters/ept", "N\n").with(parameter, "never\n"),
      .notApplicable),
    Example(
      "guests that trust each other",
      affected.with(parameter, "never\n").withDomain(DomainXML.example(tags: ["trust": "a"])),
      .notApplicable),
    Example(
      "tenants, flushed and without SMT",
      affected.with(parameter, "always\n").with(smt, "0\n"), under: .secure, .satisfied),
    Example(
      "tenants, sometimes flushed", affected.with(smt, "0\n"), under: .secure,
      .violated(.critical)),
    Example(
      "tenants on sibling threads", affected.with(parameter, "always\n"), under: .secure,
      .violated(.critical)),
    Example("never", affected.with(parameter, "never\n"), .violated(.info)),
    Example(
      "never, mixed trust",
      affected.with(parameter, "never\n").withDomain(DomainXML.example(tags: ["trust": "a"]))
        .withDomain(DomainXML.example(name: "web2", tags: ["trust": "b"])), .violated(.critical)),
    Example("unreadable", affected.withUnreadable(parameter), .unknown),
    Example(
      "not x86", Snapshot.exampleHost().with("/proc/sys/kernel/arch", "aarch64\n"), .notApplicable),
    Example(
      "the weakness is unreadable",
      Snapshot.exampleHost().withUnreadable(Mitigations.directory + "l1tf"), .unknown),
    Example("KVM is not loaded", affected.without("/sys/module/kvm_intel"), .notApplicable),
  ]
}
