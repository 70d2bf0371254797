// What a rule speaks of, and how bad a violation is. Names and words as in the JSON contract.

/// How much a violation matters under a profile.
public enum Severity: Int, Sendable, Comparable, CaseIterable {
  /// The rule is not evaluated.
  case off = 0
  /// Worth knowing.
  case info
  /// Costs performance or safety.
  case warning
  /// Breaks a guest, loses data or wastes most of the machine.
  case critical

  /// The word used in profiles, options and output.
  public var word: String {
    switch self {
    case .off: "off"
    case .info: "info"
    case .warning: "warning"
    case .critical: "critical"
    }
  }

  /// The severity of a word; nil for any other text.
  public init?(word: String) {
    guard let match = Self.allCases.first(where: { $0.word == word }) else { return nil }
    self = match
  }

  /// Orders by how much it matters.
  public static func < (left: Severity, right: Severity) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// The thing a verdict is about.
public struct Subject: Sendable, Hashable, Comparable {
  /// The kinds of things, with the words of the JSON contract.
  public enum Kind: String, Sendable, CaseIterable {
    /// The host as a whole.
    case host
    /// One CPU.
    case cpu
    /// One NUMA node, named by its number.
    case numaNode = "numa-node"
    /// A block device of the host.
    case blockDevice = "block-device"
    /// A network interface of the host.
    case netInterface = "net-interface"
    /// A PCI device by its address.
    case pciDevice = "pci-device"
    /// A domain.
    case domain
    /// A domain's disk, `DOMAIN/TARGET`.
    case domainDisk = "domain-disk"
    /// A domain's network interface, `DOMAIN/MAC`.
    case domainInterface = "domain-interface"
    /// Any other device of a domain, `DOMAIN/NAME`.
    case domainDevice = "domain-device"

    /// The place among all kinds, which is the order of reports.
    fileprivate var place: Int {
      switch self {
      case .host: 0
      case .cpu: 1
      case .numaNode: 2
      case .blockDevice: 3
      case .netInterface: 4
      case .pciDevice: 5
      case .domain: 6
      case .domainDisk: 7
      case .domainInterface: 8
      case .domainDevice: 9
      }
    }
  }

  /// What kind of thing.
  public let kind: Kind
  /// Its name, unchanged from its source; renderers escape it.
  public let name: String

  /// Creates a subject.
  public init(_ kind: Kind, _ name: String) {
    self.kind = kind
    self.name = name
  }

  /// Names alone tell subjects apart well enough.
  public func hash(into hasher: inout Hasher) { hasher.combine(name) }

  /// The domain this belongs to (the text before the first `/` of a part's name); nil for the
  /// host's things.
  public var isOfDomain: Bool {
    switch kind {
    case .domain, .domainDisk, .domainInterface, .domainDevice: true
    default: false
    }
  }

  /// Host things first, then by kind and name.
  public static func < (left: Subject, right: Subject) -> Bool {
    left.kind != right.kind
      ? left.kind.place < right.kind.place : left.name < right.name
  }
}
