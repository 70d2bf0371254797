extension PlacementHost {
  init(reading field: InstanceField) throws(InstanceProblem) {
    let nodes = try Self.nodes(try field.member("nodes"))
    let ids = Set(nodes.map(\.id))
    let pus = Set(nodes.flatMap { $0.cores.flatMap { $0 } })
    self.init(
      nodes: nodes,
      l3Groups: try Self.groups(try field.member("l3_groups"), pus: pus),
      distances: try Self.distances(try field.member("distances"), nodes: nodes.count),
      devices: try Self.devices(try field.member("devices"), nodes: ids),
      reservedPUs: try Self.reserved(try field.member("reserved_pus"), pus: pus),
      sharedOvercommitPercent: try field.member("shared_overcommit_percent")
        .integer(in: 0...InstanceLimits.overcommitPercent))
  }

  private static func nodes(_ field: InstanceField) throws(InstanceProblem) -> [Node] {
    var nodes: [Node] = []
    var ids: Set<Int> = []
    var pus: Set<Int> = []
    for element in try field.elements(atMost: InstanceLimits.nodes) {
      let id = try element.member("id")
      let number = try id.integer(in: InstanceLimits.puNumber)
      guard ids.insert(number).inserted else { throw id.problem("a second node \(number)") }
      let pages = try element.optionalMember("hugepages")
      nodes.append(
        Node(
          id: number,
          memoryMiB: try element.member("memory_mib").integer(in: 0...InstanceLimits.memoryMiB),
          pages2MiB: try Self.pages(pages, "2048", in: 0...InstanceLimits.memoryMiB / 2),
          pages1GiB: try Self.pages(pages, "1048576", in: 0...InstanceLimits.memoryMiB / 1024),
          cores: try Self.cores(try element.member("cores"), pus: &pus)))
    }
    guard !nodes.isEmpty else { throw field.problem("a host has at least one node") }
    return nodes
  }

  private static func pages(
    _ field: InstanceField?, _ size: String, in range: ClosedRange<Int>
  ) throws(InstanceProblem) -> Int {
    try field?.optionalMember(size)?.integer(in: range) ?? 0
  }

  private static func cores(
    _ field: InstanceField, pus: inout Set<Int>
  ) throws(InstanceProblem) -> [[Int]] {
    var cores: [[Int]] = []
    for core in try field.elements(atMost: InstanceLimits.pus) {
      let members = try core.elements(atMost: InstanceLimits.pus)
      guard (1...2).contains(members.count) else {
        throw core.problem("a core has one or two PUs, this one has \(members.count)")
      }
      var numbers: [Int] = []
      for member in members {
        let number = try member.integer(in: InstanceLimits.puNumber)
        guard pus.insert(number).inserted else { throw member.problem("PU \(number) stands twice") }
        numbers.append(number)
      }
      cores.append(numbers)
    }
    guard pus.count <= InstanceLimits.pus else {
      throw field.problem("more than \(InstanceLimits.pus) PUs")
    }
    return cores
  }

  private static func groups(
    _ field: InstanceField, pus: Set<Int>
  ) throws(InstanceProblem) -> [[Int]] {
    var groups: [[Int]] = []
    var seen: Set<Int> = []
    for group in try field.elements(atMost: InstanceLimits.pus) {
      var numbers: [Int] = []
      for member in try group.elements(atMost: InstanceLimits.pus) {
        let number = try member.integer(in: InstanceLimits.puNumber)
        guard pus.contains(number) else { throw member.problem("no core has PU \(number)") }
        guard seen.insert(number).inserted else {
          throw member.problem("PU \(number) is in two L3 groups")
        }
        numbers.append(number)
      }
      groups.append(numbers)
    }
    guard let lost = pus.subtracting(seen).min() else { return groups }
    throw field.problem("PU \(lost) is in no L3 group")
  }

  private static func distances(
    _ field: InstanceField, nodes: Int
  ) throws(InstanceProblem) -> [[Int]] {
    let rows = try field.elements(atMost: InstanceLimits.nodes)
    guard rows.count == nodes else {
      throw field.problem("\(rows.count) rows for \(nodes) nodes")
    }
    var distances: [[Int]] = []
    for row in rows {
      let cells = try row.elements(atMost: InstanceLimits.nodes)
      guard cells.count == nodes else {
        throw row.problem("\(cells.count) distances for \(nodes) nodes")
      }
      var numbers: [Int] = []
      for cell in cells { numbers.append(try cell.integer(in: 0...InstanceLimits.distance)) }
      distances.append(numbers)
    }
    return distances
  }

  private static func devices(
    _ field: InstanceField, nodes: Set<Int>
  ) throws(InstanceProblem) -> [Device] {
    var devices: [Device] = []
    var seen: Set<[UInt8]> = []
    for element in try field.elements(atMost: InstanceLimits.devices) {
      let id = try element.member("id")
      let node = try element.member("node")
      let device = Device(id: try id.string(), node: try node.integer(in: 0...Int.max))
      guard seen.insert(Array(device.id.utf8)).inserted else {
        throw id.problem("a second device \"\(device.id)\"")
      }
      guard nodes.contains(device.node) else { throw node.problem("no node \(device.node)") }
      devices.append(device)
    }
    return devices
  }

  private static func reserved(
    _ field: InstanceField, pus: Set<Int>
  ) throws(InstanceProblem) -> [Int] {
    var reserved: [Int] = []
    var seen: Set<Int> = []
    for member in try field.elements(atMost: InstanceLimits.pus) {
      let number = try member.integer(in: InstanceLimits.puNumber)
      guard pus.contains(number) else { throw member.problem("no core has PU \(number)") }
      guard seen.insert(number).inserted else { throw member.problem("PU \(number) stands twice") }
      reserved.append(number)
    }
    return reserved
  }
}
