// A wish of a rule on its way into a plan, before filters, gates and conflicts.

/// One change one rule asks for.
struct Candidate: Sendable {
  let rule: String
  let subject: Subject
  let effect: RemedyClass
  let summary: String
  let risk: String
  let observed: String?
  /// Nil for advice.
  var change: Change?
  /// Places of the findings in the report, so that changes of one remedy know each other.
  var remedies: Set<Int>
  /// Place within the remedy.
  let step: Int
  /// 16 digits that are the same in every plan. Made once: plans of many domains compare them often.
  private(set) var id: String

  init(
    rule: String, subject: Subject, effect: RemedyClass, summary: String, risk: String,
    observed: String?, change: Change?, remedies: Set<Int>, step: Int
  ) {
    self.rule = rule
    self.subject = subject
    self.effect = effect
    self.summary = summary
    self.risk = risk
    self.observed = observed
    self.change = change
    self.remedies = remedies
    self.step = step
    id = ""
    let name = subject.kind == .host ? "host" : subject.name
    let parts = [rule, subject.kind.rawValue, name, key]
    id = String(SHA256.hex(parts.joined(separator: "\0")).prefix(16))
  }

  /// The domain it changes (`Domain.key`).
  var domain: String? {
    guard case .domain(let change) = change else { return nil }
    return change.domain
  }

  var kind: PlannedChange.Kind {
    switch change {
    case nil: .advice
    case .knob: .write
    case .hugePages: .hugePages
    case .persist: .persist
    case .domain(let change): change.movesMemory ? .write : .domainXML
    }
  }

  /// The thing whose value is wanted: two candidates with one key exclude each other unless they
  /// want the same. Domain edits have keys of their own.
  var key: String {
    switch change {
    case nil: "advice \(rule) \(subject.kind.rawValue) \(subject.name)"
    case .knob(let path, _): path
    case .hugePages(let node, let size, _): Snapshot.poolDirectory(node: node, sizeKiB: size)
    case .persist(let item):
      DropIn(for: item).path + " " + DropIn.key(DropIn.line(item), in: DropIn(for: item))
    case .domain(let change):
      "\(change.movesMemory ? "memory" : "domain") \(change.domain) \(rule)"
    }
  }

  /// The wanted value, for conflicts and duplicates.
  var value: String {
    switch change {
    case nil: ""
    case .knob(_, let value): value
    case .hugePages(_, _, let count): "\(count)"
    case .persist(let item): DropIn.line(item)
    case .domain(let change):
      if change.movesMemory, case .moveMemory(let nodes) = change.live.first {
        "nodes \(nodes)"
      } else {
        ""
      }
    }
  }

  /// The file or pool; for domains the caller knows better.
  var target: String {
    switch change {
    case nil: subject.name
    case .knob(let path, _): path
    case .hugePages(let node, let size, _):
      Snapshot.poolDirectory(node: node, sizeKiB: size) + "/nr_hugepages"
    case .persist(let item): DropIn(for: item).path
    case .domain(let change): change.domain
    }
  }

  /// The order of kinds: driver settings before the governor (which would refuse them), pages
  /// before the definitions that need them, values before what makes them last.
  var rank: Int {
    switch change {
    case .knob(let path, _) where path.hasSuffix("/energy_performance_preference"): 0
    case .knob(let path, _) where path.hasSuffix("/scaling_governor"): 2
    case .knob: 1
    case .hugePages: 3
    case .persist: 4
    // What can't be given back comes when everything else is done.
    case .domain(let change) where change.movesMemory: 7
    case .domain(let change): change.edits.contains(where: \.removes) ? 6 : 5
    case nil: 8
    }
  }
}

extension XMLEdit {
  /// Whether it takes an element away, so that later indexes move.
  var removes: Bool {
    if case .remove = self { return true }
    return false
  }
}

extension Candidate {
  /// All wishes of a report's findings that no waiver covers, in plan order.
  ///
  /// - Parameters:
  ///   - first: the number of the report's first finding among those of several rounds.
  static func all(in report: Report, costs: [String: String], first: Int = 0) -> [Candidate] {
    var result: [Candidate] = []
    for (index, finding) in report.findings.enumerated() where finding.waiver == nil {
      result += candidates(of: finding, first + index, costs)
    }
    return result
  }

  /// Joined by domain and rule, in plan order.
  static func arranged(_ candidates: [Candidate], order: [String: Int]) -> [Candidate] {
    merged(candidates).sorted {
      ($0.rank, order[$0.rule] ?? .max, $0.subject, $0.step)
        < ($1.rank, order[$1.rule] ?? .max, $1.subject, $1.step)
    }
  }

  private static func candidates(
    of finding: Report.Finding, _ index: Int, _ costs: [String: String]
  ) -> [Candidate] {
    let remedy = finding.violation.remedy
    func candidate(_ change: Change?, _ step: Int, _ effect: RemedyClass) -> Candidate {
      var subject = finding.subject
      if case .domain(let change) = change { subject = Subject(.domain, change.domain) }
      return Candidate(
        rule: finding.rule, subject: subject, effect: effect, summary: remedy.summary,
        risk: remedy.risk ?? costs[finding.rule] ?? "",
        observed: finding.violation.evidence.first?.observed, change: change, remedies: [index],
        step: step)
    }
    guard !remedy.changes.isEmpty, remedy.effect != .advisory, remedy.effect != .firmware else {
      let effect = remedy.effect == .firmware ? RemedyClass.firmware : .advisory
      return [candidate(nil, 0, effect)]
    }
    return remedy.changes.enumerated().map { candidate($1, $0, remedy.effect) }
  }

  /// One change per domain and rule: edits for several parts of a domain are joined.
  private static func merged(_ candidates: [Candidate]) -> [Candidate] {
    var result: [Candidate] = []
    var places: [String: Int] = [:]
    for candidate in candidates {
      guard case .domain(let more) = candidate.change else {
        result.append(candidate)
        continue
      }
      guard let index = places[candidate.key], case .domain(let change) = result[index].change
      else {
        places[candidate.key] = result.count
        result.append(candidate)
        continue
      }
      result[index].remedies.formUnion(candidate.remedies)
      // What a rule wants later, knowing the other changes, replaces what it wanted first.
      let places = Set(more.edits.map(\.place))
      let kept = change.edits.filter { !places.contains($0.place) || more.edits.contains($0) }
      result[index].change = .domain(
        DomainChange(
          domain: change.domain,
          edits: kept + more.edits.filter { !kept.contains($0) },
          live: change.live + more.live.filter { !change.live.contains($0) }))
    }
    return result.map(removalsLast)
  }

  /// Removals come last and from the highest index down, so that no path points at a neighbour. One
  /// that makes room for what a later edit puts in the same place stays before it.
  private static func removalsLast(_ candidate: Candidate) -> Candidate {
    guard case .domain(let change) = candidate.change,
      change.edits.contains(where: \.removes)
    else { return candidate }
    let edits = change.edits
    func makesRoom(_ index: Int) -> Bool {
      edits[(index + 1)...].contains { !$0.removes && $0.path.begins(with: edits[index].path) }
    }
    let last = edits.indices.filter { edits[$0].removes && !makesRoom($0) }
    let removals = last.map { edits[$0] }.sorted { left, right in
      let (a, b) = (left.path.steps.map(\.index), right.path.steps.map(\.index))
      return b.lexicographicallyPrecedes(a)
    }
    var result = candidate
    result.change = .domain(
      DomainChange(
        domain: change.domain,
        edits: edits.indices.filter { !last.contains($0) }.map { edits[$0] } + removals,
        live: change.live))
    return result
  }
}

extension Candidate {
  /// What it does, where rules share whole remedies: the same edits of a domain are made once.
  var content: String {
    guard case .domain(let change) = change else { return key }
    let edits = change.edits.map { "\($0.place)=\($0.outcome)" }
    return "domain \(change.domain)\0" + edits.joined(separator: "\0")
  }

  /// Whether it wants something that none of these of the same id wants yet.
  func adds(to same: [Candidate]) -> Bool {
    guard let change else { return false }
    guard case .domain(let edits) = change else {
      return !same.contains { $0.change == change }
    }
    let known = same.reduce(into: [XMLEdit]()) { result, wish in
      if case .domain(let change) = wish.change { result += change.edits }
    }
    return edits.edits.contains { !known.contains($0) }
  }
}
