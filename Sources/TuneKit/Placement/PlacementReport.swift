/// A placement as people and programs read it.
public struct PlacementReport: Sendable {
  let instance: PlacementInstance
  let result: PlacementResult
  /// Whether the cost of each VM is told.
  let explains: Bool

  /// The host the instance was made of; nil for one from a file.
  let host: HostInstance?

  /// A report; `explains` adds the cost of each VM by term, `host` what to change on it.
  public init(
    _ instance: PlacementInstance, _ result: PlacementResult, explains: Bool,
    host: HostInstance? = nil
  ) {
    self.host = host
    self.instance = instance
    self.result = result
    self.explains = explains
  }

  /// What to say on standard error: each VM without a place, and why.
  public var notices: [String] {
    result.unplaced.map { "\(instance.vms[$0.vm].name) is not placed: \($0.reason)" }
  }

  /// The solution in the format, with cost, bound and gap, ending in a newline.
  public var json: String {
    var members = result.solution.json(for: instance)
    members.append(JSONMember("cost", .integer(result.cost.total)))
    members.append(JSONMember("bound", .integer(result.bound)))
    members.append(JSONMember("gapPercent", .number(gapPercent)))
    members.append(JSONMember("optimal", .bool(result.isOptimal)))
    members.append(JSONMember("terms", result.cost.json))
    members.append(JSONMember("baselineCost", .integer(result.baselineCost)))
    members.append(JSONMember("steps", .integer(result.steps)))
    let unplaced = result.unplaced.map {
      JSONValue.object(pairs: [
        ("vm", .string(instance.vms[$0.vm].name)), ("reason", .string($0.reason)),
      ])
    }
    members.append(JSONMember("unplaced", .array(unplaced)))
    if explains { members.append(JSONMember("vmTerms", vmTerms)) }
    if let host {
      let changes = host.changes(result.solution).map(Change.domain)
      members.append(JSONMember("changes", ChangeJSON.value(changes)))
    }
    return JSONValue.object(members).text(.pretty) + "\n"
  }

  /// By how much the cost may exceed the optimum, in hundredths of a percent precision.
  var gapPercent: Double {
    let gap = Double(result.cost.total - result.bound) * 10_000
    return (gap / Double(max(1, result.bound))).rounded() / 100
  }

  private var vmTerms: JSONValue {
    .object(
      zip(instance.vms, result.cost.vmTerms).map { vm, terms in
        let members = PlacementTerm.allCases.compactMap { term in
          terms[term].map { JSONMember(term.rawValue, .integer($0)) }
        }
        return JSONMember(vm.name, .object(members))
      })
  }

  /// The solution as text: how good it is, a picture of each node, and where each VM went.
  ///
  /// - Parameter width: Columns to stay within.
  public func text(width: Int) -> String {
    var lines = [headline, ""]
    let picture = PlacementPicture(instance, result.solution)
    if let host {
      lines.append("NOW")
      lines += PlacementPicture(instance, host.now).lines(width: width, legend: false)
      lines += ["", "THEN"]
    }
    lines += picture.lines(width: width)
    lines.append("")
    lines += zip(instance.vms.indices, picture.labels).map { vmLine($0, label: $1) }
    let costs = PlacementTerm.allCases.filter { (result.cost.terms[$0] ?? 0) != 0 }
    if !costs.isEmpty {
      lines.append("")
      lines.append("What the cost is made of:")
      lines += costs.map { "  \($0.rawValue): \(result.cost.terms[$0] ?? 0)" }
    }
    if explains { lines += explanation }
    if let host { lines += edits(host) }
    return lines.map { $0 + "\n" }.joined()
  }

  /// The edits of the domains' definitions.
  private func edits(_ host: HostInstance) -> [String] {
    let changes = host.changes(result.solution)
    guard !changes.isEmpty else { return ["", "Every domain is where it should be."] }
    var lines = ["", "What to change:"]
    for change in changes {
      lines.append("  \(Escape.text(change.domain))")
      for case .setAttribute(let path, let name, let value) in change.edits {
        lines.append("    \(path)/@\(name) = \(value)")
      }
    }
    return lines
  }

  private var headline: String {
    let name = Escape.text(instance.name)
    let cost = "Placement of \(name): cost \(result.cost.total)"
    guard !result.isOptimal else { return cost + ", and nothing can be better" }
    return cost + ", at least \(result.bound) for any (gap \(gapPercent) %)"
  }

  private func vmLine(_ index: Int, label: String) -> String {
    let name = Escape.text(instance.vms[index].name)
    guard let placement = result.solution.placements[index] else {
      let reason = result.unplaced.first { $0.vm == index }?.reason ?? ""
      return "\(label) \(name): not placed, \(reason)"
    }
    var text = "\(label) \(name):"
    for cell in placement.cells {
      text += " node \(cell.node)"
      if cell.memoryNode != cell.node { text += " (memory on \(cell.memoryNode))" }
      if !cell.vcpuPUs.isEmpty {
        text += " on \(CPUSet(cell.vcpuPUs))"
      }
      text += ";"
    }
    text.removeLast()
    if let emulator = placement.emulatorPU { text += "; emulator on \(emulator)" }
    if !placement.ioThreadPUs.isEmpty {
      text += "; IOThreads on " + placement.ioThreadPUs.map(String.init).joined(separator: ",")
    }
    return text
  }

  private var explanation: [String] {
    var lines = ["", "What each VM costs alone:"]
    for (vm, terms) in zip(instance.vms, result.cost.vmTerms) where !terms.isEmpty {
      let parts = PlacementTerm.allCases.compactMap { term in
        terms[term].map { "\(term.rawValue) \($0)" }
      }
      lines.append("  \(Escape.text(vm.name)): " + parts.joined(separator: ", "))
    }
    if lines.count == 2 { lines.append("  nothing") }
    lines.append("The customary placements (Nova's, first fit) cost \(result.baselineCost).")
    return lines
  }
}
