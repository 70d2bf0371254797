// What all rules about domains share: going through the parts, evidence, edits as remedies.

extension Context {
  /// A judgement for every disk; CD-ROMs, floppies and passed-through LUNs are no disks.
  func judgeDisks(_ judge: (Domain, DomainDisk) -> Verdict) -> [Judgement] {
    facts.domains.flatMap { domain in
      domain.definition.devices.disks.filter(\.isDisk).map {
        Judgement(Subject(.domainDisk, $0.subjectName), judge(domain, $0))
      }
    }
  }

  /// A judgement for every network interface of a domain.
  func judgeInterfaces(_ judge: (Domain, DomainInterface) -> Verdict) -> [Judgement] {
    facts.domains.flatMap { domain in
      domain.definition.devices.interfaces.map {
        Judgement(Subject(.domainInterface, $0.subjectName), judge(domain, $0))
      }
    }
  }

  /// The family of the profile that decides for a domain.
  func family(of domain: Domain) -> ProfileFamily { profile(of: domain).family }

  /// The role of a domain: its metadata's, else the configuration's.
  func role(of domain: Domain) -> String? { tags(of: domain).role }

  /// Why there is no host for a host×domain rule; nil where there is one.
  var hostMissing: Verdict? {
    facts.noHostReason.map { .unknown("needs the host: \($0)") }
  }
}

extension XMLNode {
  /// A line of proof about something below this element.
  func evidence(_ below: String, _ observed: String?, _ expected: String? = nil) -> Evidence {
    var place = xpath
    if !below.isEmpty {
      place += "/"
      place += below
    }
    return Evidence(place, observed: observed, expected: expected)
  }
}

extension DomainDefinition {
  /// A line of proof about something below `<domain>`.
  func evidence(_ path: String, _ observed: String?, _ expected: String? = nil) -> Evidence {
    Evidence(path, observed: observed, expected: expected)
  }
}

extension Remedy {
  /// Edits of a domain's definition; advice where it has none for a next start.
  static func edit(
    _ domain: Domain, _ summary: String, risk: String? = nil, _ edits: [XMLEdit],
    live: [LiveCall] = []
  ) -> Remedy {
    guard !domain.isTransient else {
      return .advice(summary + " in the definition that whoever starts this transient domain uses")
    }
    return Remedy(
      .nextGuestStart, summary, risk: risk,
      changes: [.domain(DomainChange(domain: domain.key, edits: edits, live: live))])
  }
}

extension Known {
  /// The value, or the verdict that says it is missing.
  func orUnknown(_ use: (Value) -> Verdict) -> Verdict {
    guard let value else { return .unknown(unknownReason) }
    return use(value)
  }
}
