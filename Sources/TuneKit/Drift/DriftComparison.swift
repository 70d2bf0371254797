// Baseline against now: which facts moved, each once.

extension DriftReport {
  /// Compares a host with its baseline.
  ///
  /// - Parameters:
  ///   - baseline: The remembered state.
  ///   - file: Its file, for the report.
  ///   - now: The stable facts of the host.
  ///   - report: The audit of the same snapshot.
  public init(comparing baseline: Baseline, file: String, with now: StableFacts, _ report: Report) {
    let comparison = DriftComparison(baseline: baseline, now: now, report: report)
    self.init(
      host: report.host, generatedAt: report.generatedAt, profile: report.profile,
      baseline: file, since: baseline.savedAt, drifted: comparison.entries, resolved: [],
      notices: comparison.notices)
  }
}

/// The comparison of two states.
struct DriftComparison {
  let baseline: Baseline
  let now: StableFacts
  let report: Report
  /// Whether somebody could look for domains both times.
  private let hasDomains: Bool
  /// Domains whose definition could not be read or understood now.
  private let unreadableDomains: [String]

  init(baseline: Baseline, now: StableFacts, report: Report) {
    self.baseline = baseline
    self.now = now
    self.report = report
    let domains = FactID(Subject(.host, "host"), StableFacts.domains)
    hasDomains = baseline.facts[domains] != nil && now.facts[domains] != nil
    unreadableDomains = now.unreadable.keys.filter {
      $0.isPresence && $0.subject.kind == .domain
    }.map(\.subject.name)
  }

  var entries: [DriftEntry] {
    let ids = Set(baseline.facts.keys).union(now.facts.keys).filter(isComparable)
    let turned = ids.filter {
      $0.isPresence && (baseline.facts[$0] == nil) != (now.facts[$0] == nil)
    }
    let changed = Set(turned.map(\.subject))
    var moved = turned.filter { !isPart($0.subject, of: changed) }
    moved.formUnion(
      ids.filter { id in
        !id.isPresence && !changed.contains(id.subject) && !isPart(id.subject, of: changed)
          && differs(id, baseline.facts[id], now.facts[id]?.value)
      })
    let attribution = DriftAttribution(baseline: baseline, report: report)
    var result = withoutSideEffects(grouped(moved).map(entry))
    for index in result.indices { attribution.explain(&result[index]) }
    return result.sorted(by: DriftEntry.worstFirst)
  }

  var notices: [String] {
    var notices: [String] = []
    if let old = baseline.hostName, let new = report.host.name, old != new {
      notices.append("the host was named \(old.quoted()) when the baseline was saved")
    }
    if let saved = Timestamp.seconds(baseline.savedAt),
      let present = Timestamp.seconds(report.generatedAt), present < saved
    {
      notices.append("the clock stands before \(baseline.savedAt), when the baseline was saved")
    }
    if baseline.profile != report.profile {
      notices.append(
        "the baseline was saved under the profile \(baseline.profile.quoted()); "
          + "rules are judged under \(report.profile.quoted())")
    }
    let unread = baseline.facts.keys.filter { now.unreadable[$0] != nil }.sorted()
    if let first = unread.first, let why = now.unreadable[first] {
      let more = unread.count > 1 ? ", and \(unread.count - 1) more" : ""
      notices.append("not compared: \(why)\(more)")
    }
    return notices
  }

  // MARK: - Facts

  /// Whether both sides could be read: of a domain also that somebody could look for domains, and
  /// that its definition was understood.
  private func isComparable(_ id: FactID) -> Bool {
    guard id.key != StableFacts.domains, now.unreadable[id] == nil else { return false }
    guard id.subject.isOfDomain else { return true }
    return hasDomains
      && !unreadableDomains.contains { name in
        id.subject.name == name || id.subject.name.hasPrefix(name + "/")
      }
  }

  /// Whether the subject belongs to another one that came or went: then that one speaks for it.
  private func isPart(_ subject: Subject, of changed: Set<Subject>) -> Bool {
    guard subject.isOfDomain, subject.kind != .domain else { return false }
    return changed.contains { $0.kind == .domain && subject.name.hasPrefix($0.name + "/") }
  }

  private func differs(_ id: FactID, _ old: String?, _ new: String?) -> Bool {
    guard let old, let new else {
      return !id.isComparedWhenPresent(origin: report.facts.snapshot.origin)
    }
    if id.key == "memoryMiB", let before = Int(old), let after = Int(new) {
      // The kernel keeps a little more or less for itself from boot to boot.
      return abs(before - after) > 64
    }
    return old != new
  }

  // MARK: - Elements of definitions

  /// An element that came or went with all that is in it is one thing: of its facts the topmost is
  /// kept.
  private func grouped(_ ids: Set<FactID>) -> [FactID] {
    ids.filter { id in
      guard id.subject.isOfDomain, !id.isPresence else { return true }
      let isNew = baseline.facts[id] == nil
      guard isNew || now.facts[id] == nil else { return true }
      return !id.ancestors.contains { parent in
        isNew
          ? baseline.facts[parent] == nil && now.facts[parent] != nil
          : now.facts[parent] == nil && baseline.facts[parent] != nil
      }
    }
  }

  // MARK: - Entries

  private func entry(_ id: FactID) -> DriftEntry {
    let old = baseline.facts[id]
    let new = now.facts[id]?.value
    var (was, present) = Self.difference(old, new)
    if id.subject.isOfDomain, !id.isPresence, old == nil || new == nil, !id.key.contains("@") {
      was = old.map { _ in summary(id, baseline.facts) }
      present = new.map { _ in summary(id, now.facts.mapValues(\.value)) }
    }
    let name = report.host.name ?? "host"
    return DriftEntry(
      id: id, subject: id.subject.kind == .host ? Subject(.host, name) : id.subject,
      rule: id.key, severity: .info, violates: nil, was: was, now: present,
      sources: now.facts[id]?.sources ?? [], by: nil)
  }

  /// Of texts of several lines only the lines that differ.
  private static func difference(_ old: String?, _ new: String?) -> (String?, String?) {
    guard let old, let new, old.utf8.contains(10) || new.utf8.contains(10) else {
      return (old?.replacing("\n", with: "; "), new?.replacing("\n", with: "; "))
    }
    let before = old.split(separator: "\n")
    let after = new.split(separator: "\n")
    let removed = before.filter { !Set(after).contains($0) }
    let added = after.filter { !Set(before).contains($0) }
    guard !removed.isEmpty || !added.isEmpty else {
      return ("another order of lines", "this order")
    }
    return (
      removed.isEmpty ? nil : removed.joined(separator: "; "),
      added.isEmpty ? nil : added.joined(separator: "; ")
    )
  }

  /// An element in words: its text and attributes, and those of what is in it.
  private func summary(_ id: FactID, _ facts: [FactID: String]) -> String {
    let inner = facts.keys.filter {
      $0.subject == id.subject && $0.key.hasPrefix(id.key + "/") && $0.key.contains("@")
    }
    var words =
      [facts[id] ?? ""]
      + inner.sorted().prefix(24).map { attribute in
        "\(attribute.key.dropFirst(id.key.count + 1).replacing("@", with: ""))='\(facts[attribute] ?? "")'"
      }
    words.removeAll(where: \.isEmpty)
    return words.isEmpty ? "there" : words.joined(separator: " ")
  }

  // MARK: - Side effects

  /// Knobs that the kernel moves with another one; on a live host only the cause is named.
  private static let sideEffects: [(cause: String, effects: [String])] = [
    ("block.scheduler", ["block.nr_requests"]),
    ("cpu.governor", ["cpu.epp", "cpu.min_freq_khz", "cpu.max_freq_khz"]),
    ("cpu.driver", ["cpu.governor", "cpu.epp", "cpu.min_freq_khz", "cpu.max_freq_khz"]),
    ("cpu.smt", ["cpu.online"]),
    ("thp.enabled", ["vm.min_free_kbytes"]),
    ("vm.dirty_bytes", ["vm.dirty_ratio"]), ("vm.dirty_ratio", ["vm.dirty_bytes"]),
    ("vm.dirty_background_bytes", ["vm.dirty_background_ratio"]),
    ("vm.dirty_background_ratio", ["vm.dirty_background_bytes"]),
  ]

  private func withoutSideEffects(_ entries: [DriftEntry]) -> [DriftEntry] {
    guard report.facts.snapshot.origin == .live else { return entries }
    let moved = Dictionary(
      entries.map { ($0.id, $0.now) }, uniquingKeysWith: { first, _ in first })
    return entries.filter { entry in
      !Self.sideEffects.contains { cause, effects in
        guard effects.contains(entry.id.key),
          let value = moved[FactID(entry.id.subject, cause)]
        else { return false }
        // Of bytes and ratio the one that was set is not 0; the kernel clears the other.
        return cause.hasPrefix("vm.dirty") ? value != "0" && entry.now == "0" : true
      }
    }
  }
}

extension FactID {
  var isPresence: Bool { key == StableFacts.presence }

  /// Facts that are there only while something else is: a guest runs, a link is up, a module or
  /// a program is there. One side without them says nothing.
  func isComparedWhenPresent(origin: Snapshot.Origin) -> Bool {
    if key.hasPrefix("live/") || key.hasPrefix("unit.") || key == "net.speed" { return true }
    guard subject.kind == .host, origin == .live else { return false }
    return ["vhost", "vfio", "tun.", "nvme", "net.bridge."].contains { key.hasPrefix($0) }
  }

  /// The elements around this one, from the outermost.
  var ancestors: [FactID] {
    var result: [FactID] = []
    var index = key.startIndex
    while let slash = key[index...].firstIndex(of: "/") {
      result.append(FactID(subject, String(key[..<slash])))
      index = key.index(after: slash)
    }
    return result
  }
}
