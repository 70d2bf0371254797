// A guest's memory: how much, from which host nodes, in which pages.

/// The guest's memory as declared.
public struct DomainMemory: Sendable {
  /// A `<page>` of `<hugepages>`.
  public struct Page: Sendable {
    /// The element.
    public let node: XMLNode
    /// Page size; nil where it names none.
    public let sizeKiB: Int?
    /// Guest cells it is for; nil for all.
    public let cells: CPUSet?
  }

  /// A `<memnode>` of `<numatune>`.
  public struct MemNode: Sendable {
    /// The element.
    public let node: XMLNode
    /// The guest cell.
    public let cell: Int
    /// `strict` (the default), `preferred`, `interleave`, `restrictive`.
    public let mode: String
    /// The host nodes; nil where absent.
    public let nodes: CPUSet?
  }

  /// The `<memory>` of `<numatune>`.
  public struct Binding: Sendable {
    /// The element.
    public let node: XMLNode
    /// `strict` (the default), `preferred`, `interleave`, `restrictive`.
    public let mode: String
    /// The host nodes; nil where absent.
    public let nodes: CPUSet?
    /// Whether numad chooses them at the start.
    public let isAuto: Bool
  }

  /// A memory device (DIMM, NVDIMM, virtio-mem …).
  public struct Device: Sendable {
    /// The element.
    public let node: XMLNode
    /// `dimm`, `nvdimm`, `virtio-mem`, `virtio-pmem`, `sgx-epc`.
    public let model: String
    /// Its size.
    public let sizeKiB: Int
    /// Its guest cell; nil where absent.
    public let cell: Int?
    /// The page size of its backing; nil where absent.
    public let pageSizeKiB: Int?
    /// The host nodes its pages come from; nil where absent.
    public let hostNodes: CPUSet?
  }

  /// The element; nil where absent.
  public let node: XMLNode?
  /// `<memory>`, or the sum of the cells where it is absent or zero; nil where neither is there.
  public let totalKiB: Int?
  /// `<currentMemory>`; the total where it is absent or zero.
  public let currentKiB: Int?
  /// The `<currentMemory>` element.
  public let currentNode: XMLNode?
  /// `<maxMemory>`.
  public let maximumKiB: Int?
  /// The `<memoryBacking>` element.
  public let backing: XMLNode?
  /// The `<hugepages>` element; nil where absent.
  public let hugepages: XMLNode?
  /// The pages it names; empty means the host's default size.
  public let pages: [Page]
  /// Whether `<locked/>` is there.
  public let isLocked: Bool
  /// Whether `<nosharepages/>` is there.
  public let isUnshared: Bool
  /// `access/@mode`.
  public let access: String?
  /// `source/@type`.
  public let source: String?
  /// `allocation/@mode`.
  public let allocation: String?
  /// `numatune/memory`.
  public let binding: Binding?
  /// `numatune/memnode` elements.
  public let memNodes: [MemNode]
  /// The `<numatune>` element.
  public let numatune: XMLNode?
  /// `memtune/hard_limit`.
  public let hardLimitKiB: Int?
  /// Memory devices.
  public let devices: [Device]

  init(_ domain: XMLNode, cells: [DomainCPU.Cell]) throws(DomainError) {
    node = domain.first("memory")
    let cellSum = cells.reduce(0) { $0.addingReportingOverflow($1.memoryKiB ?? 0).partialValue }
    let written = try node?.sizeKiB() ?? 0
    totalKiB = written > 0 ? written : cellSum > 0 ? cellSum : nil
    currentNode = domain.first("currentMemory")
    let current = try currentNode?.sizeKiB() ?? 0
    currentKiB = current > 0 ? current : totalKiB
    maximumKiB = try domain.first("maxMemory")?.sizeKiB()

    backing = domain.first("memoryBacking")
    hugepages = backing?.first("hugepages")
    var pages: [Page] = []
    for page in hugepages?.all("page") ?? [] {
      pages.append(
        Page(node: page, sizeKiB: try page.sizeKiB("size"), cells: try page.set("nodeset")))
    }
    self.pages = pages
    isLocked = backing?.first("locked") != nil
    isUnshared = backing?.first("nosharepages") != nil
    access = backing?.first("access")?["mode"]
    source = backing?.first("source")?["type"]
    allocation = backing?.first("allocation")?["mode"]

    numatune = domain.first("numatune")
    binding = try numatune?.first("memory").map {
      node throws(DomainError) in try Self.binding(node, vcpu: domain.first("vcpu"))
    }
    var memNodes: [MemNode] = []
    for node in numatune?.all("memnode") ?? [] {
      guard let cell = try node.number("cellid", in: 0...CPUSet.limit) else { continue }
      memNodes.append(
        MemNode(
          node: node, cell: cell, mode: node["mode"] ?? "strict", nodes: try node.set("nodeset")))
    }
    self.memNodes = memNodes
    hardLimitKiB = try domain.descend("memtune/hard_limit")?.sizeKiB()
    var devices: [Device] = []
    for node in domain.first("devices")?.all("memory") ?? [] {
      devices.append(try Self.device(node))
    }
    self.devices = devices
  }

  private static func binding(_ node: XMLNode, vcpu: XMLNode?) throws(DomainError) -> Binding {
    let nodes = try node.set("nodeset")
    // libvirt's default: static with a nodeset, else the placement of the vCPUs.
    let placement = node["placement"] ?? (nodes == nil ? vcpu?["placement"] : nil) ?? "static"
    return Binding(
      node: node, mode: node["mode"] ?? "strict", nodes: nodes, isAuto: placement == "auto")
  }

  private static func device(_ node: XMLNode) throws(DomainError) -> Device {
    let source = node.first("source")
    return Device(
      node: node, model: node["model"] ?? "",
      sizeKiB: try node.descend("target/size")?.sizeKiB() ?? 0,
      cell: try node.descend("target/node")?.number(),
      pageSizeKiB: try source?.first("pagesize")?.sizeKiB(),
      hostNodes: try source?.first("nodemask").map { mask throws(DomainError) in
        guard let set = CPUSet(list: mask.text) else {
          throw mask.wrong(mask.text, attribute: nil, expected: "a list such as 0-3,8")
        }
        return set
      })
  }
}
