/// QEMU's own limit on migration.
struct MigMaxBandwidth: Rule {
  static let about = RuleInfo(
    id: "mig.max-bandwidth", title: "No default of QEMU's keeps migration below the link",
    severity: Severities(.warning),
    rationale: "QEMU by itself sends 128 MiB/s; libvirt raises that to the most there is.",
    cost: "None.", notWhen: "Guests are moved by libvirt, as all that this program reads are.",
    sources: [.article("§7"), .link("https://www.qemu.org/docs/master/interop/qemu-qmp-ref.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { .notApplicable("libvirt moves the guests and raises QEMU's limit itself") }
  }

  static let examples = [Example("libvirt", .exampleHost(), .notApplicable)]
}
