// Read-ahead of the host's disks, a finding for each device.

extension SettingTable {
  private static func path(_ device: String) -> String {
    "/sys/block/\(device)/queue/read_ahead_kb"
  }

  static let ioReadahead = RuleInstance(
    about: RuleInfo(
      id: "io.readahead", title: "Buffered reads read ahead as far as the work is sequential",
      severity: Severities(.info, [.throughput: .warning, .db: .info]),
      rationale: "Long sequential reads gain from reading megabytes ahead; random reads throw "
        + "away what was read in vain.",
      cost: "Memory and device time for data nobody may ask for.",
      notWhen: "No guest disk is buffered: read-ahead belongs to the page cache.",
      sources: [
        .link("https://docs.kernel.org/block/queue-sysfs.html"),
        .text("TuneD throughput-performance (readahead >4096)"),
      ]),
    examples: [
      Example(
        "no disk is buffered", .exampleHost().withDomain(DomainXML.example(devices: directDisk)),
        under: .throughput, .notApplicable),
      Example("databases, short", buffered, under: .db, .satisfied),
      Example("mixed hosts are left alone", buffered, .notApplicable),
      Example("bulk reads, short", buffered, under: .throughput, .violated(.warning)),
      Example(
        "databases, long", buffered.with("/sys/block/sda/queue/read_ahead_kb", "4096\n"),
        under: .db, .violated(.info)),
      Example(
        "unreadable", buffered.withUnreadable("/sys/block/sda/queue/read_ahead_kb"), under: .db,
        .unknown),
    ]
  ) { context in
    if let none = context.withoutHost { return none }
    let devices = LeafDisk.all(context.facts.snapshot)
    guard context.profile.settings.contains(where: { $0.knob == "block.read_ahead_kb" }) else {
      return [
        Judgement(
          context.hostSubject,
          .notApplicable("the profile '\(context.profile.name)' leaves read-ahead alone"))
      ]
    }
    let isBuffered = context.facts.domains.contains(where: \.definition.hasBufferedDisk)
    return devices.map { device in
      let subject = Subject(.blockDevice, device.name)
      guard isBuffered else {
        return Judgement(subject, .notApplicable("no guest disk goes through the page cache"))
      }
      return Judgement(subject, verdict(device, context))
    }
  }

  private static func verdict(_ device: LeafDisk, _ context: Context) -> Verdict {
    var properties = ["name": device.name]
    properties["kind"] = device.kind
    let assignment = context.profile.setting("block.read_ahead_kb", for: properties)
    guard let limit = assignment.flatMap({ Int($0.text) }) else {
      return .notApplicable("the profile leaves this device alone")
    }
    // Long wishes are a least value, short ones a most, as the profiles mean them.
    let target: KnobTarget = limit >= 4096 ? .atLeast(limit) : .atMost(limit)
    if case .atMost = target, device.kind != "nvme", device.kind != "ssd" {
      return .notApplicable("only disks without moving parts lose nothing by a short read-ahead")
    }
    return KnobJudge.verdict(
      [
        KnobItem(
          name: "read_ahead_kb of \(device.name)", path: path(device.name), target: target,
          persistence: .udev(rule: device.udevRule("queue/read_ahead_kb", "\(limit)")))
      ], context.facts.snapshot,
      KnobJudge.Wording(
        because: limit >= 4096
          ? "sequential reads wait for the device" : "random reads throw away what was read ahead",
        severity: limit >= 4096 ? nil : .info, cause: "read-ahead"))
  }
}

/// A disk of the host that schedules its own requests.
struct LeafDisk: Sendable, Equatable {
  let name: String
  /// `nvme`, `ssd`, `hdd`, `virtio`; nil where a hypervisor hides what it is.
  let kind: String?

  static func all(_ snapshot: Snapshot) -> [LeafDisk] {
    (snapshot.names("/sys/block") ?? []).compactMap { LeafDisk($0, snapshot) }
  }

  init?(_ name: String, _ snapshot: Snapshot) {
    let skipped = [
      "loop", "ram", "zram", "sr", "fd", "md", "dm-", "nbd", "rbd", "drbd", "zd",
    ]
    guard !skipped.contains(where: { name.hasPrefix($0) }) else { return nil }
    let base = "/sys/block/\(name)"
    guard let schedulers = snapshot.text(base + "/queue/scheduler").value, schedulers != "none"
    else { return nil }
    self.name = name
    if name.hasPrefix("nvme") {
      guard !name.dropFirst(4).contains("c") else { return nil }
      kind = "nvme"
    } else if name.hasPrefix("vd") {
      kind = "virtio"
    } else if name.hasPrefix("sd") {
      let maker =
        (snapshot.text(base + "/device/vendor").value ?? "")
        + (snapshot.text(base + "/device/model").value ?? "")
      let hidden = ["QEMU", "VMware", "Msft", "VBOX", "Virtio"].contains { maker.contains($0) }
      switch (hidden, snapshot.text(base + "/queue/rotational").value) {
      case (false, "0"?): kind = "ssd"
      case (false, "1"?): kind = "hdd"
      default: kind = nil
      }
    } else {
      kind = nil
    }
  }

  /// The udev rule that sets an attribute of all devices of this kind.
  func udevRule(_ attribute: String, _ value: String) -> String {
    let match =
      switch kind {
      case "nvme": "KERNEL==\"nvme[0-9]*n[0-9]*\""
      case "ssd": "KERNEL==\"sd[a-z]*\", ATTR{queue/rotational}==\"0\""
      case "hdd": "KERNEL==\"sd[a-z]*\", ATTR{queue/rotational}==\"1\""
      case "virtio": "KERNEL==\"vd[a-z]*\""
      default: "KERNEL==\"\(name)\""
      }
    return "ACTION==\"add|change\", \(match), ATTR{\(attribute)}=\"\(value)\""
  }
}
