// What a baseline remembers: values that stay as they are unless somebody changes something.

/// Which fact: what it is about and its name.
public struct FactID: Sendable, Hashable, Comparable {
  /// What it is about; for the host the name is always `host`, so that a rename keeps it.
  public let subject: Subject
  /// The knob's name, a hardware property, a configuration file, or the way to an XML node.
  public let key: String

  /// Creates an identity.
  public init(_ subject: Subject, _ key: String) {
    self.subject = subject.kind == .host ? Subject(.host, "host") : subject
    self.key = key
  }

  /// Host things first, then by kind, name and key.
  public static func < (left: FactID, right: FactID) -> Bool {
    left.subject != right.subject ? left.subject < right.subject : left.key < right.key
  }
}

/// A fact's value and where it was read.
public struct StableFact: Sendable, Equatable {
  /// As text; several lines for a configuration file.
  public var value: String
  /// The host's paths or XML nodes it came from.
  public var sources: [String]
}

/// All stable facts of one moment.
public struct StableFacts: Sendable {
  /// The facts.
  public internal(set) var facts: [FactID: StableFact] = [:]
  /// Facts whose file is there but could not be read now, with the reason; they are not compared.
  public internal(set) var unreadable: [FactID: String] = [:]

  init() {}

  /// The key under which a subject's being there is remembered.
  static let presence = "present"
  /// The fact that somebody could look for domains: without it their absence says nothing.
  static let domains = "domains"

  mutating func add(_ subject: Subject, _ key: String, _ value: String, _ source: String) {
    let id = FactID(subject, key)
    if facts[id] == nil { facts[id] = StableFact(value: value, sources: [source]) }
  }
}
