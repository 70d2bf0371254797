// All typed facts of one host and its domains, derived from a snapshot and from nothing else.

/// What is known of a host.
public struct Facts: Sendable {
  /// The raw reading everything below was parsed from; settings look their knobs up here.
  public let snapshot: Snapshot
  /// Names, kernel, kind of machine.
  public let host: HostIdentity
  /// Packages, nodes, L3 groups, cores, PUs, distances.
  public let topology: Topology
  /// The domains, in the order they were found.
  public let domains: [Domain]
  /// Domains whose definition could not be read or understood, in the order they were found.
  public let domainFailures: [DomainFailure]

  /// Parses a snapshot.
  public init(_ snapshot: Snapshot) {
    self.snapshot = snapshot
    self.host = HostIdentity(snapshot)
    self.topology = Topology(snapshot)
    (domains, domainFailures) = Domain.all(in: snapshot)
  }
}
