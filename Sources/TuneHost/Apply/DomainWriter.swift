// Definitions and running guests through libvirt, over a connection that may write.

import TuneKit

/// Changes domains. Definitions are read with passwords, or a define would lose them; they go into
/// the journal and nowhere else.
final class DomainWriter {
  private let system: System
  private var connections: [String: LibvirtConnection] = [:]

  init(_ system: System) { self.system = system }

  private func connection(_ uri: String) throws(SystemError) -> LibvirtConnection {
    if let open = connections[uri] { return open }
    do {
      let made = try LibvirtConnection(uri, readOnly: false)
      connections[uri] = made
      return made
    } catch {
      throw SystemError("connect to", uri, reason: error.reason)
    }
  }

  /// The domain's address; nil where libvirt knows none of this name.
  func address(uri: String, name: String) throws(SystemError) -> DomainAddress? {
    guard let domain = try connection(uri).domain(name), let uuid = domain.uuid else { return nil }
    return DomainAddress(uri: uri, uuid: uuid, name: domain.name)
  }

  private func domain(_ address: DomainAddress) throws(SystemError) -> LibvirtDomain {
    guard let domain = try connection(address.uri).domain(address.uuid) else {
      throw SystemError("find domain", address.name, reason: "libvirt doesn't know it any more")
    }
    return domain
  }

  /// The definition of the next start, with passwords.
  func definition(_ address: DomainAddress) throws(SystemError) -> String {
    let domain = try domain(address)
    guard domain.isPersistent else {
      throw SystemError("read definition of", address.name, reason: "the domain is transient")
    }
    do {
      return try domain.xml(inactive: true, secure: true)
    } catch {
      throw SystemError("read definition of", address.name, reason: error.reason)
    }
  }

  /// Stores a definition and gives libvirt's own form of it.
  ///
  /// libvirt validates it against its schema; one that was invalid before can't be judged so.
  func define(_ text: String, _ address: DomainAddress, validate: Bool) throws(SystemError)
    -> String
  {
    let connection = try connection(address.uri)
    _ = try system.other("define", address.name) {
      try connection.define(text, validate: validate)
    }
    return try definition(address)
  }

  /// Whether the guest runs.
  func isRunning(_ address: DomainAddress) throws(SystemError) -> Bool {
    switch try domain(address).state {
    case .running, .paused: true
    default: false
    }
  }

  /// What a call would replace, from the running guest's own definition.
  func current(_ call: LiveCall, _ address: DomainAddress, online: CPUSet) throws(SystemError)
    -> LiveCall
  {
    let domain = try domain(address)
    let text: String
    do {
      text = try domain.xml(inactive: false)
    } catch {
      throw SystemError("read state of", address.name, reason: error.reason)
    }
    guard let document = try? XMLDocument(text) else {
      throw SystemError("read state of", address.name, reason: "its definition is malformed")
    }
    let root = document.baseNode
    func list(_ text: String?) -> CPUSet? { text.flatMap { CPUSet(list: $0) } }
    let everywhere = list(root.first("vcpu")?["cpuset"]) ?? online
    let tune = root.first("cputune")
    switch call {
    case .pinVCPU(let number, _):
      let pin = tune?.all("vcpupin").first { $0["vcpu"] == "\(number)" }
      return .pinVCPU(number, list(pin?["cpuset"]) ?? everywhere)
    case .pinEmulator:
      return .pinEmulator(list(tune?.first("emulatorpin")?["cpuset"]) ?? everywhere)
    case .pinIOThread(let number, _):
      let pin = tune?.all("iothreadpin").first { $0["iothread"] == "\(number)" }
      return .pinIOThread(number, list(pin?["cpuset"]) ?? everywhere)
    case .memoryNodes(let wanted):
      let memory = root.descend("numatune/memory")
      return .memoryNodes(list(memory?["nodeset"]) ?? wanted)
    case .moveMemory: return call
    }
  }

  /// Makes a call on the running guest.
  func perform(_ call: LiveCall, _ address: DomainAddress) throws(SystemError) {
    let domain = try domain(address)
    try system.other("tune running", address.name) {
      switch call {
      case .pinVCPU(let number, let cpus): try domain.pin(vcpu: number, to: cpus, .live)
      case .pinEmulator(let cpus): try domain.pinEmulator(to: cpus, .live)
      case .pinIOThread(let number, let cpus): try domain.pin(ioThread: number, to: cpus, .live)
      case .memoryNodes(let nodes): try domain.setMemoryNodes(nodes, .live)
      case .moveMemory: break
      }
    }
  }
}
