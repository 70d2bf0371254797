/// Block sizes and safety of ZFS volumes under guests (`/tuned-vm/zfs.json`).
struct ZFSVolblock: Rule {
  static let about = RuleInfo(
    id: "zfs.volblock", title: "ZFS volumes under guests are safe and have fitting blocks",
    severity: Severities(.info, [.db: .warning]),
    rationale: "Small volume blocks waste metadata and compression, large records make small "
      + "writes read first; sync=disabled loses what a guest was told is on disk.",
    cost: "The block size is fixed when a volume is made: it is made anew.",
    notWhen: "No ZFS, or nobody could ask it.",
    sources: [.article("§4.2"), .link("https://openzfs.github.io/openzfs-docs/")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context) }
  }

  private static func verdict(_ context: Context) -> Verdict {
    let file = VirtualFile.json(context.facts.snapshot, "zfs.json")
    guard let json = file.value else {
      guard context.facts.modules.isPresent("zfs") == true else {
        return .notApplicable("no ZFS here")
      }
      return context.facts.snapshot.files[file.source] == nil
        ? .unknown("\(file.source): only the zfs command can tell") : .missing(file)
    }
    let sets = json["datasets"]?.arrayValue ?? []
    guard !sets.isEmpty else { return .notApplicable("no dataset is known") }
    var evidence: [Evidence] = []
    var isUnsafe = false
    for set in sets {
      let name = (set["name"]?.stringValue ?? "dataset").printable
      for (key, wanted, isWrong) in checks(set) where isWrong {
        evidence.append(
          Evidence("\(name) \(key)", observed: text(set[key]), expected: wanted))
        isUnsafe = isUnsafe || key == "sync"
      }
    }
    guard !evidence.isEmpty else { return .satisfied([Evidence(file.source, observed: "fits")]) }
    return .violated(
      Violation(
        "ZFS under guests: \(evidence.prefix(3).map(\.source).joined(separator: ", "))",
        severity: isUnsafe ? .critical : nil, evidence: evidence,
        remedy: .advice(
          "sync=standard, compression=lz4, atime=off; make volumes anew with volblocksize=16K")))
  }

  private static func checks(_ set: JSONValue) -> [(String, String, Bool)] {
    let block = bytes(set["volblocksize"])
    return [
      ("sync", "standard", text(set["sync"]) == "disabled"),
      ("volblocksize", "at least 16K", block.map { $0 < 16_384 } ?? false),
      ("compression", "lz4", text(set["compression"]) == "off"),
      ("atime", "off", text(set["atime"]) == "on" && block == nil),
    ]
  }

  private static func text(_ value: JSONValue?) -> String? {
    value?.stringValue?.printable ?? value?.intValue.map { "\($0)" }
  }

  /// `16K`, `16384` or a number.
  private static func bytes(_ value: JSONValue?) -> Int? {
    if let number = value?.intValue { return number }
    guard let text = value?.stringValue else { return nil }
    guard text.hasSuffix("K") else { return Int(text) }
    return Int(text.dropLast()).flatMap { $0 < 1 << 30 ? $0 * 1024 : nil }
  }

  private static func host(_ dataset: String) -> Snapshot {
    .exampleHost().with("/tuned-vm/zfs.json", "{\"datasets\":[\(dataset)]}")
  }

  static let examples = [
    Example(
      "fits", host(#"{"name":"tank/vm1","volblocksize":"16K","sync":"standard"}"#), .satisfied),
    Example("no ZFS", .exampleHost(), .notApplicable),
    Example(
      "no ZFS, and nobody was asked", .exampleHost().withUnreadable("/tuned-vm/zfs.json"),
      .notApplicable),
    Example("small blocks", host(#"{"name":"tank/vm1","volblocksize":"8K"}"#), .violated(.info)),
    Example(
      "writes are not synced", host(#"{"name":"tank/vm1","sync":"disabled"}"#),
      .violated(.critical)),
  ]
}
