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
    let named = try DomainFiles.named(request.domainXML)
    if let tree = request.root { return try self.tree(tree, named, request) }
    return try live(named, request)
  }

  private static func tree(
    _ path: String, _ named: [DomainSource], _ request: ProbeRequest
  ) throws(ProbeError) -> Snapshot {
    let root = try Root(path)
    var snapshot = Snapshot(origin: .tree)
    snapshot.domains = request.domainXML.isEmpty ? DomainFiles.below(root) : named
    read(root, into: &snapshot, request.extraFiles)
    return snapshot
  }

  private static func live(
    _ named: [DomainSource], _ request: ProbeRequest
  ) throws(ProbeError) -> Snapshot {
    let root = try Root("/")
    var snapshot = Snapshot(origin: .live)
    snapshot.domains = request.domainXML.isEmpty ? DomainFiles.below(root) : named
    read(root, into: &snapshot, request.extraFiles)
    return snapshot
  }

  private static func read(_ root: Root, into snapshot: inout Snapshot, _ extra: [String]) {
    var probe = SnapshotProbe(root)
    probe.read(.plan(extraFiles: extra))
    for domain in snapshot.domains {
      if let pid = domain.pid { probe.read(.process(pid)) }
    }
    snapshot.files = probe.files
    snapshot.directories = probe.directories
    snapshot.links = probe.links
  }
}
