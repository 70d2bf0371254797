// One entry of the page: a cause, its evidence and remedy, and what follows from it.

/// Renders a group of findings as a box that opens.
struct HTMLFinding {
  let group: FindingGroup

  var text: String {
    let open = group.severity == .critical ? " open" : ""
    let count = group.head.findings.count
    let more = count > 1 ? "<span class=\"count\">×\(count)</span>" : ""
    return """
      <details class="finding \(group.severity.word)"\(open)>
      <summary><span class="mark">\(group.severity.word)</span>\
      <span class="message">\(HTML.text(group.head.first.violation.message))\(more)\(follows)</span>\
      <code>\(HTML.text(group.head.first.rule))</code></summary>
      \(body(group.head))
      \(group.consequences.map(consequence).joined(separator: "\n"))
      </details>
      """
  }

  private var follows: String {
    let count = group.consequences.reduce(0) { $0 + $1.findings.count }
    return count == 0 ? "" : "<span class=\"count\">+\(count) below</span>"
  }

  private func consequence(_ bundle: FindingBundle) -> String {
    """
    <div class="follows \(bundle.severity.word)"><p><span class="mark">\(bundle.severity.word)</span>\
    \(HTML.text(bundle.first.violation.message)) <code>\(HTML.text(bundle.first.rule))</code></p>
    \(body(bundle))</div>
    """
  }

  private func body(_ bundle: FindingBundle) -> String {
    let remedy = bundle.first.violation.remedy
    var items: [(String, String)] = []
    if bundle.findings.count > 1 {
      let names = bundle.subjects.map { "<code>\(HTML.text($0.name))</code>" }
      items.append(("On", names.joined(separator: " ")))
    }
    items.append(("Remedy", "\(HTML.text(remedy.summary)) <em>\(when(remedy))</em>"))
    if let risk = remedy.risk { items.append(("Risk", HTML.text(risk))) }
    if !bundle.first.references.isEmpty {
      items.append(("See", bundle.first.references.map(reference).joined(separator: ", ")))
    }
    let list = items.map { "<dt>\($0.0)</dt><dd>\($0.1)</dd>" }.joined()
    return evidence(bundle) + "<dl>\(list)</dl>"
  }

  private func evidence(_ bundle: FindingBundle) -> String {
    let all = bundle.findings.flatMap(\.violation.evidence)
    guard !all.isEmpty else { return "" }
    let rows = all.prefix(200).map { line in
      HTML.row([line.source, line.observed ?? "nothing", line.expected ?? ""])
    }
    let rest = all.count > 200 ? "<p>and \(all.count - 200) more lines.</p>" : ""
    return HTML.table(["Where", "Seen", "Wanted"], rows) + rest
  }

  private func when(_ remedy: Remedy) -> String {
    let effect =
      switch remedy.effect {
      case .live: "takes effect at once"
      case .nextGuestStart: "takes effect at the next start of the guest"
      case .nextHostBoot: "takes effect at the next boot of the host"
      case .firmware: "in the firmware's setup"
      case .advisory: "yours to decide"
      }
    return effect + (remedy.persistence.map { ", kept by \(HTML.text($0))" } ?? "")
  }

  private func reference(_ text: String) -> String {
    guard text.hasPrefix("https://") else { return HTML.text(text) }
    let address = HTML.text(text)
    return "<a rel=\"noreferrer noopener\" href=\"\(address)\">\(address)</a>"
  }
}
