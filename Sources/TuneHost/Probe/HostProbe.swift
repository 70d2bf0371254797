// The one way to a snapshot: of this machine, of a captured tree, of domain files.

import TuneKit

/// What to probe: the input options of the command line.
public struct ProbeRequest: Sendable, Equatable {
  /// `--root`: a captured tree; nil for this machine.
  public var root: String?
  /// `-c`: a libvirt URI that was asked for; nil tries `qemu:///system` and takes no offence.
  public var connect: String?
  /// `--domain-xml`: files and directories whose domains are looked at instead of all others.
  public var domainXML: [String]
  /// Further files that a profile's own checks and settings read, as paths of the host.
  public var extraFiles: [String]

  /// Creates a request; without arguments it is this machine with its own libvirt.
  public init(
    root: String? = nil, connect: String? = nil, domainXML: [String] = [],
    extraFiles: [String] = []
  ) {
    self.root = root
    self.connect = connect
    self.domainXML = domainXML
    self.extraFiles = extraFiles
  }
}

/// Reads hosts.
public enum HostProbe {
  /// Reads what a request names.
  ///
  /// - Throws: `ProbeError.input` where a named path can't be read (66, 77);
  ///   `.libvirtUnreachable` (69) and `.libvirtNotPermitted` (77) only where `connect` was given.
  public static func snapshot(_ request: ProbeRequest) throws(ProbeError) -> Snapshot {
    try reading(request).snapshot
  }

  /// Reads what a request names; with `keepingKinds` also what listed names are, for a capture.
  static func reading(
    _ request: ProbeRequest, keepingKinds: Bool = false
  ) throws(ProbeError) -> HostReading {
    let named = try DomainFiles.named(request.domainXML)
    var reading: HostReading
    if let tree = request.root {
      reading = HostReading(Snapshot(origin: .tree), keepingKinds)
      try self.tree(tree, named, request, &reading)
    } else {
      reading = HostReading(Snapshot(origin: .live), keepingKinds)
      try live(named, request, &reading)
    }
    return reading
  }

  // MARK: - A tree

  private static func tree(
    _ path: String, _ named: [DomainSource], _ request: ProbeRequest, _ reading: inout HostReading
  ) throws(ProbeError) {
    let root = try Root(path)
    reading.snapshot.domains = request.domainXML.isEmpty ? DomainFiles.below(root) : named
    let objection = reading.readForHwloc(root, request.extraFiles)
    reading.markUnread(root)
    if request.domainXML.isEmpty { reading.markMissingDomains(root) }
    if let objection {
      reading.snapshot.hwloc = Known(missing: "was not asked: \(objection)", from: "hwloc")
    } else {
      reading.snapshot.hwloc = HwlocProbe.tree(path)
    }
    reading.snapshot.libnuma = Known(missing: "cannot read a captured tree", from: "libnuma")
  }

  // MARK: - This machine

  private static func live(
    _ named: [DomainSource], _ request: ProbeRequest, _ reading: inout HostReading
  ) throws(ProbeError) {
    var libvirt = LibvirtReading()
    if let uri = request.connect {
      libvirt = try asked(uri)
      guard LibvirtConnection.isOwnSystem(uri) else {
        reading.snapshot = elsewhere(uri, libvirt, named, request)
        return
      }
    } else if request.domainXML.isEmpty {
      libvirt = unasked()
    }
    let root = try Root("/")
    reading.snapshot.notices = libvirt.notices
    reading.snapshot.domainsMissing = libvirt.missing
    reading.snapshot.domains =
      request.domainXML.isEmpty ? withProcesses(libvirt.domains, root) : named
    reading.read(root, request.extraFiles)
    let made = VirtualFiles.live(root, reading.snapshot)
    reading.snapshot.files.merge(made) { _, new in new }
    reading.snapshot.files.merge(libvirt.files) { _, new in new }
    reading.snapshot.hwloc = HwlocProbe.live()
    reading.snapshot.libnuma = NumaProbe.live()
  }

  /// A connection that `-c` asks for.
  private static func asked(_ uri: String) throws(ProbeError) -> LibvirtReading {
    do {
      return try LibvirtProbe.read(uri)
    } catch {
      switch error {
      case .notPermitted(_, let why): throw .libvirtNotPermitted(uri: uri, reason: why)
      case .notInstalled(let why): throw .libvirtMissing(uri: uri, reason: why)
      case .failed(let call, let why):
        throw .libvirtUnreachable(uri: uri, reason: "\(call): \(why)")
      default: throw .libvirtUnreachable(uri: uri, reason: error.reason)
      }
    }
  }

  /// The default connection: where it fails, the host alone is looked at, with one notice.
  private static func unasked() -> LibvirtReading {
    do {
      return try LibvirtProbe.read(LibvirtProbe.defaultURI)
    } catch {
      var reading = LibvirtReading()
      let missing = "\(LibvirtProbe.defaultURI): \(error.reason)"
      reading.missing = missing
      if case .notInstalled = error { reading.missing = "\(missing) (package libvirt0)" }
      reading.notices = ["no domains are looked at: \(reading.missing ?? missing)"]
      return reading
    }
  }

  private static func elsewhere(
    _ uri: String, _ libvirt: LibvirtReading, _ named: [DomainSource], _ request: ProbeRequest
  ) -> Snapshot {
    var snapshot = Snapshot(origin: .none("connected elsewhere: \(uri)"), files: libvirt.files)
    snapshot.domains = request.domainXML.isEmpty ? libvirt.domains : named
    snapshot.notices = libvirt.notices
    return snapshot
  }

  private static func withProcesses(_ domains: [DomainSource], _ root: Root) -> [DomainSource] {
    guard domains.contains(where: { $0.live != nil }) else { return domains }
    let processes = ProcessProbe(root)
    return domains.map { domain in
      guard let live = domain.live?.value else { return domain }
      var domain = domain
      let name = domain.origin.split(separator: " ", maxSplits: 1).last.map(String.init) ?? ""
      domain.pid = processes.pid(uuid: uuid(in: live), name: name)
      return domain
    }
  }

  /// The text of the first `<uuid>`, which in libvirt's own output is the domain's.
  private static func uuid(in xml: String) -> String? {
    guard let open = xml.firstRange(of: "<uuid>"),
      let close = xml[open.upperBound...].firstIndex(of: "<")
    else { return nil }
    return String(xml[open.upperBound..<close])
  }
}
