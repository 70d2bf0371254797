/// Where a rule wants a domain, with the edits that bring it there.
public struct Home: Sendable, Equatable {
  /// The sockets and threads a guest is shown with its place.
  public struct Shape: Sendable, Equatable {
    /// Sockets: a guest cell each.
    public let sockets: Int
    /// Threads of a core.
    public let threads: Int
  }

  /// The edits; nil where the domain is there already.
  public let change: DomainChange?
  /// What the edits do, in words.
  public let summary: String
  /// The topology the edits set; nil where they leave the guest's own.
  public let shape: Shape?
}

/// The places of the domains that rules want elsewhere, found together: one solution for all.
public struct Homes: Sendable, Equatable {
  /// The places by `Domain.key`.
  public let places: [String: Home]
  /// Why a domain has none, by `Domain.key`.
  public let obstacles: [String: String]
}

/// Finds the places. Domains that no rule wants elsewhere keep theirs: their CPUs are taken, and the
/// memory on their nodes with them; floating guests that run count as load.
struct HomeFinder {
  let context: Context
  /// The domains to be placed (`Domain.key`).
  let wanted: Set<String>
  /// Whether guests may be shown other hardware: cells and threads. Not one that runs already.
  var mayReshape = true
  /// The share of a time limit that is used up; nil where only work is counted, as for a plan.
  var elapsedShare: (() -> Double)?

  /// Work of each search: a fraction of a second.
  static let steps = 2_000_000
  /// More searches than this are not worth it.
  private static let rounds = 5

  private var settings: HostPlacementSettings { context.placementSettings }

  /// The best places; obstacles for all where the host can't be modelled.
  func find() -> Homes {
    let domains = context.facts.domains.filter { wanted.contains($0.key) }
    do throws(HostPlacementError) {
      // Pins of guests that don't run are kept free where there is room for that, and so are the
      // sibling threads of guests with CPUs of their own.
      var best: HomeSolution?
      for occupancy in HomeOccupancy.ladder(context, wanted) {
        let found = try solve(domains, occupancy)
        if found.missing.count < best?.missing.count ?? Int.max { best = found }
        if found.missing.isEmpty || isOver { break }
      }
      return best?.homes(context) ?? Homes(places: [:], obstacles: [:])
    } catch {
      let reason = error.messages.first ?? ""
      return Homes(
        places: [:],
        obstacles: Dictionary(domains.map { ($0.key, reason) }, uniquingKeysWith: { a, _ in a }))
    }
  }

  private var isOver: Bool { (elapsedShare?() ?? 0) >= 1 }

  private func problem(
    _ occupancy: HomeOccupancy, _ smt: [String: PlacementVM.SMT]
  ) -> HomeProblem {
    HomeProblem(self, occupancy, smt)
  }

  /// Solves, and where a guest finds no place asks less of sibling threads for it, then for all.
  private func solve(
    _ domains: [Domain], _ occupancy: HomeOccupancy
  ) throws(HostPlacementError) -> HomeSolution {
    let policy = SiblingPolicy(context.facts.topology, mayReshape: mayReshape)
    var smt: [String: PlacementVM.SMT] = [:]
    for domain in domains { smt[domain.key] = policy.first(domain.definition) }
    var best = try problem(occupancy, smt).solve()
    for _ in 1..<Self.rounds where !best.missing.isEmpty && !isOver {
      var lowered = lower(&smt, domains.filter { best.missing.contains($0.key) }, policy)
      if !lowered { lowered = lower(&smt, domains, policy) }
      guard lowered else { break }
      let next = try problem(occupancy, smt).solve()
      if next.missing.count < best.missing.count { best = next }
      if next.missing.count > best.missing.count { break }
    }
    return best
  }

  private func lower(
    _ smt: inout [String: PlacementVM.SMT], _ domains: [Domain], _ policy: SiblingPolicy
  ) -> Bool {
    var changed = false
    for domain in domains where context.wantsOwnCPUs(domain) {
      guard let now = smt[domain.key], let next = policy.next(now, domain.definition) else {
        continue
      }
      smt[domain.key] = next
      changed = true
    }
    return changed
  }
}

extension Context {
  /// Whether a domain has, or under its profile must have, CPUs of its own.
  func wantsOwnCPUs(_ domain: Domain) -> Bool {
    domain.definition.isDedicated || PinRequired.needsOwnCPUs(profile(of: domain).family)
  }
}

/// What is taken before the search begins.
struct HomeOccupancy {
  /// CPUs that nobody may get.
  let cpus: CPUSet
  /// KiB taken from a node's memory or, by page size, from its pools.
  let memory: [Int: [PlacementVM.PageSize: Int]]

  /// From the most to the least that is kept free.
  static func ladder(_ context: Context, _ wanted: Set<String>) -> [HomeOccupancy] {
    let others = context.facts.domains.filter {
      !wanted.contains($0.key) && ($0.definition.isDedicated || $0.current.isDedicated)
    }
    let running = others.filter { $0.runs != false }
    var result = [HomeOccupancy(context, others, withSiblings: true)]
    if running.count < others.count {
      result.append(HomeOccupancy(context, running, withSiblings: true))
    }
    if !running.isEmpty { result.append(HomeOccupancy(context, running, withSiblings: false)) }
    return result
  }

  private init(_ context: Context, _ guests: [Domain], withSiblings: Bool) {
    let topology = context.facts.topology
    var cpus = CPUSet()
    var memory: [Int: [PlacementVM.PageSize: Int]] = [:]
    for guest in guests {
      for definition in [guest.definition, guest.current] where definition.isDedicated {
        let own = definition.pinnedCPUs
        cpus = cpus.union(own)
        if withSiblings { for cpu in own { cpus = cpus.union(topology.siblings(of: cpu)) } }
        let others =
          (definition.cputune.emulatorPin.map { [$0.cpus] } ?? [])
          + definition.cputune.iothreadPins.map(\.cpus)
        for pin in others where pin.count == 1 { cpus = cpus.union(pin) }
      }
      let definition = guest.current
      let bound = definition.memory.binding?.nodes ?? topology.nodes(of: definition.pinnedCPUs)
      guard !bound.isEmpty, let total = definition.memory.totalKiB else { continue }
      let size = definition.memory.pages.compactMap(\.sizeKiB).first ?? 2048
      let page =
        definition.wantsHugePages ? PlacementVM.PageSize(rawValue: size) ?? .large : .base
      for node in bound { memory[node, default: [:]][page, default: 0] += total / bound.count }
    }
    self.cpus = cpus
    self.memory = memory
  }
}
