/// Block sizes and safety of ZFS volumes under guests (`/tuned-vm/zfs.json`).
struct ZFSVolblock: Rule {
  static let about = RuleInfo(
    id: "zfs.volblock", title: "ZFS volumes under guests are safe and have fitting blocks",
    severity: Severities(.info, [.db: .warning]),
    rationale: "Small volume blocks waste metadata and compression, large records make small "
      + "writes read first; sync=disabled loses what a guest was told is on disk.",
    cost: "The block size is fixed when a volume is made: it is made anew.",
    notWhen: "No ZFS, or nobody could ask it; volumes and file systems no guest uses; atime of a "
      + "volume.",
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
    let all = json["datasets"]?.arrayValue ?? []
    let sets = all.filter { isUsed($0, all, context) }
    guard !sets.isEmpty else { return .notApplicable("no guest uses a dataset") }
    var evidence: [Evidence] = []
    var isUnsafe = false
    var isMinor = true
    for set in sets {
      let name = (set["name"]?.stringValue ?? "dataset").printable
      for (key, wanted, isWrong) in checks(set, context) where isWrong {
        evidence.append(
          Evidence("\(name) \(key)", observed: text(set[key]), expected: wanted))
        isUnsafe = isUnsafe || key == "sync"
        isMinor = isMinor && ["primarycache", "compression", "atime"].contains(key)
      }
    }
    guard !evidence.isEmpty else { return .satisfied([Evidence(file.source, observed: "fits")]) }
    return .violated(
      Violation(
        "ZFS under guests: \(evidence.prefix(3).map(\.source).joined(separator: ", "))",
        severity: isUnsafe ? .critical : isMinor ? .info : nil, evidence: evidence,
        remedy: .advice(
          "sync=standard, compression=lz4, atime=off; make volumes anew with volblocksize=16K")))
  }

  /// Whether a guest's disk is this volume or lies on this file system. A volume of that name, and
  /// an entry that doesn't say what it is, count where no guest is known.
  private static func isUsed(_ set: JSONValue, _ all: [JSONValue], _ context: Context) -> Bool {
    let disks = context.facts.domains.flatMap(\.current.devices.disks)
    guard !disks.isEmpty, let name = set["name"]?.stringValue else { return true }
    guard let mount = set["mountpoint"]?.stringValue else {
      guard set["type"]?.stringValue == "volume" else { return true }
      return disks.contains { $0.blockPath == "/dev/zvol/" + name }
    }
    return disks.compactMap(\.file).contains { path in
      path.hasPrefix(mount + "/")
        && !all.contains { other in
          guard let inner = other["mountpoint"]?.stringValue else { return false }
          return inner.utf8.count > mount.utf8.count && path.hasPrefix(inner + "/")
        }
    }
  }

  private static func checks(_ set: JSONValue, _ context: Context) -> [(String, String, Bool)] {
    let block = bytes(set["volblocksize"])
    let isDatabase = context.profile.family == .db
    return [
      (
        "recordsize", "at most 64K",
        isDatabase && block == nil && bytes(set["recordsize"]).map { $0 >= 131_072 } ?? false
      ),
      ("primarycache", "metadata", isDatabase && text(set["primarycache"]) == "all"),
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
    Example(
      "no guest uses it",
      host(#"{"name":"tank/old","type":"volume","sync":"disabled"}"#)
        .withDomain(DomainXML.example(devices: SettingTable.directDisk)), .notApplicable),
    Example(
      "large records under a database",
      host(
        #"{"name":"tank/img","type":"filesystem","mountpoint":"/var/lib/libvirt/images","#
          + #""recordsize":"131072"}"#
      ).withDomain(DomainXML.example(devices: SettingTable.directDisk)), under: .db,
      .violated(.warning)),
    Example(
      "cached twice for a database", host(#"{"name":"tank/vm1","primarycache":"all"}"#),
      under: .db, .violated(.info)),
    Example("small blocks", host(#"{"name":"tank/vm1","volblocksize":"8K"}"#), .violated(.info)),
    Example(
      "writes are not synced", host(#"{"name":"tank/vm1","sync":"disabled"}"#),
      .violated(.critical)),
    Example(
      "loaded, and only the command can tell",
      Snapshot.exampleHost().withDirectory("/sys/module/zfs"), .unknown),
    Example(
      "small records under a database",
      host(#"{"name":"tank/img","type":"filesystem","recordsize":"65536"}"#), under: .db, .satisfied
    ),
    Example(
      "large records on a mixed host",
      host(#"{"name":"tank/img","type":"filesystem","recordsize":"131072"}"#), .satisfied),
    Example("not compressed", host(#"{"name":"tank/vm1","compression":"off"}"#), .violated(.info)),
    Example("access times are kept", host(#"{"name":"tank/img","atime":"on"}"#), .violated(.info)),
    Example(
      "a volume has no access times",
      host(#"{"name":"tank/vm1","volblocksize":"16K","atime":"on"}"#), .satisfied),
    Example(
      "small blocks of a guest's own volume",
      host(#"{"name":"vg/db1","type":"volume","volblocksize":"8K"}"#).withDomain(
        DomainXML.example(
          devices:
            "<disk type='block'><source dev='/dev/zvol/vg/db1'/><target dev='vda' bus='virtio'/></disk>"
        )), .violated(.info)),
  ]
}
