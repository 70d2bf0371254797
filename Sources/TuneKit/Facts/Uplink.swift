// From a guest's interface to the host's card behind it.

extension Facts {
  /// The host interface that carries a guest's interface: the device of a direct one, or the only
  /// physical card, bond or VLAN of its bridge. Nil where there is none, several, or nobody can
  /// tell.
  public func uplink(of nic: DomainInterface) -> NetworkInterface? {
    guard let interfaces = interfaces.value else { return nil }
    let network = network(of: nic)
    switch nic.type {
    case "direct": return interfaces.first { $0.name == nic.sourceDevice }
    case "network" where ["bridge", "private", "vepa", "passthrough"].contains(network?.mode):
      if let network, network.bridge == nil {
        return network.devices.count == 1
          ? interfaces.first { $0.name == network.devices[0] } : nil
      }
      fallthrough
    case "bridge", "network", "ethernet":
      guard let bridge = bridge(of: nic) else { return nil }
      return uplink(ofBridge: bridge, interfaces)
    default: return nil
    }
  }

  /// The bridge of the host that a guest's interface is plugged into; nil where there is none or
  /// nobody can tell.
  public func bridge(of nic: DomainInterface) -> String? {
    if let bridge = nic.bridge { return bridge }
    if let tap = nic.target,
      let master = interfaces.value?.first(where: { $0.name == tap })?.master
    {
      return master
    }
    return network(of: nic)?.bridge
  }

  /// The physical cards that carry an interface of the host: itself, or what is below its VLANs,
  /// bonds and bridges.
  public func cards(below interface: NetworkInterface) -> [NetworkInterface] {
    guard let all = interfaces.value else { return [] }
    var pending = [interface]
    var seen: Set<String> = []
    var cards: [NetworkInterface] = []
    while let next = pending.popLast(), seen.count < 256 {
      guard seen.insert(next.name).inserted else { continue }
      if next.kind == .physical {
        cards.append(next)
        continue
      }
      pending += all.filter {
        ($0.master == next.name || next.lower.contains($0.name)) && !isGuestEnd($0)
      }
    }
    return cards.sorted { $0.name < $1.name }
  }

  private func uplink(ofBridge name: String, _ interfaces: [NetworkInterface]) -> NetworkInterface?
  {
    let members = interfaces.filter { $0.master == name && !isGuestEnd($0) }
    return members.count == 1 ? members[0] : nil
  }

  private func isGuestEnd(_ interface: NetworkInterface) -> Bool {
    switch interface.kind {
    case .tap, .veth, .macvtap: true
    default: false
    }
  }
}
