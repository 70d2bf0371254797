// libvirt's virtual networks: what `<interface type='network'>` leads to.

/// A network of libvirt.
public struct VirtualNetwork: Sendable, Equatable {
  /// Its name.
  public let name: String
  /// `forward/@mode`: `nat`, `route`, `open`, `bridge`, `private`, `vepa`, `passthrough`,
  /// `hostdev`; nil for an isolated network.
  public let mode: String?
  /// `bridge/@name`.
  public let bridge: String?
  /// `forward/@dev` and `forward/interface/@dev`.
  public let devices: [String]
  /// `virtualport/@type`.
  public let virtualPort: String?

  /// All networks by name. Missing where their directory was not listed.
  static func all(in snapshot: Snapshot) -> Known<[String: VirtualNetwork]> {
    let directories = ["/etc/libvirt/qemu/networks", "/run/libvirt/network"]
    guard let directory = directories.first(where: { snapshot.names($0) != nil }) else {
      return Known(missing: "was not read", from: directories[0])
    }
    var result: [String: VirtualNetwork] = [:]
    for directory in directories {
      for name in snapshot.names(directory) ?? [] where name.hasSuffix(".xml") {
        guard let text = snapshot.raw("\(directory)/\(name)").value,
          let document = try? XMLDocument(text), let network = VirtualNetwork(document),
          result[network.name] == nil
        else { continue }
        result[network.name] = network
      }
    }
    return Known(result, from: directory)
  }

  private init?(_ document: XMLDocument) {
    var root = document.root
    if root.name == "networkstatus" { root = root.first("network") ?? root }
    guard root.name == "network", let name = root.first("name")?.text.trimmedBlanks, !name.isEmpty
    else { return nil }
    self.name = name
    let forward = root.first("forward")
    mode = forward.map { $0["mode"] ?? "nat" }
    bridge = root.first("bridge")?["name"]
    devices =
      (forward?["dev"].map { [$0] } ?? [])
      + (forward?.all("interface").compactMap { $0["dev"] } ?? [])
    virtualPort = root.first("virtualport")?["type"]
  }
}

extension Facts {
  /// The network of an interface of type network; nil for other types and where nobody can tell.
  func network(of nic: DomainInterface) -> VirtualNetwork? {
    guard nic.type == "network", let name = nic.network else { return nil }
    return networks.value?[name]
  }

  /// Whether an interface gives the guest a function of a card; nil where it names a network that
  /// nobody knows.
  func isPassedThrough(_ nic: DomainInterface) -> Bool? {
    if nic.type == "hostdev" { return true }
    guard nic.type == "network" else { return false }
    return network(of: nic).map { $0.mode == "hostdev" }
  }
}
