// A domain as rules see it.

/// A domain: its definitions, parsed, and what is known of the running guest.
///
/// A class only so that handing it on costs one count instead of one for each of its texts: it never
/// changes.
public final class Domain: Sendable {
  /// More vCPUs than this are a mistake: larger than any hypervisor allows.
  public static let vcpuLimit = 65_535

  /// Unique among the domains of a snapshot: the name, with `#2` … behind a repeated one.
  public let key: String
  /// Where the definitions came from.
  public let source: DomainSource
  /// The place of `source` among the snapshot's domains.
  public let index: Int
  /// The definition that domain rules judge: the persistent one, or for a transient domain the
  /// live one (rules.md annex h 24).
  public let definition: DomainDefinition
  /// The running guest's definition; nil where it does not run.
  public let live: DomainDefinition?
  /// What the hypervisor says about it.
  public let state: DomainSource.State
  /// The process of the running guest.
  public let pid: Int?

  /// Whether it runs (paused counts); nil where nobody can tell.
  public var runs: Bool? {
    switch state {
    case .running, .paused: true
    case .shutOff: false
    case .unknown: live != nil ? true : nil
    }
  }
  /// Whether it is known to run (paused counts).
  public var isRunning: Bool { runs ?? false }
  /// Whether it has no definition for a next start.
  public var isTransient: Bool { source.persistent == nil }
  /// The definition in force now, for rules about capacity and other guests: the live one of a
  /// running domain, else the judged one.
  public var current: DomainDefinition { live ?? definition }
  /// Its name.
  public var name: String { definition.name }

  /// A subject of kind domain.
  public var subject: Subject { Subject(.domain, key) }

  /// All domains of a snapshot, and those that could not be understood.
  static func all(in snapshot: Snapshot) -> (domains: [Domain], failures: [DomainFailure]) {
    var domains: [Domain] = []
    var failures: [DomainFailure] = []
    var counts: [String: Int] = [:]
    for (index, source) in snapshot.domains.enumerated() {
      do throws(DomainFailure.Problem) {
        domains.append(try Domain(source, at: index, counts: &counts))
      } catch {
        failures.append(error.failure(of: source))
      }
    }
    return (domains, failures)
  }

  private init(_ source: DomainSource, at index: Int, counts: inout [String: Int])
    throws(DomainFailure.Problem)
  {
    self.source = source
    self.index = index
    let persistent = try source.persistent.map { text throws(DomainFailure.Problem) in
      try Self.document(text)
    }
    let live = try source.live.map { text throws(DomainFailure.Problem) in
      try Self.document(text)
    }
    guard let judged = persistent ?? live else { throw .unread("has no definition") }
    let name = judged.baseNode.first("name")?.text ?? ""
    let number = counts[name, default: 0] + 1
    let key = number == 1 ? name : "\(name)#\(number)"
    definition = try Self.definition(judged, key: key)
    self.live = try live.map { document throws(DomainFailure.Problem) in
      try Self.definition(document, key: key)
    }
    counts[name] = number
    self.key = key
    let status = live?.root.name == "domstatus" ? live?.root : nil
    state = source.state == .unknown ? Self.state(status?["state"]) : source.state
    pid = source.pid ?? status?["pid"].flatMap { Int($0) }
  }

  private static func document(
    _ text: Known<String>
  ) throws(DomainFailure.Problem) -> XMLDocument {
    switch text.state {
    case .missing(let reason): throw .unread(reason)
    case .value(let text):
      do { return try XMLDocument(text) } catch { throw .malformed(DomainError(error), name: nil) }
    }
  }

  private static func definition(
    _ document: XMLDocument, key: String
  ) throws(DomainFailure.Problem) -> DomainDefinition {
    do {
      return try DomainDefinition(document, key: key)
    } catch {
      throw .malformed(error, name: document.baseNode.first("name")?.text)
    }
  }

  private static func state(_ word: String?) -> DomainSource.State {
    switch word {
    case "running", "blocked", "idle": .running
    case "paused", "in shutdown", "pmsuspended": .paused
    case "shutdown", "shutoff", "crashed": .shutOff
    default: .unknown
    }
  }
}

extension DomainFailure {
  /// What went wrong, before it is tied to its source.
  enum Problem: Error {
    case unread(String)
    case malformed(DomainError, name: String?)

    func failure(of source: DomainSource) -> DomainFailure {
      switch self {
      case .unread(let reason):
        DomainFailure(
          name: Self.name(of: source.origin), origin: source.origin, error: nil, reason: reason)
      case .malformed(let error, let name):
        DomainFailure(
          name: name.flatMap { $0.isEmpty ? nil : $0 } ?? Self.name(of: source.origin),
          origin: source.origin, error: error, reason: error.problem)
      }
    }

    /// The file's name without directories and `.xml`.
    private static func name(of origin: String) -> String {
      let file = origin.split(separator: "/").last.map(String.init) ?? origin
      return file.hasSuffix(".xml") ? String(file.dropLast(4)) : file
    }
  }
}
