// Bridges, ports and polling threads of Open vSwitch, from its database (`/tuned-vm/ovs.json`).

/// Open vSwitch as its database describes it (ovs-vswitchd.conf.db(5)).
struct VirtualSwitch: Sendable {
  /// One interface; a port has one, or several where it is a bond.
  struct Interface: Sendable, Equatable {
    /// Its name.
    let name: String
    /// `dpdk`, `dpdkvhostuser`, `dpdkvhostuserclient`, `patch`, `internal` …
    let type: String
    /// `options`.
    let options: [String: String]
    /// `other_config`.
    let settings: [String: String]

    /// The PCI device behind a DPDK port, or its MAC address; nil where it names none.
    var card: Card? {
      guard type == "dpdk" else { return nil }
      let words = (options["dpdk-devargs"] ?? "").split(separator: ",")
      // A port that stands for a virtual function leads to a guest, not out of the host.
      guard !words.contains(where: { $0.hasPrefix("representor=") }) else { return nil }
      let mac = words.first { $0.hasPrefix("mac=") }.map { $0.dropFirst(4).lowercased() }
      return Card(name: name, address: words.first.flatMap { Self.address($0) }, mac: mac)
    }

    /// DPDK takes `3b:00.0` for `0000:3b:00.0`.
    private static func address(_ text: Substring) -> String? {
      let full = (text.count { $0 == ":" } == 1 ? "0000:" : "") + text.lowercased()
      return PCIDevice.lastAddress(in: full)
    }

    /// The CPUs that `pmd-rxq-affinity` names: `0:3,1:7` are queue and CPU.
    var pinnedPollers: CPUSet {
      let pairs = (settings["pmd-rxq-affinity"] ?? "").split(separator: ",")
      return CPUSet(
        pairs.compactMap { pair in
          pair.split(separator: ":").last.flatMap { Int($0) }.flatMap {
            $0 >= 0 && $0 < CPUSet.limit ? $0 : nil
          }
        })
    }
  }

  /// A card that a DPDK port polls.
  struct Card: Sendable, Equatable {
    /// The port's name.
    let name: String
    /// Its PCI address; nil where the port doesn't name one.
    let address: String?
    /// Its MAC address, where the port names it by that.
    let mac: String?
  }

  /// `other_config` of the whole switch.
  let settings: [String: String]
  /// All interfaces.
  let interfaces: [Interface]
  /// Names of the bridges.
  let bridges: [String]
  /// The interfaces of each bridge, by their place.
  private let members: [[Int]]
  /// The bridge of each interface, by places.
  private let bridgeOf: [Int: Int]

  /// The rows of the tables, as RFC 7047 writes them.
  init(_ tables: JSONValue) {
    settings = Self.map(tables["Open_vSwitch"]?[0]?["other_config"])
    let rows = tables["Interface"]?.arrayValue ?? []
    interfaces = rows.map { row in
      Interface(
        name: row["name"]?.stringValue ?? "", type: row["type"]?.stringValue ?? "",
        options: Self.map(row["options"]), settings: Self.map(row["other_config"]))
    }
    var placeOf: [String: Int] = [:]
    for (place, row) in rows.enumerated() {
      for id in Self.ids(row["_uuid"]) { placeOf[id] = place }
    }
    var interfacesOf: [String: [Int]] = [:]
    for row in tables["Port"]?.arrayValue ?? [] {
      let places = Self.ids(row["interfaces"]).compactMap { placeOf[$0] }
      for id in Self.ids(row["_uuid"]) { interfacesOf[id] = places }
    }
    let found = tables["Bridge"]?.arrayValue ?? []
    bridges = found.map { $0["name"]?.stringValue ?? "" }
    members = found.map { row in Self.ids(row["ports"]).flatMap { interfacesOf[$0] ?? [] } }
    bridgeOf = Dictionary(
      members.enumerated().flatMap { bridge, places in places.map { ($0, bridge) } },
      uniquingKeysWith: { first, _ in first })
  }

  /// The place of the interface that serves a vhost-user socket. One that Open vSwitch connects to
  /// names its path; one that it makes has the file's name.
  func place(ofSocket path: String) -> Int? {
    let wanted = Self.plain(path)
    let file = wanted.split(separator: "/").last.map(String.init)
    return interfaces.firstIndex { interface in
      switch interface.type {
      case "dpdkvhostuserclient":
        interface.options["vhost-server-path"].map { Self.plain($0) } == wanted
      case "dpdkvhostuser": interface.name == file
      default: false
      }
    }
  }

  /// The name of an interface's bridge; nil where it is in none.
  func bridge(ofInterface place: Int) -> String? { bridgeOf[place].map { bridges[$0] } }

  /// The cards of an interface's bridge and of those that patch ports connect with it.
  func cards(near place: Int) -> [Card] {
    guard let start = bridgeOf[place] else { return [] }
    let byName = Dictionary(
      interfaces.enumerated().map { ($0.element.name, $0.offset) },
      uniquingKeysWith: { first, _ in first })
    var pending = [start]
    var seen: Set<Int> = [start]
    var cards: [Card] = []
    while let bridge = pending.popLast() {
      for member in members[bridge] {
        let interface = interfaces[member]
        if let card = interface.card { cards.append(card) }
        guard interface.type == "patch",
          let next = interface.options["peer"].flatMap({ byName[$0] }).flatMap({ bridgeOf[$0] }),
          seen.insert(next).inserted
        else { continue }
        pending.append(next)
      }
    }
    return cards.sorted { $0.name < $1.name }
  }

  /// `/var/run` is a link to `/run`.
  private static func plain(_ path: String) -> String {
    path.hasPrefix("/var/run/") ? String(path.dropFirst(4)) : path
  }

  /// A map: `["map", [["key", "value"] …]]`.
  static func map(_ value: JSONValue?) -> [String: String] {
    let pairs = value?[1]?.arrayValue ?? []
    return Dictionary(
      pairs.compactMap { pair in
        guard let key = pair[0]?.stringValue, let value = pair[1]?.stringValue else { return nil }
        return (key, value)
      }, uniquingKeysWith: { first, _ in first })
  }

  /// UUIDs of rows: `["uuid", "…"]`, or several in `["set", […]]`.
  private static func ids(_ value: JSONValue?) -> [String] {
    switch value?[0]?.stringValue {
    case "uuid": value?[1]?.stringValue.map { [$0] } ?? []
    case "set":
      (value?[1]?.arrayValue ?? []).compactMap { member in
        member[0]?.stringValue == "uuid" ? member[1]?.stringValue : nil
      }
    default: []
    }
  }
}

/// What handles the packets of a guest's vhost-user interface.
struct VhostUserPort: Sendable {
  /// The switch's name for it.
  let name: String
  /// Its bridge.
  let bridge: String
  /// The cards that its packets may come from, with their PCI devices where those are known.
  let cards: [(name: String, device: PCIDevice?)]
  /// CPUs of the threads that may poll it, and the setting that says so; nil where nobody chose
  /// them: then there is a thread on each node.
  let pollers: (cpus: CPUSet, setting: String)?
}

extension Facts {
  /// What serves a vhost-user interface; missing where nobody knows.
  func vhostUserPort(of nic: DomainInterface) -> Known<VhostUserPort> {
    guard let path = nic.socketPath else {
      return Known(missing: "names no socket", from: nic.node.xpath + "/source")
    }
    guard let ovs = virtualSwitch.value else {
      return Known(
        missing:
          "\(virtualSwitch.missingReason ?? ""); what serves '\(path.printable)' isn't known",
        from: virtualSwitch.source)
    }
    guard let place = ovs.place(ofSocket: path), let bridge = ovs.bridge(ofInterface: place) else {
      return Known(
        missing: "no bridge has a port at '\(path.printable)'; another program may serve it",
        from: virtualSwitch.source)
    }
    let port = ovs.interfaces[place]
    return Known(
      VhostUserPort(
        name: port.name.printable, bridge: bridge.printable,
        cards: ovs.cards(near: place).map { ($0.name.printable, device(of: $0)) },
        pollers: pollers(of: port, ovs)), from: virtualSwitch.source)
  }

  /// The card whose node the solver shall keep a vhost-user interface near; nil where there is none,
  /// or several on different nodes.
  func cardOfVhostUser(_ nic: DomainInterface) -> String? {
    guard nic.type == "vhostuser", let cards = vhostUserPort(of: nic).value?.cards else {
      return nil
    }
    let devices = cards.compactMap(\.device)
    guard devices.count == cards.count, Set(devices.map { node(of: $0) }).count == 1 else {
      return nil
    }
    return devices[0].address
  }

  /// The node of a card; a virtual function sits where its card does.
  func node(of device: PCIDevice) -> Int? {
    device.numaNode
      ?? device.physicalFunction.flatMap { name in
        pciDevices.value?.first { $0.address == name }?.numaNode
      }
  }

  private func device(of card: VirtualSwitch.Card) -> PCIDevice? {
    let address =
      card.address
      ?? card.mac.flatMap { mac in
        interfaces.value?.first {
          $0.kind == .physical && snapshot.text($0.path("address")).value == mac
        }?.pci
      }
    return pciDevices.value?.first { $0.address == address }
  }

  /// Pinned queues are polled where they are pinned, others by any thread of the mask; what is not
  /// in the mask has no thread.
  private func pollers(
    of port: VirtualSwitch.Interface, _ ovs: VirtualSwitch
  ) -> (cpus: CPUSet, setting: String)? {
    let mask = ovs.settings["pmd-cpu-mask"].flatMap { CPUSet(mask: $0) }
    let pinned = mask.map { port.pinnedPollers.intersection($0) } ?? port.pinnedPollers
    if !pinned.isEmpty { return (pinned, "\(port.name.printable) pmd-rxq-affinity") }
    return mask.map { ($0, "pmd-cpu-mask") }
  }
}
