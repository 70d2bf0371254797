// Words and sets that several host rules share.

extension Verdict {
  /// The verdict about a fact that is missing.
  static func missing<Value>(_ fact: Known<Value>) -> Verdict { .unknown(fact.unknownReason) }
}

extension Context {
  /// Online CPUs that guests may use: those of the pins where every running guest is pinned, else
  /// all of them.
  var guestCPUs: CPUSet? {
    guard let online = facts.topology.online.value else { return nil }
    let running = facts.runningDomains
    guard !running.isEmpty, running.allSatisfy({ $0.current.isPinned }) else { return online }
    return running.reduce(CPUSet()) { $0.union($1.current.pinnedCPUs) }.intersection(online)
  }

  /// CPUs of running guests that have every vCPU pinned to a CPU of its own.
  var dedicatedCPUs: CPUSet {
    facts.runningDomains.filter { $0.current.isDedicated }
      .reduce(CPUSet()) { $0.union($1.current.pinnedCPUs) }
  }

  /// The host profile is one of these families.
  func isFamily(_ families: ProfileFamily...) -> Bool { families.contains(profile.family) }
}

extension Evidence {
  /// A line of proof about a fact.
  static func fact<Value>(_ fact: Known<Value>, expected: String? = nil) -> Evidence {
    Evidence(fact.source, observed: fact.value.map { "\($0)" }, expected: expected)
  }
}
