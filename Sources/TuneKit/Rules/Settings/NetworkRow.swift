// Socket settings of the host itself.

extension SettingTable {
  static let netSysctl = SettingRow(
    about: RuleInfo(
      id: "net.sysctl", title: "The host's own sockets are set for the profile",
      severity: Severities(.off, [.network: .info, .throughput: .info]),
      rationale: "Migration, NFS and iSCSI run through the host's sockets: short accept queues, "
        + "small windows and sleeping readers limit them.",
      cost: "Memory for large windows; CPU for polling.",
      notWhen: "The host only bridges guest traffic: its own sockets are not used.",
      sources: [
        .link("https://docs.kernel.org/admin-guide/sysctl/net.html"),
        .text("TuneD network-latency, network-throughput"),
      ]),
    knobs: [
      "net.core.busy_read", "net.core.busy_poll", "net.core.somaxconn", "net.ipv4.tcp_rmem",
      "net.ipv4.tcp_wmem",
    ],
    wish: { context in
      if onlyBridges(context) {
        return .none(.notApplicable("the host only bridges guest traffic"))
      }
      var items: [KnobItem] = ["net.core.busy_read", "net.core.busy_poll"].compactMap { knob in
        context.wanted(knob).map { .sysctl(knob, .equal($0.value.text)) }
      }
      let least = context.wanted("net.core.somaxconn").flatMap { Int($0.value.text) } ?? 2048
      items.append(
        .sysctl("net.core.somaxconn", .atLeast(least), written: "\(max(least, 4096))"))
      items += windows(context)
      return .values(
        items,
        KnobJudge.Wording(because: "storage, migration and control traffic waits or is cut short"))
    },
    examples: [
      Example("set", ready, under: .network, .satisfied),
      Example(
        "only bridged guest traffic",
        .exampleHost().with("/proc/mounts", "/dev/sda1 / ext4 rw 0 0\n")
          .withDomain(DomainXML.example(devices: bridged)), under: .network, .notApplicable),
      Example("readers sleep", .exampleHost(), under: .network, .violated(.info)),
      Example(
        "short queue", .exampleHost().with("/proc/sys/net/core/somaxconn", "128\n"),
        under: .throughput, .violated(.info)),
      Example(
        "unreadable", ready.withUnreadable("/proc/sys/net/core/somaxconn"), under: .network,
        .unknown),
    ])

  private static let bridged =
    "<interface type='bridge'><mac address='52:54:00:00:00:01'/><source bridge='br0'/>"
    + "<model type='virtio'/></interface>"
  private static let ready = Snapshot.exampleHost()
    .with("/proc/sys/net/core/busy_read", "50\n").with("/proc/sys/net/core/busy_poll", "50\n")

  /// The largest window of `min default max` is at least 16 MiB.
  private static func windows(_ context: Context) -> [KnobItem] {
    ["net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"].compactMap { key in
      if let wanted = context.wanted(key) { return .sysctl(key, .equal(wanted.value.text)) }
      let path = Snapshot.knobPath(sysctl: key)
      let reading = context.facts.snapshot.text(path)
      let numbers = (reading.value ?? "").words.compactMap { Int($0) }
      // What isn't three numbers is no value to compare: the answer is unknown.
      guard numbers.count == 3 else { return .sysctl(key, .atLeast(16_777_216)) }
      let most = max(numbers[2], 16_777_216)
      return .sysctl(key, .equal("\(numbers[0]) \(numbers[1]) \(most)"))
    }
  }

  private static func onlyBridges(_ context: Context) -> Bool {
    guard let mounts = context.facts.snapshot.raw("/proc/mounts").value else { return false }
    let network: Set<Substring> = [
      "nfs", "nfs4", "ceph", "cifs", "smb3", "glusterfs", "fuse.glusterfs", "gfs2", "ocfs2",
      "lustre", "beegfs", "9p",
    ]
    let mountsNetwork = mounts.lines.contains { line in
      let words = line.words
      return words.count > 2 && network.contains(words[2])
    }
    let definitions = context.facts.domains.map(\.current)
    let interfaces = definitions.flatMap(\.devices.interfaces)
    return !mountsNetwork && !interfaces.isEmpty
      && interfaces.allSatisfy { ["bridge", "network", "direct"].contains($0.type) }
      && !definitions.contains { $0.devices.disks.contains { $0.type == "network" } }
  }
}
