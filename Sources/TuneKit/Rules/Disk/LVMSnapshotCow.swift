/// Classic snapshots: every first write is copied.
struct LVMSnapshotCow: Rule {
  static let about = RuleInfo(
    id: "lvm.snapshot-cow", title: "No classic LVM snapshot runs full",
    severity: Severities(.warning),
    rationale: "A classic snapshot copies every first write of its origin, and is dropped when it "
      + "is full.",
    cost: "Merging or removing it.",
    notWhen: "Thin snapshots; a snapshot of a day or less, or of a volume no guest uses, with room "
      + "left.",
    sources: [.article("§4.1"), .text("lvmsnapshot: lvcreate(8)")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context) }
  }

  private struct Found {
    var evidence: [Evidence] = []
    var full: [String] = []
    var old: [String] = []
    var missing: String?
  }

  private static func verdict(_ context: Context) -> Verdict {
    let file = VirtualFile.json(context.facts.snapshot, "lvm.json")
    var found = Found()
    fill(file.value?["snapshots"]?.arrayValue ?? [], &found)
    age(context, &found)
    if !found.full.isEmpty || !found.old.isEmpty {
      return .violated(
        Violation(
          (found.full + found.old).joined(separator: ", ")
            + (found.full.isEmpty
              ? "; each first write of the guest is copied" : "; a full snapshot is dropped"),
          severity: found.full.isEmpty ? .warning : .critical, evidence: found.evidence,
          remedy: .advice("merge or remove the snapshot, or extend it")))
    }
    if let missing = found.missing { return .unknown(missing) }
    guard file.value != nil else { return .missing(file) }
    return found.evidence.isEmpty
      ? .notApplicable("no classic snapshot") : .satisfied(found.evidence)
  }

  private static func fill(_ list: [JSONValue], _ found: inout Found) {
    for entry in list {
      let name = (entry["name"]?.stringValue ?? "snapshot").printable
      // The kernel's word for a snapshot that ran full.
      if entry["status"]?.stringValue?.hasPrefix("Invalid") == true {
        found.evidence.append(Evidence(name, observed: "invalid", expected: "at most 70"))
        found.full.append("\(name) ran full and is lost")
        continue
      }
      guard let percent = entry["percent"]?.doubleValue else {
        found.missing = "/tuned-vm/lvm.json: '\(name)' has no percent"
        continue
      }
      found.evidence.append(Evidence(name, observed: "\(percent)", expected: "at most 70"))
      if percent > 70 { found.full.append("\(name) is \(percent) % full") }
    }
  }

  /// Snapshots that LVM made two days ago or earlier, of volumes that guests use.
  private static func age(_ context: Context, _ found: inout Found) {
    guard let today = CalendarDay.number(of: context.today) else { return }
    let used = Set(
      context.facts.domains.flatMap { domain in
        domain.current.devices.disks.compactMap(\.blockPath)
      })
    for item in LVMSnapshot.all(context.facts.snapshot) {
      guard let created = item.createdAt, created > 0, !used.isDisjoint(with: item.originPaths)
      else { continue }
      let days = today - created / 86_400
      let name = item.mappedName.printable
      found.evidence.append(
        Evidence(
          "/etc/lvm/backup/\(item.group.printable) \(name)", observed: "\(days) days old",
          expected: "at most 1 day"))
      if days >= 2 { found.old.append("\(name) is \(days) days old") }
    }
  }

  private static func host(_ percent: String) -> Snapshot {
    .exampleHost().with(
      "/tuned-vm/lvm.json",
      "{\"thinPools\":[],\"snapshots\":[{\"name\":\"vg0-db1--snap\",\"percent\":\(percent)}]}")
  }

  /// LVM's own record of a snapshot of vg0/db1, and a guest on that volume.
  private static func recorded(_ created: Int, disk: String = "/dev/vg0/db1") -> Snapshot {
    host("30.0").with(
      "/etc/lvm/backup/vg0",
      """
      vg0 {
      logical_volumes {
      db1-snap {
      creation_time = \(created)\t# 2025
      segment1 {
      type = "striped"
      }
      }
      snapshot0 {
      segment1 {
      type = "snapshot"
      origin = "db1"
      cow_store = "db1-snap"
      }
      }
      }
      }

      """
    ).withDomain(
      DomainXML.example(
        devices: "<disk type='block' device='disk'><driver name='qemu' type='raw' cache='none'/>"
          + "<source dev='\(disk)'/><target dev='vda' bus='virtio'/></disk>"))
  }

  static let examples = [
    Example("room enough", host("30.0"), .satisfied),
    Example(
      "none",
      .exampleHost().with("/tuned-vm/lvm.json", "{\"thinPools\":[],\"snapshots\":[]}"),
      .notApplicable),
    Example("nobody asked", .exampleHost(), .unknown),
    Example("of today", recorded(1_767_225_600), .satisfied),
    Example("of a volume no guest uses", recorded(1_764_547_200, disk: "/dev/sdz"), .satisfied),
    Example("a month old", recorded(1_764_547_200), .violated(.warning)),
    Example("nearly full", host("85.0"), .violated(.critical)),
    Example("without a number", host("null"), .unknown),
    Example("just at the limit", host("70.0"), .satisfied),
    Example(
      "ran full",
      host("100.0").with(
        "/tuned-vm/lvm.json",
        "{\"thinPools\":[],\"snapshots\":[{\"name\":\"vg0-db1--snap\",\"status\":\"Invalid\"}]}"),
      .violated(.critical)),
    Example("two days old", recorded(1_767_052_800), .violated(.warning)),
    Example("of yesterday", recorded(1_767_139_200), .satisfied),
  ]
}
