/// Thin pools that run full.
struct DiskThinCapacity: Rule {
  static let about = RuleInfo(
    id: "disk.thin-capacity", title: "Thin pools have room, for data and for metadata",
    severity: Severities(.warning),
    rationale: "A thin pool that is full stops every guest on it; full metadata can cost the pool.",
    cost: "Space: the pool is extended, or guests move.",
    notWhen: "Nothing is thin.",
    sources: [.article("§4.1"), .article("§12"), .text("lvmthin(7)")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context) }
  }

  private static func verdict(_ context: Context) -> Verdict {
    let file = VirtualFile.json(context.facts.snapshot, "lvm.json")
    guard let pools = file.value?["thinPools"]?.arrayValue else {
      return file.value == nil ? .missing(file) : .notApplicable("nothing is thin")
    }
    guard !pools.isEmpty else { return .notApplicable("nothing is thin") }
    let limits = OvercommitLimits(about.id, context, warning: 80, critical: 95)
    var evidence: [Evidence] = []
    var worst = Severity.off
    var names: [String] = []
    for pool in pools {
      let name = (pool["name"]?.stringValue ?? "pool").printable
      for key in ["dataPercent", "metadataPercent"] {
        guard let percent = pool[key]?.doubleValue else {
          return .unknown("/tuned-vm/lvm.json: '\(name)' has no \(key)")
        }
        evidence.append(
          Evidence(
            "\(name) \(key)", observed: "\(percent)", expected: "at most \(limits.warning)"))
        guard percent > limits.warning else { continue }
        worst = max(worst, percent > limits.critical ? .critical : .warning)
        names.append("\(name) is \(percent) % full (\(key == "dataPercent" ? "data" : "metadata"))")
      }
    }
    guard worst > .off else { return .satisfied(evidence) }
    return .violated(
      Violation(
        names.joined(separator: ", "), severity: worst, evidence: evidence,
        remedy: .advice("extend the pool (lvextend, also --poolmetadatasize), or move guests")))
  }

  private static func host(_ data: String, _ metadata: String) -> Snapshot {
    .exampleHost().with(
      "/tuned-vm/lvm.json",
      "{\"thinPools\":[{\"name\":\"vg0-pool\",\"dataPercent\":\(data),"
        + "\"metadataPercent\":\(metadata)}],\"snapshots\":[]}")
  }

  static let examples = [
    Example("room enough", host("40.0", "12.0"), .satisfied),
    Example(
      "nothing is thin",
      .exampleHost().with("/tuned-vm/lvm.json", "{\"thinPools\":[],\"snapshots\":[]}"),
      .notApplicable),
    Example("nobody asked", .exampleHost(), .unknown),
    Example("data", host("81.5", "12.0"), .violated(.warning)),
    Example("metadata", host("40.0", "96.0"), .violated(.critical)),
    Example("no list of pools", .exampleHost().with("/tuned-vm/lvm.json", "{}"), .notApplicable),
    Example("a pool without a number", host("null", "12.0"), .unknown),
    Example("just at the limit", host("80.0", "80.0"), .satisfied),
    Example("at the upper limit", host("95.0", "12.0"), .violated(.warning)),
  ]
}
