// A domain as rules see it.

/// A domain: its definitions, parsed, and what is known of the running guest.
public struct Domain: Sendable {
  /// Unique among the domains of a snapshot: the name, with `#2` … behind a repeated one.
  public let key: String
  /// Where the definitions came from.
  public let source: DomainSource
  /// The definition that domain rules judge: the persistent one, or for a transient domain the
  /// live one (rules.md annex h 24).
  public let definition: DomainDefinition
  /// The running guest's definition; nil where it does not run.
  public let live: DomainDefinition?

  /// Whether it runs (paused counts).
  public var isRunning: Bool { source.state == .running || source.state == .paused }

  static func all(in snapshot: Snapshot) -> [Domain] { [] }
}

/// One parsed domain definition.
public struct DomainDefinition: Sendable {
  /// `<name>`.
  public let name: String
}
