// Reads domains and capabilities over a read-only connection; passwords are never asked for.

import TuneKit

/// What libvirt told.
struct LibvirtReading {
  var domains: [DomainSource] = []
  /// Virtual files of the snapshot.
  var files: [String: Snapshot.Reading] = [:]
  var notices: [String] = []
  /// Why nobody answered; nil where somebody did.
  var missing: String?
}

/// Reads from libvirt.
enum LibvirtProbe {
  /// Where a connection without `-c` goes.
  static let defaultURI = "qemu:///system"

  /// Reads over a URI.
  ///
  /// - Throws: `LibvirtError` where there is no connection or the list of domains fails.
  static func read(_ uri: String) throws(LibvirtError) -> LibvirtReading {
    let connection = try LibvirtConnection(uri)
    var reading = LibvirtReading()
    for domain in try connection.domains() {
      if let source = source(domain, uri: uri) { reading.domains.append(source) }
    }
    reading.files["/tuned-vm/capabilities.xml"] = text { () throws(LibvirtError) in
      try connection.capabilities()
    }
    reading.files["/tuned-vm/domain-capabilities.xml"] = text { () throws(LibvirtError) in
      try connection.domainCapabilities()
    }
    reading.files["/tuned-vm/versions.json"] = .text(versions(connection))
    return reading
  }

  private static func text(
    _ read: () throws(LibvirtError) -> String
  ) -> Snapshot.Reading {
    do {
      return .text(try read())
    } catch {
      return .missing(error.reason)
    }
  }

  /// A domain; nil where it is gone since it was listed.
  private static func source(_ domain: LibvirtDomain, uri: String) -> DomainSource? {
    guard let state = domain.state else { return nil }
    let name = domain.name
    let origin = "\(uri) \(name)"
    func definition(inactive: Bool) -> Known<String> {
      do {
        return Known(try domain.xml(inactive: inactive), from: origin)
      } catch {
        return Known(missing: error.reason, from: origin)
      }
    }
    let runs = state == .running || state == .paused
    return DomainSource(
      origin: origin,
      persistent: domain.isPersistent ? definition(inactive: true) : nil,
      live: runs ? definition(inactive: false) : nil,
      state: state, autostart: domain.autostart, hasManagedSave: domain.hasManagedSave,
      hasSnapshots: domain.hasSnapshots)
  }

  private static func versions(_ connection: LibvirtConnection) -> String {
    func number(_ value: Int?) -> String { value.map { String($0) } ?? "null" }
    return "{\"libvirt\":\(number(connection.libraryVersion)),"
      + "\"hypervisor\":\(number(connection.hypervisorVersion))}\n"
  }
}
