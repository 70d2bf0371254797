// The host drawn with characters: packages, nodes, caches, cores, and the guests on them.
//
// A core is a column of its PUs. Beside a PU's number stands who is pinned to it: the guest's
// letter and the vCPU, `*` marks an isolated CPU. All names are made safe before they are drawn.

/// Draws a topology for a terminal.
public struct TopologyText {
  private let facts: Facts
  private let topology: Topology
  private let guests: TopologyGuests
  private let width: Int

  /// A drawing of so many columns (at least 60).
  public init(_ facts: Facts, width: Int) {
    self.facts = facts
    topology = facts.topology
    guests = TopologyGuests(facts)
    self.width = max(60, min(width, 400))
  }

  /// The drawing, with an end of line behind its last one.
  public var text: String {
    var lines = heading + [""]
    lines += columns(packageBoxes)
    lines += loose
    lines += distances
    lines += legend
    lines += remarks
    return lines.map { Self.trimmed($0) }.joined(separator: "\n") + "\n"
  }

  // MARK: - Around the drawing

  private var heading: [String] {
    let name = Escape.text(facts.host.name ?? "host without a name")
    let model = facts.host.cpuModel.map { " · " + Escape.text($0) } ?? ""
    let counts = [
      Self.count(topology.packages.count, "package"),
      Self.count(topology.nodes.count, "NUMA node"),
      Self.count(topology.l3Groups.count, "L3 group"), Self.count(topology.cores.count, "core"),
      topology.online.value.map { Self.count($0.count, "PU") } ?? "PUs unknown",
    ].joined(separator: ", ")
    return [Columns.ellipsis(name + model, width), Columns.ellipsis(counts, width)]
  }

  /// Nodes without CPUs, and CPUs that belong to no package or node.
  private var loose: [String] {
    topology.nodes.filter(\.cpus.isEmpty).flatMap { node in
      TextBox.draw(nodeTitle(node), nodeFacts(node, width - 4), width)
    }
  }

  private var distances: [String] {
    let nodes = topology.nodes.filter { !$0.distances.isEmpty }
    guard nodes.count > 1 else { return [] }
    let ids = nodes.map(\.id)
    let cell = (ids + nodes.flatMap { $0.distances.values }).map { "\($0)".count }.max() ?? 2
    guard 10 + ids.count * (cell + 2) <= width else {
      return ["", "Distances: see --format json"]
    }
    func row(_ head: String, _ values: [String]) -> String {
      Self.right(head, 9) + values.map { "  " + Self.right($0, cell) }.joined()
    }
    return ["", row("Distances", ids.map { "\($0)" })]
      + nodes.map { node in
        row("\(node.id)", ids.map { id in node.distances[id].map { "\($0)" } ?? "?" })
      }
  }

  private var legend: [String] {
    guard !guests.all.isEmpty else {
      return [
        "", facts.snapshot.domainsMissing == nil ? "No domains." : "Domains: nobody could tell.",
      ]
    }
    var lines = [""]
    let shown = guests.all.prefix(60)
    let entries = shown.map { guest in "\(guest.tag)  \(guest.summary)" }
    lines += entries.map { Columns.ellipsis($0, width) }
    if guests.all.count > shown.count { lines.append("and \(guests.all.count - shown.count) more") }
    return lines
  }

  private var remarks: [String] {
    var lines: [String] = []
    if !topology.isolated.isEmpty { lines.append("* isolated CPUs: \(topology.isolated)") }
    if !topology.nohzFull.isEmpty { lines.append("CPUs without a tick: \(topology.nohzFull)") }
    if let allowed = topology.allowed, let online = topology.online.value, allowed != online {
      lines.append("This process may use: \(allowed)")
    }
    let unplaced = topology.devices.filter { $0.numaNode == nil }
    if !unplaced.isEmpty, topology.nodes.count > 1 {
      lines.append(
        "Place unknown: " + unplaced.map { Escape.text($0.name) }.joined(separator: ", "))
    }
    lines += topology.disagreements.map { "Sources differ: " + Escape.text($0) }
    return lines.isEmpty ? [] : [""] + lines.flatMap { Columns.wrap($0, width) }
  }

  // MARK: - Boxes

  private var boxWidth: Int {
    width >= 150 && topology.packages.count > 1 ? (width - 2) / 2 : width
  }

  private var packageBoxes: [[String]] {
    let withCPUs = topology.nodes.filter { !$0.cpus.isEmpty }
    var rest = topology.online.value ?? CPUSet()
    var boxes: [[String]] = []
    for (id, cpus) in topology.packages.sorted(by: { $0.key < $1.key }) {
      let nodes = withCPUs.filter { !$0.cpus.isDisjoint(with: cpus) }
      let inner = boxWidth - 4
      var content = nodes.flatMap { box($0, $0.cpus.intersection(cpus), inner) }
      let without = nodes.reduce(cpus) { $0.subtracting($1.cpus) }
      content += cpuLines(without, inner)
      boxes.append(TextBox.draw("package \(id)", content, boxWidth))
      rest = rest.subtracting(cpus)
    }
    guard !rest.isEmpty else { return boxes }
    for node in withCPUs where !node.cpus.isDisjoint(with: rest) {
      boxes.append(box(node, node.cpus.intersection(rest), boxWidth))
      rest = rest.subtracting(node.cpus)
    }
    if !rest.isEmpty { boxes.append(TextBox.draw("CPUs", cpuLines(rest, boxWidth - 4), boxWidth)) }
    return boxes
  }

  private func box(_ node: Topology.Node, _ cpus: CPUSet, _ width: Int) -> [String] {
    TextBox.draw(nodeTitle(node), cpuLines(cpus, width - 4) + nodeFacts(node, width - 4), width)
  }

  private func nodeTitle(_ node: Topology.Node) -> String {
    var parts = ["node \(node.id)", node.memoryKiB.map { Self.size($0) } ?? "memory unknown"]
    if node.cpus.isEmpty { parts.append("no CPUs") }
    return parts.joined(separator: " · ")
  }

  private func nodeFacts(_ node: Topology.Node, _ width: Int) -> [String] {
    var lines: [(String, String)] = []
    let pools = node.pools.filter { $0.total > 0 }.map { pool in
      "\(pool.total) × \(Self.size(pool.pageSizeKiB)), \(pool.free) free"
    }
    if !pools.isEmpty { lines.append(("pages", pools.joined(separator: " · "))) }
    let memory = guests.memory(on: node.id)
    if !memory.isEmpty { lines.append(("guests", memory.joined(separator: " · "))) }
    let devices = topology.devices.filter { device in
      device.numaNode == node.id || (device.numaNode == nil && topology.nodes.count == 1)
    }
    if !devices.isEmpty {
      lines.append(("devices", devices.map { Escape.text($0.name) }.joined(separator: " · ")))
    }
    return lines.flatMap { head, text in
      Columns.wrap(text, width - 13).enumerated().map { index, line in
        Columns.pad(index == 0 ? head : "", 13) + line
      }
    }
  }

  /// Boxes beside each other where two fit.
  private func columns(_ boxes: [[String]]) -> [String] {
    guard boxWidth < width else { return boxes.flatMap { $0 } }
    var lines: [String] = []
    var index = 0
    while index < boxes.count {
      let left = boxes[index]
      let right = index + 1 < boxes.count ? boxes[index + 1] : []
      for row in 0..<max(left.count, right.count) {
        let first = row < left.count ? left[row] : String(repeating: " ", count: boxWidth)
        lines.append(row < right.count ? first + "  " + right[row] : first)
      }
      index += 2
    }
    return lines
  }

  // MARK: - CPUs

  /// The L3 groups of a set of CPUs with their cores as columns.
  private func cpuLines(_ cpus: CPUSet, _ width: Int) -> [String] {
    guard !cpus.isEmpty else { return [] }
    var rest = cpus
    var lines: [String] = []
    for group in topology.l3Groups where !group.cpus.isDisjoint(with: rest) {
      let own = group.cpus.intersection(rest)
      rest = rest.subtracting(own)
      lines += coreLines("L3 " + (group.sizeKiB.map { Self.size($0) } ?? ""), own, width)
    }
    if !rest.isEmpty { lines += coreLines("", rest, width) }
    return lines
  }

  private func coreLines(_ head: String, _ cpus: CPUSet, _ width: Int) -> [String] {
    var byKind: [(kind: String?, cores: [CPUSet])] = []
    var rest = cpus
    for core in topology.cores where !core.cpus.isDisjoint(with: rest) {
      let own = core.cpus.intersection(rest)
      rest = rest.subtracting(own)
      if let last = byKind.indices.last, byKind[last].kind == core.kind {
        byKind[last].cores.append(own)
      } else {
        byKind.append((core.kind, [own]))
      }
    }
    // CPUs of which nobody knows the core stand alone.
    if !rest.isEmpty { byKind.append((nil, rest.map { [$0] })) }
    var lines: [String] = []
    for (index, group) in byKind.enumerated() {
      let label = index == 0 ? head : ""
      lines += grid(label.isEmpty ? group.kind ?? "" : label, group.cores, width)
    }
    return lines
  }

  private func grid(_ head: String, _ cores: [CPUSet], _ width: Int) -> [String] {
    let label = 13
    let cells = cores.map { core in core.map { cell($0) } }
    let cellWidth = (cells.flatMap { $0 }.map { Columns.width($0) }.max() ?? 2) + 2
    let perLine = max(1, (width - label) / cellWidth)
    var lines: [String] = []
    for start in stride(from: 0, to: cells.count, by: perLine) {
      let part = cells[start..<min(start + perLine, cells.count)]
      for row in 0..<(part.map(\.count).max() ?? 0) {
        let text = part.map { Columns.pad(row < $0.count ? $0[row] : "", cellWidth) }.joined()
        lines.append(
          Columns.pad(lines.isEmpty ? Columns.ellipsis(head, label - 1) : "", label) + text)
      }
    }
    return lines
  }

  private func cell(_ cpu: Int) -> String {
    let mark = topology.isolated.contains(cpu) ? "*" : ""
    let user = guests.user(of: cpu)
    return "\(cpu)\(mark)" + (user.isEmpty ? "" : " " + user)
  }

  // MARK: - Words

  static func size(_ kibibytes: Int) -> String {
    for (unit, shift) in [("TiB", 30), ("GiB", 20), ("MiB", 10)] where kibibytes >= 1 << shift {
      let tenths = (kibibytes * 10) >> shift
      return tenths % 10 == 0 || tenths >= 1000
        ? "\(tenths / 10) \(unit)" : "\(tenths / 10).\(tenths % 10) \(unit)"
    }
    return "\(kibibytes) KiB"
  }

  private static func count(_ number: Int, _ word: String) -> String {
    "\(number) \(word)" + (number == 1 ? "" : "s")
  }

  private static func right(_ text: String, _ columns: Int) -> String {
    String(repeating: " ", count: max(0, columns - text.count)) + text
  }

  private static func trimmed(_ line: String) -> String {
    var line = line
    while line.hasSuffix(" ") { line.removeLast() }
    return line
  }
}

/// A box of lines with a title in its upper edge.
enum TextBox {
  static func draw(_ title: String, _ content: [String], _ width: Int) -> [String] {
    let title = Columns.ellipsis(title, width - 6)
    let fill = String(repeating: "─", count: max(0, width - 5 - Columns.width(title)))
    let lines = content.map { line in
      "│ " + Columns.pad(Columns.ellipsis(line, width - 4), width - 4) + " │"
    }
    return ["┌─ \(title) \(fill)┐"] + lines
      + ["└" + String(repeating: "─", count: width - 2) + "┘"]
  }
}
