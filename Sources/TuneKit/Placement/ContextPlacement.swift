extension Context {
  /// What the configuration and the profiles say of placement.
  public var placementSettings: HostPlacementSettings {
    let limit = OvercommitLimits("size.cpu-overcommit", self)?.warning ?? 4
    let percent = limit.isFinite ? Int(min(max(limit, 0.01), 1000) * 100) : 400
    let strict: Set<ProfileFamily> = [.latency, .hpc, .network]
    let own = facts.domains.filter { strict.contains(profile(of: $0).family) }
    return HostPlacementSettings(
      reserved: configuration.reservedCPUs, overcommitPercent: percent,
      weights: HostPlacementSettings.weights(configuration.weights),
      dedicated: Set(own.map(\.key)))
  }
}
