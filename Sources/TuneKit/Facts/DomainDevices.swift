// All devices of a definition.

/// The `<devices>` of a definition.
public struct DomainDevices: Sendable {
  /// The memory balloon.
  public struct Balloon: Sendable {
    /// The element.
    public let node: XMLNode
    /// `virtio`, `none` …
    public let model: String
    /// `stats/@period` in seconds.
    public let statsPeriod: Int?
    /// `autodeflate`.
    public let autodeflate: Bool
    /// `freePageReporting`.
    public let freePageReporting: Bool
  }

  /// A display.
  public struct Graphics: Sendable {
    /// The element.
    public let node: XMLNode
    /// `vnc`, `spice`, `rdp` …
    public let type: String
    /// Addresses it listens on, as written.
    public let addresses: [String]
    /// Whether a password is set (the definition may have been read without it).
    public let hasPassword: Bool
  }

  /// The `<devices>` element; nil where absent.
  public let node: XMLNode?
  /// Disks of all kinds, in order.
  public let disks: [DomainDisk]
  /// Controllers.
  public let controllers: [DomainController]
  /// Network interfaces.
  public let interfaces: [DomainInterface]
  /// Passed-through devices.
  public let hostDevices: [DomainHostDevice]
  /// The balloon; nil where absent (libvirt adds a virtio one).
  public let balloon: Balloon?
  /// Displays.
  public let graphics: [Graphics]

  /// All devices of an element name, for those without a type of their own: `video`, `sound`,
  /// `input`, `tpm`, `rng`, `channel`, `filesystem`, `shmem`, `parallel`, `watchdog` …
  public func all(_ name: String) -> [XMLNode] { node?.all(name) ?? [] }

  init(_ domain: XMLNode, key: String) throws(DomainError) {
    node = domain.first("devices")
    let devices = node
    func nodes(_ name: String) -> [XMLNode] { devices?.all(name) ?? [] }

    var disks: [DomainDisk] = []
    var namer = SubjectNamer(
      key: key, kind: "disk", nodes("disk").map { $0.first("target")?["dev"] })
    for disk in nodes("disk") { disks.append(try DomainDisk(disk, subjectName: namer.next())) }
    self.disks = disks

    var controllers: [DomainController] = []
    namer = SubjectNamer(
      key: key, kind: "controller",
      nodes("controller").map { node in
        node["type"].flatMap { type in node["index"].map { type + $0 } }
      })
    for node in nodes("controller") {
      controllers.append(try DomainController(node, subjectName: namer.next()))
    }
    self.controllers = controllers

    var interfaces: [DomainInterface] = []
    namer = SubjectNamer(
      key: key, kind: "interface", nodes("interface").map { $0.first("mac")?["address"] })
    for node in nodes("interface") {
      interfaces.append(try DomainInterface(node, subjectName: namer.next()))
    }
    self.interfaces = interfaces

    var names: [String?] = []
    for node in nodes("hostdev") {
      let address = node.descend("source/address")
      names.append(
        node["type"] == "pci" ? try PCIAddress.text(of: address) : address?["uuid"])
    }
    var hostDevices: [DomainHostDevice] = []
    namer = SubjectNamer(key: key, kind: "hostdev", names)
    for node in nodes("hostdev") {
      hostDevices.append(try DomainHostDevice(node, subjectName: namer.next()))
    }
    self.hostDevices = hostDevices

    balloon = try devices?.first("memballoon").map { node throws(DomainError) in
      Balloon(
        node: node, model: node["model"] ?? "virtio",
        statsPeriod: try node.first("stats")?.number("period"),
        autodeflate: node.flag("autodeflate") ?? false,
        freePageReporting: node.flag("freePageReporting") ?? false)
    }
    graphics = nodes("graphics").map { node in
      var addresses = node["listen"].map { [$0] } ?? []
      for listen in node.all("listen") {
        if let address = listen["address"], !addresses.contains(address) {
          addresses.append(address)
        }
      }
      return Graphics(
        node: node, type: node["type"] ?? "", addresses: addresses,
        hasPassword: node["passwd"] != nil)
    }
  }
}

/// Names the parts of a domain: their natural name, or the kind and its place where that is
/// missing or repeats.
struct SubjectNamer {
  private let names: [String]
  private var position = 0

  init(key: String, kind: String, _ natural: [String?]) {
    var counts: [String: Int] = [:]
    for name in natural { if let name, !name.isEmpty { counts[name, default: 0] += 1 } }
    names = natural.enumerated().map { place, name in
      guard let name, counts[name] == 1 else { return "\(key)/\(kind)\(place + 1)" }
      return "\(key)/\(name)"
    }
  }

  mutating func next() -> String {
    defer { position += 1 }
    return position < names.count ? names[position] : ""
  }
}
