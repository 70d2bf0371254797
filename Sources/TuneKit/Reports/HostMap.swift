// The host as a drawing: packages, nodes, L3 groups, cores, and the guests on them.

/// Draws the host as SVG with a legend.
struct HostMap {
  let topology: Topology
  let guests: GuestPlaces

  /// Units of the drawing's width.
  private static let width = 1040
  private static let gap = 10
  /// Hues of guests: far apart, readable under white text in light and dark.
  private static let colors = [
    "#2f6fb7", "#b4552d", "#3f8f4f", "#8a4fb0", "#a8842c", "#2b8c92", "#b8477d", "#5c6f2f",
    "#6a5acd", "#9a3b3b", "#417a9e", "#7a6250",
  ]

  init(_ facts: Facts) {
    topology = facts.topology
    guests = GuestPlaces(facts)
  }

  var html: String {
    let drawing = drawing
    return """
      <div class="map"><svg viewBox="0 0 \(drawing.width) \(drawing.height)" width="\(drawing.width)" \
      role="img" aria-label="Packages, nodes, caches, cores and the guests on them">
      \(drawing.svg)
      </svg>\(legend)</div>
      """
  }

  private var legend: String {
    var items = guests.names.enumerated().map { index, name in
      let floats = guests.floating.contains(index) ? " (not pinned)" : ""
      return "<li style=\"--guest:\(color(index))\"><i></i>\(HTML.text(name))\(floats)</li>"
    }
    if items.count > 40 {
      items = Array(items.prefix(40)) + ["<li>and \(items.count - 40) more domains</li>"]
    }
    if !topology.isolated.isEmpty {
      items.append("<li>dashed: isolated CPUs \(HTML.text("\(topology.isolated)"))</li>")
    }
    return items.isEmpty ? "" : "<ul class=\"legend\">\(items.joined())</ul>"
  }

  private func color(_ guest: Int) -> String { Self.colors[guest % Self.colors.count] }

  // MARK: - Drawing

  private var drawing: MapBox {
    let withCPUs = topology.nodes.filter { !$0.cpus.isEmpty }
    var rest = Set(withCPUs.map(\.id))
    var packages: [(id: Int, nodes: [Topology.Node])] = []
    for (id, cpus) in topology.packages.sorted(by: { $0.key < $1.key }) {
      let own = withCPUs.filter { $0.cpus.isSubset(of: cpus) }
      guard !own.isEmpty else { continue }
      rest.subtract(own.map(\.id))
      packages.append((id, own))
    }
    let width = packages.count > 1 ? (Self.width - Self.gap) / 2 : Self.width
    // A node that spans packages stands alone, and so do nodes without CPUs.
    let spanning = withCPUs.filter { rest.contains($0.id) }.map { node($0, width: Self.width) }
    let memoryOnly = topology.nodes.filter(\.cpus.isEmpty).map { node($0, width: 250) }
    var blocks = [Self.rows(packages.map { package($0.id, $0.nodes, width: width) })]
    blocks += spanning
    blocks.append(MapBox.flow(memoryOnly, within: Self.width, gap: Self.gap))
    if topology.nodes.isEmpty {
      blocks.append(MapBox.flow(groups(of: nil, width: Self.width), within: Self.width, gap: 8))
    }
    let placeless = topology.devices.filter { $0.numaNode == nil && $0.kind != "pci" }
    if !placeless.isEmpty {
      let label = MapBox.label("devices without a known node", "soft")
      blocks.append(MapBox.stack([label, chips(placeless, Self.width)], gap: 2))
    }
    var all = MapBox.stack(blocks, gap: Self.gap)
    all.width = max(all.width, Self.width)
    return all
  }

  private static func rows(_ boxes: [MapBox]) -> MapBox {
    MapBox.flow(boxes, within: width, gap: gap)
  }

  private func package(_ id: Int, _ nodes: [Topology.Node], width: Int) -> MapBox {
    let inner = width - 20
    let columns = nodes.count > 1 && inner > 700 ? 2 : 1
    let boxes = nodes.map { node($0, width: (inner - Self.gap * (columns - 1)) / columns) }
    let flow = MapBox.flow(boxes, within: inner, gap: Self.gap)
    return MapBox.stack([MapBox.label("package \(id)", "soft"), flow], gap: 4)
      .framed("pkg", padding: 10, radius: 10, minWidth: width)
  }

  private func node(_ node: Topology.Node, width: Int) -> MapBox {
    let inner = width - 20
    let memory = node.memoryKiB.map { "  \(Self.size(kiB: $0))" } ?? ""
    let title = node.cpus.isEmpty ? "node \(node.id)\(memory), no CPUs" : "node \(node.id)\(memory)"
    let devices = topology.devices.filter { $0.numaNode == node.id && $0.kind != "pci" }
    return MapBox.stack(
      [
        MapBox.label(title), memoryBar(node, width: inner), memoryChips(node, width: inner),
        MapBox.flow(groups(of: node, width: inner), within: inner, gap: 8), chips(devices, inner),
      ], gap: 6
    ).framed("node", padding: 10, radius: 8, minWidth: width)
  }

  private func memoryBar(_ node: Topology.Node, width: Int) -> MapBox {
    guard let memory = node.memoryKiB, memory > 0 else { return MapBox(0, 0, "") }
    let huge = node.pools.reduce(0.0) { $0 + Double($1.pageSizeKiB) * Double($1.total) }
    guard huge > 0 else { return MapBox(0, 0, "") }
    let free = node.pools.reduce(0.0) { $0 + Double($1.pageSizeKiB) * Double($1.free) }
    let scale = Double(width) / max(Double(memory), huge)
    let total = Int(min(huge * scale, Double(width)))
    let used = Int(max(0, min((huge - free) * scale, Double(total))))
    let text = "huge pages \(Self.size(kiB: huge)), \(Self.size(kiB: free)) free"
    return MapBox.stack(
      [
        MapBox(
          width, 6,
          "<rect class=\"bar\" width=\"\(width)\" height=\"6\" rx=\"3\"/>"
            + "<rect class=\"huge\" fill-opacity=\".45\" width=\"\(total)\" height=\"6\" rx=\"3\"/>"
            + "<rect class=\"huge\" width=\"\(used)\" height=\"6\" rx=\"3\"/>"),
        MapBox.label(text, "soft"),
      ], gap: 2)
  }

  private func memoryChips(_ node: Topology.Node, width: Int) -> MapBox {
    let all = guests.byNode[node.id] ?? []
    var boxes = all.prefix(24).map { entry in
      let size = entry.sizeKiB.map { " \(Self.size(kiB: $0))" } ?? ""
      return MapBox.chip(Self.short(guests.names[entry.guest]) + size)
    }
    if all.count > 24 { boxes.append(MapBox.label("and \(all.count - 24) more", "soft")) }
    return MapBox.flow(boxes, within: width, gap: 4)
  }

  private func chips(_ devices: [Topology.Device], _ width: Int) -> MapBox {
    var boxes = devices.prefix(48).map { MapBox.chip("\($0.kind) \(Self.short($0.name))") }
    if devices.count > 48 { boxes.append(MapBox.label("and \(devices.count - 48) more", "soft")) }
    return MapBox.flow(boxes, within: width, gap: 4)
  }

  // MARK: - CPUs

  /// The L3 groups of a node (of the machine where there are no nodes); cores outside of any group
  /// stand together.
  private func groups(of node: Topology.Node?, width: Int) -> [MapBox] {
    var cores = topology.cores.filter { core in
      node.map { !core.cpus.isDisjoint(with: $0.cpus) } ?? true
    }
    var boxes: [MapBox] = []
    for group in topology.l3Groups {
      let own = cores.filter { $0.cpus.isSubset(of: group.cpus) }
      guard !own.isEmpty else { continue }
      cores.removeAll { $0.cpus.isSubset(of: group.cpus) }
      boxes.append(l3(own, size: group.sizeKiB, limit: min(480, width - 12)))
    }
    if !cores.isEmpty {
      boxes.append(MapBox.flow(cores.map(core), within: min(480, width), gap: 5))
    }
    return boxes
  }

  private func l3(_ cores: [Topology.Core], size: Int?, limit: Int) -> MapBox {
    let title = size.map { "L3 \(Self.size(kiB: $0))" } ?? "L3"
    return MapBox.stack(
      [MapBox.label(title, "soft"), MapBox.flow(cores.map(core), within: limit, gap: 5)], gap: 2
    ).framed("l3", padding: 6, radius: 6)
  }

  private func core(_ core: Topology.Core) -> MapBox {
    MapBox.flow(core.cpus.map(pu), within: 4 * 28, gap: 2).framed("core", padding: 2, radius: 4)
  }

  private func pu(_ cpu: Int) -> MapBox {
    let owners = guests.byCPU[cpu] ?? []
    var style = "pu"
    if !owners.isEmpty { style += " used" }
    if owners.count > 1 { style += " shared" }
    if topology.isolated.contains(cpu) { style += " isolated" }
    let paint = owners.first.map { " style=\"--guest:\(color($0.guest))\"" } ?? ""
    let names = owners.prefix(8).map(guests.describe).joined(separator: ", ")
    let more = owners.count > 8 ? " and \(owners.count - 8) more" : ""
    let title = names.isEmpty ? "CPU \(cpu)" : "CPU \(cpu): \(names)\(more)"
    return MapBox(
      26, 18,
      "<title>\(HTML.text(title))</title><rect class=\"\(style)\"\(paint) width=\"26\" height=\"18\" rx=\"3\"/>"
        + "<text class=\"num\" x=\"13\" y=\"13\">\(cpu)</text>")
  }

  // MARK: - Words

  private static func short(_ name: String) -> String {
    name.count > 28 ? name.prefix(27) + "…" : name
  }

  private static func size(kiB: Int) -> String { size(kiB: Double(kiB)) }

  private static func size(kiB: Double) -> String {
    for (unit, size) in [("TiB", 1_073_741_824.0), ("GiB", 1_048_576), ("MiB", 1024)]
    where kiB >= size {
      let tenths = (kiB / size * 10).rounded()
      guard tenths < 1e15 else { return "huge" }
      let whole = Int(tenths)
      return whole % 10 == 0 || whole >= 1000
        ? "\(whole / 10) \(unit)" : "\(whole / 10).\(whole % 10) \(unit)"
    }
    return "\(kiB < 1e15 ? Int(kiB) : 0) KiB"
  }
}
