/// A guest's disk and network against its size.
struct SizeClass: Rule {
  static let about = RuleInfo(
    id: "size.class", title: "Disk and network fit the guest's class",
    severity: Severities(.info),
    rationale: "A guest of many vCPUs behind a small disk or a slow link waits for them.",
    cost: "A larger disk, a faster link.",
    notWhen: "The size of the disk or the speed of the link isn't known (unknown).",
    sources: [.article("§12")])

  /// A row of the article's table: Light, Medium, Heavy.
  private struct Row {
    let name: String
    let vcpus: Int
    let memoryGiB: Int
    let diskGB: Int
    let linkGbps: Int
  }

  private static let rows = [
    Row(name: "light", vcpus: 2, memoryGiB: 2, diskGB: 20, linkGbps: 1),
    Row(name: "medium", vcpus: 4, memoryGiB: 8, diskGB: 30, linkGbps: 1),
    Row(name: "heavy", vcpus: .max, memoryGiB: .max, diskGB: 50, linkGbps: 10),
  ]

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { verdict($0, context) }
  }

  private static func verdict(_ domain: Domain, _ context: Context) -> Verdict {
    let definition = domain.definition
    guard let memory = definition.memory.totalKiB else {
      return .unknown("/domain/memory: is not stated")
    }
    let gib = memory / 1_048_576 + (memory % 1_048_576 == 0 ? 0 : 1)
    // The smallest class that contains both; the largest where none does.
    let row = rows.first { definition.vcpus <= $0.vcpus && gib <= $0.memoryGiB } ?? rows[2]
    let disk = diskGB(definition, context.facts)
    let link = linkGbps(definition, context.facts)
    var evidence: [Evidence] = []
    if let disk = disk.value {
      evidence.append(
        Evidence(disk.source, observed: "\(disk.size) GB", expected: "\(row.diskGB) GB or more"))
    }
    if let link = link.value {
      evidence.append(
        Evidence(
          link.source, observed: "\(link.speed) Gb/s", expected: "\(row.linkGbps) Gb/s or more"))
    }
    let isSmall = disk.value.map { $0.size < row.diskGB } ?? false
    let isSlow = link.value.map { $0.speed < Double(row.linkGbps) } ?? false
    if isSmall || isSlow {
      let what = isSmall && isSlow ? "disk and link" : isSmall ? "disk" : "link"
      return .violated(
        Violation(
          "\(domain.key.printable) is a \(row.name) guest with a \(what) below its class",
          evidence: evidence, remedy: .advice("enlarge it, or give the guest less")))
    }
    let missing = [disk.missing, link.missing].compactMap { $0 }
    return missing.isEmpty ? .satisfied(evidence) : .unknown(missing.joined(separator: "; "))
  }

  /// The first disk's virtual size; nothing is missing where there is no disk.
  private static func diskGB(
    _ definition: DomainDefinition, _ facts: Facts
  ) -> (value: (size: Int, source: String)?, missing: String?) {
    guard let disk = definition.devices.disks.first(where: \.isDisk) else { return (nil, nil) }
    guard let path = disk.path else {
      return (nil, "\(disk.subjectName.printable): its size is not known here")
    }
    let images = VirtualFile.json(facts.snapshot, "images.json")
    if let bytes = images.value?[path]?["virtualBytes"]?.intValue, bytes >= 0 {
      return ((bytes / 1_000_000_000, path), nil)
    }
    return (
      nil, images.value == nil ? images.unknownReason : "\(images.source): says nothing of \(path)"
    )
  }

  /// The speed of the card below the first interface's bridge.
  private static func linkGbps(
    _ definition: DomainDefinition, _ facts: Facts
  ) -> (value: (speed: Double, source: String)?, missing: String?) {
    guard let interface = definition.devices.interfaces.first else { return (nil, nil) }
    guard let name = interface.bridge ?? (interface.type == "direct" ? interface.sourceDevice : nil)
    else { return (nil, "\(interface.subjectName.printable): its uplink is not known here") }
    let uplink = MigBandwidth.uplink(of: name, facts)
    guard let card = facts.interfaces.value?.first(where: { $0.name == uplink }) else {
      return (nil, "/sys/class/net/\(uplink): was not read")
    }
    guard let speed = card.speedMbps.value else { return (nil, card.speedMbps.unknownReason) }
    return ((Double(speed) / 1000, card.path("speed")), nil)
  }

  private static func host(vcpus: Int, memoryMiB: Int, diskGB: Int) -> Snapshot {
    .exampleHost().with(
      "/tuned-vm/images.json",
      "{\"/var/lib/libvirt/images/a.raw\":{\"virtualBytes\":\(diskGB)000000000}}"
    ).withDomain(
      DomainXML.example(
        vcpus: vcpus, memoryMiB: memoryMiB,
        devices: SettingTable.directDisk
          + "<interface type='bridge'><source bridge='br0'/><model type='virtio'/></interface>"))
  }

  static let examples = [
    Example("light", host(vcpus: 2, memoryMiB: 2048, diskGB: 20), .satisfied),
    Example(
      "no disk, no card", .exampleHost().withDomain(DomainXML.example(vcpus: 8)), .satisfied),
    Example("heavy on a fast link", host(vcpus: 4, memoryMiB: 16_384, diskGB: 50), .satisfied),
    Example("a small disk", host(vcpus: 8, memoryMiB: 4096, diskGB: 40), .violated(.info)),
    Example(
      "a slow link",
      host(vcpus: 8, memoryMiB: 4096, diskGB: 60).with("/sys/class/net/eno1/speed", "1000\n"),
      .violated(.info)),
    Example(
      "size not known",
      host(vcpus: 2, memoryMiB: 2048, diskGB: 20).without("/tuned-vm/images.json"), .unknown),
  ]
}
