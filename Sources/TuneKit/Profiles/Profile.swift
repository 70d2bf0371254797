// What is wanted: a profile after inheritance.

/// The shipped profiles. A user's own profile belongs to the family it inherits from, and rules
/// whose logic depends on the purpose of a host ask for the family.
public enum ProfileFamily: String, Sendable, CaseIterable {
  /// Mixed hosts; safe defaults.
  case general
  /// Hosts of database guests.
  case db
  /// Low and even response times.
  case latency
  /// Bulk work.
  case throughput
  /// Technical computing.
  case hpc
  /// Packet processing (NFV).
  case network
  /// Desktops in guests.
  case desktop
  /// Guests that move between hosts.
  case migratable
  /// Mutually distrustful tenants.
  case secure
}

/// A parameter of a rule or the wanted value of a setting.
public enum ProfileValue: Sendable, Equatable {
  /// A whole number.
  case integer(Int)
  /// A fraction.
  case decimal(Double)
  /// A word, a size, a list …
  case text(String)
  /// True or false.
  case flag(Bool)

  /// As written to a knob.
  public var text: String {
    switch self {
    case .integer(let value): "\(value)"
    case .decimal(let value): "\(value)"
    case .text(let value): value
    case .flag(let value): value ? "1" : "0"
    }
  }
}

/// A knob's wanted value, with the selector in brackets where one was written.
public struct SettingAssignment: Sendable, Equatable {
  /// The knob without its selector: `vm.swappiness`, `block.scheduler`.
  public var knob: String
  /// Conditions on the device: `kind=nvme`.
  public var selector: [String: String]
  /// The wanted value.
  public var value: ProfileValue
  /// `FILE:LINE:COLUMN` where it was written.
  public var place: String

  /// Creates an assignment.
  public init(
    knob: String, selector: [String: String] = [:], value: ProfileValue, place: String = ""
  ) {
    self.knob = knob
    self.selector = selector
    self.value = value
    self.place = place
  }
}

/// A check of the user's own (`checks:` of a profile).
public struct OwnCheck: Sendable, Equatable {
  /// Its id, for instance `site.swap-off`.
  public var id: String
  /// The file it reads, an absolute path of the host.
  public var read: String
  /// The text the file must have, blanks around it ignored.
  public var equals: String?
  /// A text the file must contain.
  public var contains: String?
  /// The range of the number of non-empty lines.
  public var lines: ClosedRange<Int>?
  /// The range of the file's whole number.
  public var value: ClosedRange<Int>?
  /// How much a violation matters.
  public var severity: Severity
  /// Why.
  public var why: String
  /// What to do.
  public var fix: String

  /// Creates a check.
  public init(
    id: String, read: String, equals: String? = nil, contains: String? = nil,
    lines: ClosedRange<Int>? = nil, value: ClosedRange<Int>? = nil,
    severity: Severity = .warning, why: String = "", fix: String = ""
  ) {
    self.id = id
    self.read = read
    self.equals = equals
    self.contains = contains
    self.lines = lines
    self.value = value
    self.severity = severity
    self.why = why
    self.fix = fix
  }
}

/// A profile with everything it inherits.
public struct EffectiveProfile: Sendable, Equatable {
  /// Its own name.
  public var name: String
  /// The shipped profile it is or descends from.
  public var family: ProfileFamily
  /// What it is for.
  public var about: String
  /// The chain it inherits from, itself first.
  public var lineage: [String]
  /// Wanted values; of two for the same knob and selector only the nearest is here.
  public var settings: [SettingAssignment]
  /// Severities by rule id or glob, in the order written; the last match decides.
  public var severities: [(rule: String, severity: Severity)]
  /// Rule parameters by rule id and name.
  public var parameters: [String: [String: ProfileValue]]
  /// The user's own checks.
  public var checks: [OwnCheck]

  /// Creates a profile.
  public init(
    name: String, family: ProfileFamily = .general, about: String = "", lineage: [String] = [],
    settings: [SettingAssignment] = [], severities: [(rule: String, severity: Severity)] = [],
    parameters: [String: [String: ProfileValue]] = [:], checks: [OwnCheck] = []
  ) {
    self.name = name
    self.family = family
    self.about = about
    self.lineage = lineage
    self.settings = settings
    self.severities = severities
    self.parameters = parameters
    self.checks = checks
  }

  /// Equal in every part.
  public static func == (left: EffectiveProfile, right: EffectiveProfile) -> Bool {
    left.name == right.name && left.family == right.family && left.about == right.about
      && left.lineage == right.lineage && left.settings == right.settings
      && left.severities.elementsEqual(right.severities, by: ==)
      && left.parameters == right.parameters && left.checks == right.checks
  }
}
