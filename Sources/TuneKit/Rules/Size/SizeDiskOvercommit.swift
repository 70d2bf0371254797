/// More virtual disk than disk.
struct SizeDiskOvercommit: Rule {
  static let about = RuleInfo(
    id: "size.disk-overcommit", title: "Thin images don't promise much more than the disk holds",
    severity: Severities(.warning),
    rationale: "When a file system of images runs full all guests on it stop at once.",
    cost: "More disk, or preallocated images.",
    notWhen: "Up to twice the capacity while disk.thin-capacity watches how full it is.",
    sources: [.article("§12")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context) }
  }

  private static func verdict(_ context: Context) -> Verdict {
    let images = VirtualFile.json(context.facts.snapshot, "images.json")
    guard let list = images.value?.objectValue else { return .unknown(images.unknownReason) }
    let systems = VirtualFile.json(context.facts.snapshot, "filesystems.json")
    guard let mounts = systems.value?.objectValue else { return .unknown(systems.unknownReason) }
    var promised: [String: Double] = [:]
    for image in list where !image.value.isNull {
      guard let bytes = image.value["virtualBytes"]?.doubleValue, bytes >= 0,
        let mount = mount(of: image.key, mounts)
      else { continue }
      promised[mount, default: 0] += bytes
    }
    guard !promised.isEmpty else { return .notApplicable("no image lies on a disk that was read") }
    let capacity = capacities(mounts)
    let ratios = promised.compactMap { mount, bytes -> (mount: String, ratio: Double)? in
      guard let size = capacity[mount], size > 0 else { return nil }
      return (mount, bytes / size)
    }.sorted { ($1.ratio, $0.mount) < ($0.ratio, $1.mount) }
    guard let worst = ratios.first else {
      return .unknown("\(systems.source): no capacity is known")
    }
    return judge(worst, ratios, context)
  }

  private static func judge(
    _ worst: (mount: String, ratio: Double), _ ratios: [(mount: String, ratio: Double)],
    _ context: Context
  ) -> Verdict {
    let isWatched = context.profile.namedSeverity(of: "disk.thin-capacity") != .off
    let own = OvercommitLimits(about.id, context)
    let (warning, critical) = (own?.warning ?? (isWatched ? 2 : 1), own?.critical ?? 3)
    let evidence = ratios.map {
      Evidence(
        $0.mount, observed: "\(text($0.ratio)):1", expected: "at most \(text(warning)):1")
    }
    guard worst.ratio > warning else { return .satisfied(evidence) }
    return .violated(
      Violation(
        "images on \(worst.mount.printable) promise \(text(worst.ratio)) times its capacity",
        severity: worst.ratio > critical ? .critical : .warning, evidence: evidence,
        remedy: .advice("add capacity, or move images away")))
  }

  private static func text(_ ratio: Double) -> String {
    guard ratio < 1e9 else { return "very many" }
    let tenths = Int((ratio * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }

  /// The mount point of an image: that of its directory, else the longest that fits.
  private static func mount(of path: String, _ systems: [JSONMember]) -> String? {
    guard path.hasPrefix("/"), !path.hasPrefix("/dev/") else { return nil }
    let best = systems.filter { path.hasPrefix($0.key == "/" ? "/" : $0.key + "/") }
      .max { $0.key.utf8.count < $1.key.utf8.count }
    return best.map { $0.value["mountPoint"]?.stringValue ?? $0.key }
  }

  private static func capacities(_ systems: [JSONMember]) -> [String: Double] {
    Dictionary(
      systems.compactMap { member in
        member.value["sizeBytes"]?.doubleValue.map {
          (member.value["mountPoint"]?.stringValue ?? member.key, $0)
        }
      }, uniquingKeysWith: { first, _ in first })
  }

  private static func host(_ virtualGB: Int) -> Snapshot {
    .exampleHost().with(
      "/tuned-vm/images.json",
      "{\"/images/a.qcow2\":{\"kind\":\"file\",\"virtualBytes\":\(virtualGB)000000000}}"
    ).with(
      "/tuned-vm/filesystems.json",
      "{\"/images\":{\"type\":\"ext4\",\"mountPoint\":\"/\",\"sizeBytes\":100000000000}}")
  }

  static let examples = [
    Example("half", host(50), .satisfied),
    Example("above, but watched", host(150), .satisfied),
    Example("twice and more", host(250), .violated(.warning)),
    Example("three times and more", host(350), .violated(.critical)),
    Example("not captured", .exampleHost(), .unknown),
  ]
}
