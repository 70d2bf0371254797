// The site's configuration (`/etc/tuned-vm/config.yaml`).

/// An accepted deviation.
public struct Waiver: Sendable, Equatable {
  /// Rule id or glob.
  public var rule: String
  /// Subject name or glob; nil for every subject.
  public var subject: String?
  /// Why it is accepted.
  public var reason: String
  /// The last day it holds, `YYYY-MM-DD`; nil for ever.
  public var until: String?
  /// `FILE:LINE:COLUMN`.
  public var place: String

  /// Creates a waiver.
  public init(
    rule: String, subject: String? = nil, reason: String, until: String? = nil, place: String = ""
  ) {
    self.rule = rule
    self.subject = subject
    self.reason = reason
    self.until = until
    self.place = place
  }
}

/// What the configuration says about domains whose name matches.
public struct DomainTag: Sendable, Equatable {
  /// A glob of domain names.
  public var match: String
  /// Their profile.
  public var profile: String?
  /// Their trust tier.
  public var trust: String?
  /// Their role: hypervisor, template, lab, ephemeral.
  public var role: String?
  /// Whether their memory must be encrypted.
  public var confidential: Bool?

  /// Creates a tag.
  public init(
    match: String, profile: String? = nil, trust: String? = nil, role: String? = nil,
    confidential: Bool? = nil
  ) {
    self.match = match
    self.profile = profile
    self.trust = trust
    self.role = role
    self.confidential = confidential
  }
}

/// The site's configuration; every part may be absent.
public struct Configuration: Sendable, Equatable {
  /// The host's profile: a name or a file.
  public var profile: String?
  /// The lowest severity that makes `audit` exit with 1.
  public var failOn: String?
  /// Tags by domain name; the first match of each part decides.
  public var domains: [DomainTag]
  /// Housekeeping CPUs, never given to a guest.
  public var reservedCPUs: CPUSet?
  /// A custom CPU model that is the fleet's baseline.
  public var cpuBaseline: String?
  /// Two-step limits by rule id.
  public var thresholds: [String: (warning: Double, critical: Double)]
  /// Days a fleet store keeps reports.
  public var retentionDays: Int?
  /// Accepted deviations.
  public var waivers: [Waiver]
  /// Placement weights by name, where they differ from the standard.
  public var weights: [String: Int]

  /// Creates a configuration.
  public init(
    profile: String? = nil, failOn: String? = nil, domains: [DomainTag] = [],
    reservedCPUs: CPUSet? = nil, cpuBaseline: String? = nil,
    thresholds: [String: (warning: Double, critical: Double)] = [:], retentionDays: Int? = nil,
    waivers: [Waiver] = [], weights: [String: Int] = [:]
  ) {
    self.profile = profile
    self.failOn = failOn
    self.domains = domains
    self.reservedCPUs = reservedCPUs
    self.cpuBaseline = cpuBaseline
    self.thresholds = thresholds
    self.retentionDays = retentionDays
    self.waivers = waivers
    self.weights = weights
  }

  /// Equal in every part.
  public static func == (left: Configuration, right: Configuration) -> Bool {
    left.profile == right.profile && left.failOn == right.failOn && left.domains == right.domains
      && left.reservedCPUs == right.reservedCPUs && left.cpuBaseline == right.cpuBaseline
      && left.thresholds.keys == right.thresholds.keys
      && left.thresholds.allSatisfy { key, value in
        right.thresholds[key].map { $0 == value } ?? false
      }
      && left.retentionDays == right.retentionDays && left.waivers == right.waivers
      && left.weights == right.weights
  }
}
