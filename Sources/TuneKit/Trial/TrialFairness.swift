// Where before and after do not promise the same, and a faster figure is not the whole story.

/// What a comparison leaves out.
public enum TrialFairness {
  /// Sentences about changes that trade something for their speed, each once, in the plan's order.
  public static func remarks(_ changes: [PlannedChange]) -> [String] {
    var result: [String] = []
    for remark in changes.flatMap(remarks) where !result.contains(remark) {
      result.append(remark)
    }
    return result
  }

  private static func remarks(_ change: PlannedChange) -> [String] {
    guard let kind = change.change else { return [] }
    switch kind {
    case .domain(let domain): return domain.edits.compactMap { remark($0, change) }
    case .knob(let path, let value): return knob(path, value).map { [$0] } ?? []
    case .hugePages:
      return [
        "Huge pages are taken from the host's memory for good; what else could have used it "
          + "is not measured."
      ]
    case .persist: return []
    }
  }

  private static func remark(_ edit: XMLEdit, _ change: PlannedChange) -> String? {
    guard case .setAttribute(let path, let name, let value) = edit else { return nil }
    let element = path.steps.last?.name ?? ""
    switch (element, name) {
    case ("driver", "cache"):
      return durability(before(change, of: "cache"), value, change.target)
    case ("driver", "discard"):
      return "Discards now reach the storage: figures may change once freed blocks are reused."
    default: return nil
    }
  }

  /// Modes in which a write is on the disk when the guest is told so.
  private static let writeThrough: Set<String> = ["writethrough", "directsync"]

  private static func durability(_ before: String?, _ after: String, _ domain: String) -> String? {
    guard let before, before != after else {
      return before == nil && after == "unsafe" ? unsafe(domain) : nil
    }
    if after == "unsafe" { return unsafe(domain) }
    if writeThrough.contains(before), !writeThrough.contains(after) {
      return "Durability differs: with cache='\(before)' each write of '\(domain)' is on the disk "
        + "when it returns, with cache='\(after)' only after the guest flushes. A part of the gain "
        + "in writes is that."
    }
    if writeThrough.contains(after), !writeThrough.contains(before) {
      return "Durability differs: cache='\(after)' puts each write of '\(domain)' on the disk, "
        + "cache='\(before)' only what the guest flushes. A loss in writes may be that."
    }
    if before == "unsafe" {
      return
        "Durability differs: cache='unsafe' of '\(domain)' ignores flushes. A loss may be that."
    }
    return nil
  }

  private static func unsafe(_ domain: String) -> String {
    "Durability differs: cache='unsafe' of '\(domain)' ignores flushes; a power cut loses data."
  }

  /// The value an attribute had, from the diff where the plan's value speaks of another node.
  private static func before(_ change: PlannedChange, of attribute: String) -> String? {
    let needle = attribute + "="
    for line in (change.diff ?? "").split(separator: "\n")
    where line.hasPrefix("-") && !line.hasPrefix("---") {
      for word in line.split(whereSeparator: { " <>/".contains($0) }) where word.hasPrefix(needle) {
        return String(word.dropFirst(needle.count).filter { $0 != "'" && $0 != "\"" })
      }
    }
    return nil
  }

  private static func knob(_ path: String, _ value: String) -> String? {
    if path.hasPrefix("/proc/sys/vm/dirty_") {
      return "How much written data waits in memory changes: a power cut may lose another amount."
    }
    if path.hasSuffix("/scaling_governor") || path.contains("cpu_dma_latency")
      || path.hasSuffix("/energy_performance_preference")
    {
      return "The changes let the processor draw more or less power; that is not measured."
    }
    if path == "/sys/kernel/mm/ksm/run" {
      return "Page merging saves memory; what it saves or costs in memory is not measured."
    }
    return nil
  }
}
