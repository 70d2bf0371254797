// What `-v` adds to a finding: where it was seen, what puts it right, what that costs, and why.

/// The lines below one bundle of findings.
struct TextDetails {
  let bundle: FindingBundle
  let width: Int
  let paint: Paint

  /// Lines of evidence before the rest is left to the JSON.
  private static let evidenceLimit = 12

  /// Names the further subjects of a bundle; nil where there is one.
  static func subjects(_ bundle: FindingBundle) -> String? {
    let names = bundle.otherNames
    guard !names.isEmpty else { return nil }
    // A host-wide rule may repeat its subject with other evidence; its name says nothing then.
    let distinct = names.filter { $0 != bundle.first.subject.name }
    guard !distinct.isEmpty else { return "in \(names.count + 1) places" }
    let list = Safe.text(distinct.joined(separator: ", "))
    return distinct.count == 1 ? "also on \(list)" : "also on \(distinct.count) more: \(list)"
  }

  var lines: [String] {
    var lines: [String] = []
    if let others = Self.subjects(bundle) {
      lines +=
        others.hasPrefix("also ") ? row("also", String(others.dropFirst(5))) : row("", others)
    }
    lines += evidence
    let remedy = bundle.first.violation.remedy
    lines += row("remedy", "\(Safe.text(remedy.summary)) (\(when(remedy)))")
    if let risk = remedy.risk { lines += row("risk", Safe.text(risk)) }
    if !bundle.first.references.isEmpty {
      lines += row("see", Safe.text(bundle.first.references.joined(separator: "  ")))
    }
    return lines
  }

  private func when(_ remedy: Remedy) -> String {
    let effect =
      switch remedy.effect {
      case .live: "at once"
      case .nextGuestStart: "at the next start of the guest"
      case .nextHostBoot: "at the next boot of the host"
      case .firmware: "in the firmware's setup"
      case .advisory: "yours to decide"
      }
    guard let persistence = remedy.persistence else { return effect }
    return "\(effect), kept by \(Safe.text(persistence))"
  }

  private var evidence: [String] {
    let all = bundle.findings.flatMap(\.violation.evidence)
    var lines = all.prefix(Self.evidenceLimit).flatMap { line(of: $0) }
    if all.count > Self.evidenceLimit {
      lines += row("", "and \(all.count - Self.evidenceLimit) more lines; --format json has all")
    }
    return lines
  }

  private func line(of evidence: Evidence) -> [String] {
    let observed = evidence.observed.map { $0.isEmpty ? "empty" : Safe.text($0) } ?? "nothing"
    let expected = evidence.expected.map { ", wanted \(Safe.text($0))" } ?? ""
    return row("seen", "\(observed)\(expected)  [\(Safe.text(evidence.source))]")
  }

  private func row(_ label: String, _ text: String) -> [String] {
    let indent = 5
    let start = String(repeating: " ", count: indent) + paint(Columns.pad(label, 8), .dim)
    return Columns.wrap(text, width - indent - 8).enumerated().map { index, line in
      (index == 0 ? start : String(repeating: " ", count: indent + 8)) + line
    }
  }
}
