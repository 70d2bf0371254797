// Merging of equal pages.

extension SettingTable {
  private static let directory = "/sys/kernel/mm/ksm"

  static let memKSM = SettingRow(
    about: RuleInfo(
      id: "mem.ksm", title: "Pages are merged only where density is the aim",
      severity: Severities(
        .info, [.latency: .warning, .hpc: .warning, .network: .warning, .secure: .critical]),
      rationale: "The scanner takes CPU, a write to a merged page costs a fault and a copy, and "
        + "the time of that fault tells one guest what another has in memory.",
      cost: "Merged pages come apart: memory use grows by up to pages_sharing pages.",
      notWhen: "Mixed and desktop hosts where it saves memory; all guests refuse to be merged.",
      sources: [
        .article("§6.2"), .link("https://docs.kernel.org/admin-guide/mm/ksm.html"),
        .text("TuneD realtime-virtual-host"),
      ]),
    knobs: ["ksm.run"],
    wish: { wish($0) },
    examples: [
      Example("not running", .exampleHost(), under: .secure, .satisfied),
      Example(
        "density is the aim, and it pays", merging.with(directory + "/pages_sharing", "100000\n"),
        under: .desktop, .notApplicable),
      Example(
        "one node, a mixed host", .exampleHost(nodes: 1).with(directory + "/run", "1\n"),
        .satisfied),
      Example("tenants who do not trust each other", merging, under: .secure, .violated(.critical)),
      Example("low latency", merging, under: .latency, .violated(.warning)),
      Example("pages of other nodes are merged", merging, .violated(.warning)),
      Example(
        "all guests refuse",
        merging.withDomain(
          DomainXML.example(extra: "<memoryBacking><nosharepages/></memoryBacking>")),
        under: .latency, .notApplicable),
      Example(
        "unreadable", .exampleHost().withUnreadable(directory + "/run"), under: .latency, .unknown),
      Example(
        "an empty file", .exampleHost().with(directory + "/run", ""), under: .secure, .unknown),
    ])

  private static let merging = Snapshot.exampleHost().with(directory + "/run", "1\n")

  private static func wish(_ context: Context) -> SettingRow.Wish {
    let snapshot = context.facts.snapshot
    let path = directory + "/run"
    if snapshot.isAbsent(path), snapshot.names(directory) == nil {
      return .none(.notApplicable("this kernel doesn't merge pages"))
    }
    let domains = context.facts.domains
    let run = snapshot.text(path)
    guard let value = run.value else { return .none(.unknown(run.unknownReason)) }
    if value == "1", !domains.isEmpty, domains.allSatisfy(\.current.memory.isUnshared) {
      return .none(.notApplicable("all guests refuse to be merged"))
    }
    let family = context.profile.family
    if let wanted = context.wanted("ksm.run"), !wanted.isShipped {
      return .values(
        [.file("ksm/run", path, .equal(wanted.value.text))],
        KnobJudge.Wording(because: "the profile wants \(wanted.value.text)"))
    }
    if [.latency, .hpc, .network, .db, .secure].contains(family) {
      return .values(
        [.file("ksm/run", path, .oneOf(["0", "2"]))],
        KnobJudge.Wording(
          because: "scanning and copying disturb guests, and merged pages are a side channel",
          risk: "stop ksm and ksmtuned first, or they write it back; merged pages stay until "
            + "run=2, which needs as much free memory as pages_sharing"))
    }
    return acrossNodes(context, run: value)
  }

  /// Where merging is allowed it still should not make pages remote.
  private static func acrossNodes(_ context: Context, run: String) -> SettingRow.Wish {
    let snapshot = context.facts.snapshot
    let running = Evidence(directory + "/run", observed: run)
    let nodes = context.facts.topology.nodes.filter(\.isFull).count
    guard run == "1", nodes > 1 else { return .none(.satisfied([running])) }
    let sharing = snapshot.integer(directory + "/pages_sharing")
    if [.general, .desktop].contains(context.profile.family) {
      guard let count = sharing.value else { return .none(.unknown(sharing.unknownReason)) }
      if count > 0 {
        return .none(.notApplicable("density is the aim here, and \(count) pages are saved"))
      }
    }
    if let count = sharing.value, count > 0,
      snapshot.text(directory + "/merge_across_nodes").value == "1"
    {
      let message =
        "pages of different NUMA nodes are merged, so guests read remote memory"
      return .none(
        .violated(
          Violation(
            message, severity: .warning,
            evidence: [
              running, Evidence(directory + "/merge_across_nodes", observed: "1", expected: "0"),
              Evidence(directory + "/pages_sharing", observed: "\(count)"),
            ],
            remedy: .advice(
              "unmerge (run=2) when memory for \(count) more pages is free, then write 0 to "
                + "merge_across_nodes and start again"))))
    }
    return .values(
      [.file("ksm/merge_across_nodes", directory + "/merge_across_nodes", .equal("0"))],
      KnobJudge.Wording(
        because: "guests would read memory of another node", severity: .warning))
  }
}
