// The `<cpu>` of a definition: what processor and which NUMA cells the guest sees.

/// The guest's processor.
public struct DomainCPU: Sendable {
  /// Sockets, dies, clusters, cores and threads the guest sees.
  public struct Topology: Sendable {
    /// The element.
    public let node: XMLNode
    /// Sockets.
    public let sockets: Int
    /// Dies a socket.
    public let dies: Int
    /// Clusters a die.
    public let clusters: Int
    /// Cores a cluster.
    public let cores: Int
    /// Threads a core.
    public let threads: Int
    /// How many vCPUs this makes.
    public var product: Int {
      [sockets, dies, clusters, cores, threads].reduce(1) { total, factor in
        let (product, overflow) = total.multipliedReportingOverflow(by: factor)
        return overflow ? Int.max : product
      }
    }
  }

  /// A named CPU feature.
  public struct Feature: Sendable {
    /// The element.
    public let node: XMLNode
    /// For instance `vmx`.
    public let name: String
    /// `force`, `require` (the default), `optional`, `disable` or `forbid`.
    public let policy: String
  }

  /// A guest NUMA cell.
  public struct Cell: Sendable {
    /// The element.
    public let node: XMLNode
    /// Its number: `id`, else its place.
    public let id: Int
    /// Its vCPUs; empty for a memory-only cell.
    public let cpus: CPUSet
    /// Its memory.
    public let memoryKiB: Int?
    /// `shared` or `private`.
    public let memAccess: String?
    /// Distances to cells by number.
    public let distances: [Int: Int]
  }

  /// The element.
  public let node: XMLNode
  /// `custom`, `host-model`, `host-passthrough`, `maximum`; nil where neither a mode nor a model
  /// is given, which is the same as no `<cpu>` at all.
  public let mode: String?
  /// The model's name.
  public let model: String?
  /// `check`.
  public let check: String?
  /// `migratable`; nil where absent.
  public let migratable: Bool?
  /// The shape; nil where absent.
  public let topology: Topology?
  /// The named features.
  public let features: [Feature]
  /// `cache/@mode`.
  public let cacheMode: String?
  /// `maxphysaddr/@mode`.
  public let maxPhysAddrMode: String?
  /// `maxphysaddr/@bits`.
  public let maxPhysAddrBits: Int?
  /// The guest NUMA cells.
  public let cells: [Cell]

  init(_ node: XMLNode) throws(DomainError) {
    self.node = node
    let model = node.first("model")?.text.trimmedBlanks
    self.model = model
    mode = node["mode"] ?? (model == nil ? nil : "custom")
    check = node["check"]
    migratable = node.flag("migratable")
    cacheMode = node.first("cache")?["mode"]
    maxPhysAddrMode = node.first("maxphysaddr")?["mode"]
    maxPhysAddrBits = try node.first("maxphysaddr")?.number("bits")
    topology = try node.first("topology").map(Self.topology)
    features = node.all("feature").map {
      Feature(node: $0, name: $0["name"] ?? "", policy: $0["policy"] ?? "require")
    }
    var cells: [Cell] = []
    for (place, cell) in (node.first("numa")?.all("cell") ?? []).enumerated() {
      cells.append(try Self.cell(cell, place: place))
    }
    self.cells = cells
  }

  private static func topology(_ node: XMLNode) throws(DomainError) -> Topology {
    func count(_ name: String) throws(DomainError) -> Int {
      try node.number(name, in: 1...Domain.vcpuLimit) ?? 1
    }
    return Topology(
      node: node, sockets: try count("sockets"), dies: try count("dies"),
      clusters: try count("clusters"), cores: try count("cores"), threads: try count("threads"))
  }

  private static func cell(_ node: XMLNode, place: Int) throws(DomainError) -> Cell {
    var distances: [Int: Int] = [:]
    for sibling in node.first("distances")?.all("sibling") ?? [] {
      guard let id = try sibling.number("id"), let value = try sibling.number("value") else {
        continue
      }
      distances[id] = value
    }
    return Cell(
      node: node, id: try node.number("id") ?? place, cpus: try node.set("cpus") ?? [],
      memoryKiB: try node.sizeKiB("memory"), memAccess: node["memAccess"], distances: distances)
  }
}
