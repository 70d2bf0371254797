// A domain as libvirt knows it: its definitions, its state, and the live calls.

import CLibvirt
import Glibc
import TuneKit

/// A domain of an open connection.
public final class LibvirtDomain {
  private let connection: LibvirtConnection
  private let pointer: OpaquePointer
  private var library: Libvirt { connection.library }

  init(_ pointer: OpaquePointer, of connection: LibvirtConnection) {
    self.pointer = pointer
    self.connection = connection
  }

  deinit { _ = library.freeDomain(pointer) }

  /// Its name.
  public var name: String { library.name(pointer).map { String(cString: $0) } ?? "" }

  /// Its UUID in the usual form.
  public var uuid: String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
      guard let base = buffer.baseAddress, library.uuid(pointer, base) == 0 else { return nil }
      return String(cString: base)
    }
  }

  /// Whether there is a definition that outlives the guest.
  public var isPersistent: Bool { library.isPersistent(pointer) == 1 }

  /// What the hypervisor says; nil where it doesn't, for instance as the domain is gone.
  public var state: DomainSource.State? {
    var state: CInt = 0
    guard library.state(pointer, &state, nil, 0) == 0 else { return nil }
    switch UInt32(bitPattern: state) {
    case VIR_DOMAIN_RUNNING.rawValue, VIR_DOMAIN_BLOCKED.rawValue, VIR_DOMAIN_SHUTDOWN.rawValue:
      return .running
    case VIR_DOMAIN_PAUSED.rawValue, VIR_DOMAIN_PMSUSPENDED.rawValue: return .paused
    case VIR_DOMAIN_SHUTOFF.rawValue, VIR_DOMAIN_CRASHED.rawValue: return .shutOff
    default: return .unknown
    }
  }

  /// Whether it starts with the host.
  public var autostart: Bool? {
    var value: CInt = 0
    return library.autostart(pointer, &value) == 0 ? value != 0 : nil
  }

  /// Whether a saved memory image waits for the next start.
  public var hasManagedSave: Bool? { flag(library.hasManagedSave(pointer, 0)) }

  /// Whether libvirt keeps snapshots of it.
  public var hasSnapshots: Bool? { flag(library.snapshotCount(pointer, 0)) }

  private func flag(_ value: CInt) -> Bool? { value < 0 ? nil : value > 0 }

  /// Its definition.
  ///
  /// - Parameters:
  ///   - inactive: the one of the next start, also while it runs.
  ///   - secure: with passwords; for an edit only, and refused over a read-only connection.
  public func xml(inactive: Bool, secure: Bool = false) throws(LibvirtError) -> String {
    var flags: UInt32 = 0
    if inactive { flags |= VIR_DOMAIN_XML_INACTIVE.rawValue }
    if secure { flags |= VIR_DOMAIN_XML_SECURE.rawValue }
    guard let text = library.take(library.xml(pointer, flags)) else {
      throw library.error(in: "dumpxml")
    }
    return text
  }
}

// MARK: - Changing

extension LibvirtDomain {
  /// Whether a call changes the running guest, the definition, or both at once.
  public struct Scope: OptionSet, Sendable {
    /// libvirt's flags.
    public let rawValue: UInt32
    /// Creates a scope from libvirt's flags.
    public init(rawValue: UInt32) { self.rawValue = rawValue }
    /// The running guest.
    public static let live = Scope(rawValue: VIR_DOMAIN_AFFECT_LIVE.rawValue)
    /// The definition.
    public static let config = Scope(rawValue: VIR_DOMAIN_AFFECT_CONFIG.rawValue)
  }

  /// Pins a vCPU.
  public func pin(vcpu: Int, to cpus: CPUSet, _ scope: Scope) throws(LibvirtError) {
    var map = Self.map(cpus)
    let outcome = library.pinVcpu(
      pointer, UInt32(clamping: vcpu), &map, CInt(map.count), scope.rawValue)
    guard outcome == 0 else { throw library.error(in: "vcpupin") }
  }

  /// Pins the emulator thread.
  public func pinEmulator(to cpus: CPUSet, _ scope: Scope) throws(LibvirtError) {
    var map = Self.map(cpus)
    guard library.pinEmulator(pointer, &map, CInt(map.count), scope.rawValue) == 0 else {
      throw library.error(in: "emulatorpin")
    }
  }

  /// Pins an IOThread.
  public func pin(ioThread: Int, to cpus: CPUSet, _ scope: Scope) throws(LibvirtError) {
    var map = Self.map(cpus)
    let outcome = library.pinIOThread(
      pointer, UInt32(clamping: ioThread), &map, CInt(map.count), scope.rawValue)
    guard outcome == 0 else { throw library.error(in: "iothreadpin") }
  }

  /// Sets the memory's nodes. libvirt refuses it for a running guest in strict mode.
  public func setMemoryNodes(_ nodes: CPUSet, _ scope: Scope) throws(LibvirtError) {
    var parameters: virTypedParameterPtr?
    var count: CInt = 0
    var capacity: CInt = 0
    defer { library.freeParameters(parameters, count) }
    let added = library.addText(
      &parameters, &count, &capacity, "numa_nodeset", nodes.description)
    guard added == 0, let list = parameters,
      library.setNuma(pointer, list, count, scope.rawValue) == 0
    else { throw library.error(in: "numatune") }
  }

  /// libvirt's byte map of CPUs, lowest first.
  private static func map(_ cpus: CPUSet) -> [UInt8] {
    var map: [UInt8] = []
    for cpu in cpus {
      while map.count <= cpu / 8 { map.append(0) }
      map[cpu / 8] |= 1 << UInt8(cpu % 8)
    }
    return map.isEmpty ? [0] : map
  }
}
