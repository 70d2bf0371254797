// From a guest's interface to the host's card behind it.

extension Facts {
  /// The host interface that carries a guest's interface: the device of a direct one, or the only
  /// physical card, bond or VLAN of its bridge. Nil where there is none, several, or nobody can
  /// tell.
  public func uplink(of nic: DomainInterface) -> NetworkInterface? {
    guard let interfaces = interfaces.value else { return nil }
    switch nic.type {
    case "direct": return interfaces.first { $0.name == nic.sourceDevice }
    case "bridge", "network", "ethernet":
      let bridge = nic.bridge ?? tapBridge(nic.target, interfaces)
      guard let bridge else { return nil }
      return uplink(ofBridge: bridge, interfaces)
    default: return nil
    }
  }

  private func tapBridge(_ tap: String?, _ interfaces: [NetworkInterface]) -> String? {
    interfaces.first { $0.name == tap }?.master
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
