// From findings to a plan: order, filters, gates, conflicts, dependencies, and the model of each
// change on the host as the changes before it leave it.

/// Makes plans. Pure: the same report and options give the same plan.
public struct Planner {
  private let context: Context
  private let options: PlanOptions
  private let author: Snapshot.Author
  private let domains: [String: Domain]

  private var snapshot: Snapshot
  /// Definitions as the changes so far leave them, by `Domain.key`.
  private var definitions: [String: XMLDocument] = [:]
  private var editor: DefinitionEditor
  /// The definition before and after a change, by the change's place: differences are made for the
  /// plan that is shown, not for each round.
  private var edited: [Int: (old: XMLDocument, new: XMLDocument)] = [:]
  /// Bytes of definitions that edits read anew so far, by `Domain.key`: a hostile definition of
  /// thousands of devices must not keep the planner for minutes.
  private var scanned: [String: Int] = [:]
  private var changes: [PlannedChange] = []
  private var refusals: [Refusal] = []
  private var conflicts: [PlanConflict] = []
  /// Ids that stand for a wish: its own, or that of the change that does the same for another rule.
  private var standIn: [String: String] = [:]

  /// Makes the plan for a report's findings.
  ///
  /// One change can bring another rule to speak, so the rules are asked again on the host as the
  /// changes would leave it, until they want nothing more.
  ///
  /// - Parameters:
  ///   - report: an audit of the same context.
  ///   - rules: the rules it was made with, for their order and costs.
  ///   - selection: what of the rules was asked for.
  public static func plan(
    _ report: Report, _ context: Context, rules: [RuleInstance],
    options: PlanOptions = PlanOptions(), selection: Selection = Selection()
  ) -> Plan {
    func judged(_ context: Context) -> Report {
      Audit.report(
        context, rules: rules, selection: selection, toolVersion: report.toolVersion,
        generatedAt: report.generatedAt)
    }
    // Places first: the rules are asked again knowing where the domains go.
    let placed = context.findingHomes(for: report)
    var homes = placed?.homes?.places ?? [:]
    let report = placed.map(judged) ?? report
    var order: [String: Int] = [:]
    var costs: [String: String] = [:]
    for (index, rule) in rules.enumerated() {
      order[rule.about.id] = index
      costs[rule.about.id] = rule.about.cost
    }
    var wishes = Candidate.all(in: report, costs: costs)
    var findings = report.findings.count
    var planner = Planner(context, options, DefinitionEditor())
    planner.run(Candidate.arranged(wishes, order: order))
    for _ in 0..<roundLimit where planner.hasWork {
      let after = context.after(planner.modelled)
      var next = judged(after)
      var hasMoved = false
      if let placed = after.findingHomes(for: next) {
        next = judged(placed)
        let sent = wishes.map(\.change)
        wishes = moved(wishes, homes, placed.homes?.places ?? [:])
        hasMoved = wishes.map(\.change) != sent
        homes.merge(placed.homes?.places ?? [:]) { _, new in new }
      }
      // What a later round took back may be wanted again: only what stands counts.
      let standing = Dictionary(grouping: Candidate.arranged(wishes, order: order), by: \.id)
      let more = Candidate.all(in: next, costs: costs, first: findings)
        .filter { $0.adds(to: standing[$0.id] ?? []) }
      guard hasMoved || !more.isEmpty else { break }
      findings += next.findings.count
      wishes += more
      planner = Planner(context, options, planner.editor)
      planner.run(Candidate.arranged(wishes, order: order))
    }
    return planner.finished()
  }

  /// 250 edits of a definition of 64 KiB, a hundred times what a usual one takes.
  private static let scanLimit = 16 << 20

  /// Rules that still want something after so many rounds go in a circle.
  private static let roundLimit = 8

  private init(_ context: Context, _ options: PlanOptions, _ editor: DefinitionEditor) {
    self.context = context
    self.options = options
    self.editor = editor
    author = Snapshot.Author(profile: context.profile.name, hash: context.profile.digest)
    snapshot = context.facts.snapshot
    domains = Dictionary(
      context.facts.domains.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
    definitions = domains.compactMapValues { domain in
      domain.source.persistent?.value.map { _ in domain.definition.node.document }
    }
  }

  /// The host as the plan leaves it.
  private var modelled: Snapshot {
    var result = snapshot
    for (key, definition) in definitions {
      guard let domain = domains[key], let source = domain.source.persistent,
        definition !== domain.definition.node.document
      else { continue }
      result.domains[domain.index].persistent = Known(definition.text, from: source.source)
    }
    return result
  }

  private var hasWork: Bool { changes.contains { $0.kind != .advice } }

  private mutating func run(_ everything: [Candidate]) {
    var wishes = everything.compactMap { admitted($0) }
    let room = HugePageRoom.check(wishes, context.facts)
    for (wish, reason) in room.refused { refuse(wish, .unsafe, reason) }
    wishes = withoutConflicts(room.admitted)
    let needs = dependencies(of: wishes, among: everything)
    var failed = Set(refusals.map(\.id))
    for wish in wishes {
      let rests = needs[wish.id] ?? []
      if let missing = rests.first(where: failed.contains) {
        let others = refusals.filter { rests.contains($0.id) }
        refuse(
          wish, .dependency, "it rests on \(name(of: missing)), which is not made",
          isAskedFor: others.contains(where: \.isAskedFor))
        failed.insert(wish.id)
        continue
      }
      do {
        try carryOut(wish, rests.compactMap { standIn[$0] }.filter(isMade))
      } catch {
        refuse(wish, .impossible, error.description)
        failed.insert(wish.id)
      }
    }
  }

  private mutating func finished() -> Plan {
    describeEdits()
    return Plan(
      profile: context.profile.name, profileHash: author.hash,
      factsDigest: PlanDigest.of(changes, context.facts.snapshot, domains),
      changes: PlannedChange.gathered(changes), conflicts: conflicts,
      refusals: refusals.sorted { ($0.rule, $0.subject) < ($1.rule, $1.subject) },
      notices: notices())
  }

  private func notices() -> [String] {
    var result: [String] = []
    let persisted = changes.compactMap { change -> Persistence? in
      if case .persist(let item) = change.change { return item }
      return nil
    }
    if persisted.contains(where: { DropIn(for: $0) == .grub }) {
      result.append(
        "kernel arguments are written to '\(DropIn.grub.path)'; they take effect after "
          + "'update-grub' and a reboot")
    }
    if persisted.contains(where: { DropIn(for: $0) == .modprobe }) {
      result.append(
        "module options take effect when the module is loaded again; where it is part of the "
          + "initramfs, 'update-initramfs -u' comes first")
    }
    return result
  }

  // MARK: - Admission

  /// A wish that filters and gates let through, perhaps as advice; nil where it is refused.
  private mutating func admitted(_ wish: Candidate) -> Candidate? {
    let key = wish.domain ?? domainKey(of: wish.subject)
    if let reason = options.leavesOut(wish, domain: key) {
      refuse(wish, .notAskedFor, reason)
      return nil
    }
    if wish.isKernelArgument, !hasBootDropIn {
      return advice(from: wish, because: "no boot loader drop-in directory is known here")
    }
    let answer = PlanGates.check(
      wish, domain: key.flatMap { domains[$0] }, definition: key.flatMap { definitions[$0] },
      facts: context.facts, options: options)
    switch answer {
    case .open: return wish
    case .advice(let reason): return advice(from: wish, because: reason)
    case .refused(let reason):
      refuse(wish, .unsafe, reason)
      return nil
    }
  }

  /// The domain whose part a subject names: the name itself or what stands before a `/` of it.
  private func domainKey(of subject: Subject) -> String? {
    guard subject.isOfDomain else { return nil }
    var name = Substring(subject.name)
    while domains[String(name)] == nil {
      guard let slash = name.lastIndex(of: "/") else { return nil }
      name = name[..<slash]
    }
    return String(name)
  }

  /// GRUB reads /etc/default/grub.d where its directory is there (Debian, Ubuntu).
  private var hasBootDropIn: Bool {
    snapshot.names("/etc/default/grub.d") != nil
  }

  private mutating func advice(from wish: Candidate, because reason: String) -> Candidate {
    let risk = wish.risk.isEmpty ? reason : "\(reason). \(wish.risk)"
    return Candidate(
      rule: wish.rule, subject: wish.subject, effect: .advisory, summary: wish.summary,
      risk: risk, observed: wish.observed, change: nil, remedies: wish.remedies, step: wish.step)
  }

  private mutating func refuse(
    _ wish: Candidate, _ cause: Refusal.Cause, _ reason: String, isAskedFor: Bool? = nil
  ) {
    guard wish.change != nil || cause == .notAskedFor else { return }
    refusals.append(
      Refusal(
        id: wish.id, rule: wish.rule, subject: wish.subject, target: target(of: wish),
        cause: cause, reason: reason, isAskedFor: isAskedFor ?? (cause != .notAskedFor)))
  }

  /// Whether a change of this id is part of the plan; one that changes nothing is not.
  private func isMade(_ id: String) -> Bool { changes.contains { $0.id == id } }

  private func name(of id: String) -> String {
    guard let refusal = refusals.first(where: { $0.id == id }) else { return "another change" }
    return "\(refusal.rule) on '\(refusal.target.onOneLine)'"
  }

  private func target(of wish: Candidate) -> String {
    guard let key = wish.domain, let domain = domains[key] else { return wish.target }
    let origin = domain.source.origin
    return origin.contains("://") || !origin.contains("/") && !origin.hasSuffix(".xml")
      ? key : origin
  }

  // MARK: - Conflicts and dependencies

  /// Removes wishes that contradict each other, and doubles of one wish.
  private mutating func withoutConflicts(_ wishes: [Candidate]) -> [Candidate] {
    let found = PlanConflicts.find(wishes)
    conflicts = found.map(\.conflict)
    let bad = Set(found.flatMap(\.ids))
    let needless = ClockPreference.covered(wishes.filter { !bad.contains($0.id) })
    var seen: [String: String] = [:]
    var result: [Candidate] = []
    for wish in wishes {
      if bad.contains(wish.id) {
        refuse(wish, .conflict, "two rules want different values; choose one with --only or --skip")
        continue
      }
      if let governor = needless[wish.id] {
        standIn[wish.id] = governor
        also(for: wish.rule, of: governor)
        continue
      }
      if let first = seen[wish.key] ?? seen[wish.content] {
        standIn[wish.id] = first
        if first != wish.id { also(for: wish.rule, of: first) }
        continue
      }
      seen[wish.key] = wish.id
      seen[wish.content] = wish.id
      standIn[wish.id] = wish.id
      result.append(wish)
    }
    return result
  }

  private var others: [String: [String]] = [:]

  private mutating func also(for rule: String, of id: String) {
    if others[id, default: []].contains(rule) == false { others[id, default: []].append(rule) }
  }

  /// Within a remedy: a definition rests on the pools and knobs, what makes a value last on the
  /// value.
  private func dependencies(of wishes: [Candidate], among everything: [Candidate])
    -> [String: [String]]
  {
    let grounds = everything.filter { $0.rank <= 3 }
    var result: [String: [String]] = [:]
    for wish in wishes where wish.rank > 3 {
      result[wish.id] = grounds.filter { !$0.remedies.isDisjoint(with: wish.remedies) }.map(\.id)
    }
    return result
  }

  // MARK: - The changes themselves

  private mutating func carryOut(_ wish: Candidate, _ rests: [String]) throws(ModelError) {
    guard let change = wish.change else {
      changes.append(planned(wish, before: wish.observed, after: nil, rests))
      return
    }
    if case .domain(let edits) = change {
      try edit(wish, edits, rests)
      return
    }
    let before = current(change)
    if case .persist(let item) = change, before == DropIn.line(item) { return }
    guard try !snapshot.apply(change, by: author).isEmpty else { return }
    changes.append(planned(wish, before: before, after: wish.value, rests))
  }

  private mutating func edit(_ wish: Candidate, _ change: DomainChange, _ rests: [String])
    throws(ModelError)
  {
    if change.movesMemory {
      changes.append(planned(wish, before: wish.observed, after: wish.value, rests))
      return
    }
    guard let definition = definitions[change.domain] else {
      throw ModelError("the definition of '\(change.domain)' is not known")
    }
    let read =
      scanned[change.domain, default: 0] + definition.bytes.count * max(1, change.edits.count)
    guard read <= Self.scanLimit else {
      throw ModelError(
        "the definition of '\(change.domain)' is too large for so many edits in one plan; choose some "
          + "with --only")
    }
    scanned[change.domain] = read
    let result = try editor.apply(
      change.edits, to: definition, domain: change.domain, nodes: context.facts.topology.nodes)
    guard result !== definition || !change.live.isEmpty else { return }
    definitions[change.domain] = result
    edited[changes.count] = (definition, result)
    changes.append(planned(wish, before: nil, after: DomainValues.after(change.edits), rests))
  }

  /// Fills in what each edit finds and its difference, without passwords.
  private mutating func describeEdits() {
    for (index, (old, new)) in edited {
      guard case .domain(let change) = changes[index].change else { continue }
      changes[index].before = DomainValues.before(change.edits, in: old)
      changes[index].diff = UnifiedDiff.make(
        old: DomainText.withoutPasswords(old), new: DomainText.withoutPasswords(new),
        name: "\(change.domain).xml")
    }
  }

  private func planned(
    _ wish: Candidate, before: String?, after: String?, _ rests: [String]
  ) -> PlannedChange {
    var risk = wish.risk
    if case .persist(let item) = wish.change, let shadow = DropIn.shadow(of: item, in: snapshot) {
      risk = risk.isEmpty ? shadow.sentence : "\(shadow.sentence). \(risk)"
    }
    return PlannedChange(
      id: wish.id, rule: wish.rule, subject: wish.subject, effect: wish.effect, kind: wish.kind,
      target: target(of: wish), before: before, after: after, diff: nil, risk: risk,
      summary: wish.summary, change: wish.change, restsOn: Array(Set(rests)).sorted(),
      alsoFor: others[wish.id] ?? [])
  }

  /// The value a change finds.
  private func current(_ change: Change) -> String? {
    switch change {
    case .knob(let path, _): snapshot.raw(path).value.map(KnobText.value)
    case .hugePages(let node, let size, _):
      snapshot.text(Snapshot.poolDirectory(node: node, sizeKiB: size) + "/nr_hugepages").value
    case .persist(let item):
      snapshot.raw(DropIn(for: item).path).value.flatMap { DropIn.currentLine(for: item, in: $0) }
    case .domain: nil
    }
  }
}

extension Candidate {
  var isKernelArgument: Bool {
    if case .persist(.kernelArgument) = change { return true }
    return false
  }
}

extension Context {
  /// The same wishes for the host as it is after changes.
  fileprivate func after(_ snapshot: Snapshot) -> Context {
    Context(
      facts: Facts(snapshot), profile: profile, domainProfiles: domainProfiles,
      configuration: configuration, today: today)
  }
}
