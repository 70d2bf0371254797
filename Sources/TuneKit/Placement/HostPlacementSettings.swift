/// What the site wants of the placement of its own hosts.
public struct HostPlacementSettings: Sendable {
  /// Housekeeping PUs; nil for the first core of each node of four cores or more.
  public var reserved: CPUSet?
  /// The most floating vCPUs per hundred PUs.
  public var overcommitPercent: Int
  /// What each imperfection costs.
  public var weights: PlacementWeights
  /// Domains (by `Domain.key`) that get PUs of their own although they aren't pinned now.
  public var dedicated: Set<String>

  /// Settings; the defaults are those of a general host.
  public init(
    reserved: CPUSet? = nil, overcommitPercent: Int = 400,
    weights: PlacementWeights = .standard, dedicated: Set<String> = []
  ) {
    self.reserved = reserved
    self.overcommitPercent = overcommitPercent
    self.weights = weights
    self.dedicated = dedicated
  }

  /// Weights by the names of the format over the standard ones.
  public static func weights(_ names: [String: Int]) -> PlacementWeights {
    var values = PlacementWeights.standard.values
    for term in PlacementTerm.allCases {
      guard let value = names[term.rawValue] else { continue }
      values[term] = min(max(0, value), InstanceLimits.weight)
    }
    return PlacementWeights(values)
  }
}

/// Why a host's placement can't be computed.
public struct HostPlacementError: ReportableError {
  /// The exit code: 65.
  public var status: ExitStatus { .malformed }
  /// What stands in the way.
  public let messages: [String]

  init(_ message: String) { messages = [message] }
}
