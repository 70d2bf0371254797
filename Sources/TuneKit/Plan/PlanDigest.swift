// A digest of what a plan's changes read, so that a plan made stale is told from one that holds.

enum PlanDigest {
  /// 64 hexadecimal digits over the values the changes replace and the definitions they edit. Free
  /// memory, counters and times are no part of it.
  static func of(
    _ changes: [PlannedChange], _ snapshot: Snapshot, _ domains: [String: Domain]
  ) -> String {
    var lines: Set<String> = []
    var seen: Set<String> = []
    for change in changes {
      switch change.change {
      case nil: continue
      case .knob(let path, _): lines.insert("\(path)\0\(text(path, snapshot))")
      case .hugePages(let node, let size, _):
        let path = Snapshot.poolDirectory(node: node, sizeKiB: size) + "/nr_hugepages"
        lines.insert("\(path)\0\(text(path, snapshot))")
      case .persist(let item):
        let path = DropIn(for: item).path
        lines.insert("\(path)\0\(snapshot.raw(path).value ?? "")")
      case .domain(let change):
        guard seen.insert(change.domain).inserted else { continue }
        let text = domains[change.domain]?.source.persistent?.value ?? ""
        lines.insert("domain \(change.domain)\0\(SHA256.hex(text))")
      }
    }
    return SHA256.hex(lines.sorted().joined(separator: "\n"))
  }

  private static func text(_ path: String, _ snapshot: Snapshot) -> String {
    snapshot.text(path).value ?? ""
  }
}

extension EffectiveProfile {
  /// 16 hexadecimal digits of everything the profile says.
  public var digest: String {
    var lines = ["name \(name)", "family \(family.rawValue)"]
    lines += settings.map { setting in
      let selector = setting.selector.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      return "setting \(setting.knob) [\(selector.joined(separator: ","))] \(setting.value.text)"
    }
    lines += severities.map { "severity \($0.rule) \($0.severity.word)" }
    for (rule, values) in parameters.sorted(by: { $0.key < $1.key }) {
      lines += values.sorted { $0.key < $1.key }.map {
        "parameter \(rule) \($0.key) \($0.value.text)"
      }
    }
    return String(SHA256.hex(lines.joined(separator: "\n")).prefix(16))
  }
}
