/// Classic snapshots: every first write is copied.
struct LVMSnapshotCow: Rule {
  static let about = RuleInfo(
    id: "lvm.snapshot-cow", title: "No classic LVM snapshot runs full",
    severity: Severities(.warning),
    rationale: "A classic snapshot copies every first write of its origin, and is dropped when it "
      + "is full.",
    cost: "Merging or removing it.",
    notWhen: "Thin snapshots; how old a snapshot is can't be told.",
    sources: [.article("§4.1"), .text("lvmsnapshot: lvcreate(8)")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context.facts.snapshot) }
  }

  private static func verdict(_ snapshot: Snapshot) -> Verdict {
    let file = VirtualFile.json(snapshot, "lvm.json")
    guard let json = file.value else { return .missing(file) }
    let list = json["snapshots"]?.arrayValue ?? []
    guard !list.isEmpty else { return .notApplicable("no classic snapshot") }
    var evidence: [Evidence] = []
    var full: [String] = []
    for entry in list {
      let name = (entry["name"]?.stringValue ?? "snapshot").printable
      guard let percent = entry["percent"]?.doubleValue else {
        return .unknown("/tuned-vm/lvm.json: '\(name)' has no percent")
      }
      evidence.append(Evidence(name, observed: "\(percent)", expected: "at most 70"))
      if percent > 70 { full.append("\(name) is \(percent) % full") }
    }
    guard !full.isEmpty else { return .satisfied(evidence) }
    return .violated(
      Violation(
        full.joined(separator: ", ") + "; a full snapshot is dropped", severity: .critical,
        evidence: evidence, remedy: .advice("merge or remove the snapshot, or extend it")))
  }

  private static func host(_ percent: String) -> Snapshot {
    .exampleHost().with(
      "/tuned-vm/lvm.json",
      "{\"thinPools\":[],\"snapshots\":[{\"name\":\"vg0-db1--snap\",\"percent\":\(percent)}]}")
  }

  static let examples = [
    Example("room enough", host("30.0"), .satisfied),
    Example(
      "none",
      .exampleHost().with("/tuned-vm/lvm.json", "{\"thinPools\":[],\"snapshots\":[]}"),
      .notApplicable),
    Example("nobody asked", .exampleHost(), .unknown),
    Example("nearly full", host("85.0"), .violated(.critical)),
  ]
}
