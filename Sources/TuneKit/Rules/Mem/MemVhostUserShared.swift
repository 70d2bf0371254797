/// vhost-user and virtiofs are processes that must see the guest's memory.
struct MemVhostUserShared: Rule {
  static let about = RuleInfo(
    id: "mem.vhostuser-shared",
    title: "Guests with vhost-user devices share their memory",
    severity: Severities(.critical),
    rationale: "The switch or file server works in guest memory; where it is private, the guest "
      + "starts without a network or does not start at all.",
    cost: "Shared memory comes from a memory file; without huge pages it is shmem, which "
      + "transparent huge pages back only where they are enabled for it.",
    notWhen: "Neither a vhost-user interface nor virtiofs; every guest cell says "
      + "`memAccess='shared'`.",
    sources: [
      .link("https://libvirt.org/formatdomain.html"),
      .link("https://libvirt.org/kbase/virtiofs.html"),
    ])

  static func evaluate(_ context: Context) -> [Judgement] { context.judgeDomains(judge) }

  private static func judge(_ domain: Domain) -> Verdict {
    let definition = domain.definition
    let usesVhostUser = definition.devices.interfaces.contains { $0.type == "vhostuser" }
    let usesVirtiofs = definition.devices.all("filesystem").contains {
      $0.first("driver")?["type"] == "virtiofs"
    }
    let devices = definition.devices
    let usesDisk =
      devices.disks.contains { $0.type == "vhostuser" }
      || devices.all("video").contains { $0.first("driver")?["name"] == "vhostuser" }
    guard usesVhostUser || usesVirtiofs || usesDisk else {
      return .notApplicable("no device needs shared memory")
    }
    let memory = definition.memory
    let evidence = [
      definition.evidence("memoryBacking/access/@mode", memory.access, "shared")
    ]
    let cells = definition.cpu?.cells ?? []
    let isShared =
      cells.isEmpty
      ? memory.access == "shared"
      : cells.allSatisfy { ($0.memAccess ?? memory.access) == "shared" }
    if isShared { return .satisfied(evidence) }
    var edits: [XMLEdit] = [
      .setAttribute("memoryBacking/access", name: "mode", value: "shared")
    ]
    if memory.hugepages == nil, memory.source == nil {
      edits.insert(
        .setAttribute("memoryBacking/source", name: "type", value: "memfd"), at: 0)
    }
    for cell in cells where cell.memAccess != nil && cell.memAccess != "shared" {
      edits.append(.setAttribute(cell.node.path, name: "memAccess", value: "shared"))
    }
    let what =
      usesVhostUser ? "a vhost-user interface" : usesVirtiofs ? "virtiofs" : "a vhost-user device"
    return .violated(
      Violation(
        "\(domain.key) has \(what) but keeps its memory private", evidence: evidence,
        remedy: .edit(domain, "share the guest's memory", edits)))
  }

  private static let card =
    "<interface type='vhostuser'><mac address='52:54:00:00:00:01'/>"
    + "<source type='unix' path='/s' mode='client'/><model type='virtio'/></interface>"
  private static let share =
    "<filesystem type='mount'><driver type='virtiofs'/><source dir='/a'/><target dir='a'/>"
    + "</filesystem>"

  private static func guest(_ extra: String, _ devices: String) -> Snapshot {
    .example(domains: DomainXML.example(extra: extra, devices: devices))
  }

  static let examples: [Example] = [
    Example(
      "shared", guest("<memoryBacking><access mode='shared'/></memoryBacking>", card), .satisfied),
    Example(
      "every cell shares",
      guest(
        "<cpu><numa><cell id='0' cpus='0-3' memory='4' unit='GiB' memAccess='shared'/></numa></cpu>",
        card), .satisfied),
    Example("nothing needs it", guest("", ""), .notApplicable),
    Example("vhost-user over private memory", guest("", card), .violated(.critical)),
    Example("virtiofs over private memory", guest("", share), .violated(.critical)),
    Example(
      "one cell is private",
      guest(
        "<memoryBacking><access mode='shared'/></memoryBacking><cpu><numa>"
          + "<cell id='0' cpus='0-1' memory='2' unit='GiB'/>"
          + "<cell id='1' cpus='2-3' memory='2' unit='GiB' memAccess='private'/></numa></cpu>", card
      ), .violated(.critical)),
    Example(
      "a disk of a vhost-user server",
      guest(
        "",
        "<disk type='vhostuser' device='disk'><driver name='qemu' type='raw'/>"
          + "<source type='unix' path='/s'/><target dev='vda' bus='virtio'/></disk>"),
      .violated(.critical)),
  ]
}
