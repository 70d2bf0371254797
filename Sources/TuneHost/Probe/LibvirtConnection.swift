// A connection to a hypervisor and the calls that reading and applying need.

import CLibvirt
import Glibc
import TuneKit

/// An open connection. Used from one thread.
public final class LibvirtConnection {
  /// What it was opened with.
  public let uri: String
  let library: Libvirt
  let pointer: OpaquePointer

  /// Connects.
  ///
  /// - Parameters:
  ///   - uri: a libvirt URI, for instance `qemu:///system`.
  ///   - readOnly: whether nothing will be changed; needs no privilege on most hosts.
  /// - Throws: `LibvirtError.notInstalled`, `.unreachable` (69) or `.notPermitted` (77).
  public init(_ uri: String, readOnly: Bool = true) throws(LibvirtError) {
    let library = try Libvirt.shared()
    let seconds: Int32 = Self.isLocal(uri) ? 10 : 60
    let opened = Patience.result(within: seconds * 1000) { () -> Result<UInt, LibvirtError> in
      // libvirt keeps its last error by thread.
      guard let pointer = readOnly ? library.openReadOnly(uri) : library.open(uri) else {
        return .failure(library.error(connectingTo: uri))
      }
      return .success(UInt(bitPattern: pointer))
    }
    let silence = LibvirtError.unreachable(uri: uri, reason: "no answer within \(seconds) s")
    guard let pointer = OpaquePointer(bitPattern: try (opened ?? .failure(silence)).get()) else {
      throw silence
    }
    self.uri = uri
    self.library = library
    self.pointer = pointer
  }

  /// Whether a URI names no other machine: `qemu:///system`.
  private static func isLocal(_ uri: String) -> Bool { uri.contains(":///") }

  deinit { _ = library.closeConnection(pointer) }

  /// Whether a URI names this machine's own system instance.
  public static func isOwnSystem(_ uri: String) -> Bool {
    let plain = uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    guard plain.count == 1, let address = plain.first else { return false }
    return address == "qemu:///system" || address == "qemu+unix:///system"
  }

  /// The library's version on the other side, as libvirt counts: 9.0.0 is 9000000.
  public var libraryVersion: Int? {
    var version: CUnsignedLong = 0
    return library.libraryVersion(pointer, &version) == 0 ? Int(clamping: version) : nil
  }

  /// The hypervisor's version, counted alike; QEMU 7.2.0 is 7002000.
  public var hypervisorVersion: Int? {
    var version: CUnsignedLong = 0
    let known = library.hypervisorVersion(pointer, &version) == 0 && version > 0
    return known ? Int(clamping: version) : nil
  }

  /// The host's capabilities as XML.
  public func capabilities() throws(LibvirtError) -> String {
    guard let text = library.take(library.capabilities(pointer)) else {
      throw library.error(in: "capabilities")
    }
    return text
  }

  /// What domains of this host can have, as XML.
  public func domainCapabilities(type: String = "kvm") throws(LibvirtError) -> String {
    let text = library.domainCapabilities(pointer, nil, nil, nil, type, 0)
    guard let text = library.take(text) else { throw library.error(in: "domcapabilities") }
    return text
  }

  /// All domains, sorted by name.
  public func domains() throws(LibvirtError) -> [LibvirtDomain] {
    var list: UnsafeMutablePointer<OpaquePointer?>?
    let count = library.listDomains(pointer, &list, 0)
    guard count >= 0, let list else { throw library.error(in: "list") }
    defer { free(list) }
    return (0..<Int(count)).compactMap { list[$0] }.map { LibvirtDomain($0, of: self) }
      .sorted { $0.name < $1.name }
  }

  /// The domain of this name or UUID; nil where there is none.
  public func domain(_ nameOrUUID: String) -> LibvirtDomain? {
    let found =
      library.domainByName(pointer, nameOrUUID) ?? library.domainByUUID(pointer, nameOrUUID)
    return found.map { LibvirtDomain($0, of: self) }
  }

  /// Stores a definition, validated against the schema.
  ///
  /// - Throws: `LibvirtError.failed` where libvirt refuses it; nothing is stored then.
  @discardableResult
  public func define(_ xml: String, validate: Bool = true) throws(LibvirtError) -> LibvirtDomain {
    let flags = validate ? VIR_DOMAIN_DEFINE_VALIDATE.rawValue : 0
    guard let made = library.define(pointer, xml, flags) else {
      throw library.error(in: "define")
    }
    return LibvirtDomain(made, of: self)
  }
}
