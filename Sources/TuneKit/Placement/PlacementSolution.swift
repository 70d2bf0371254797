/// Where the VMs of an instance go.
public struct PlacementSolution: Sendable, Hashable {
  /// One guest NUMA cell and its home.
  public struct Cell: Sendable, Hashable {
    /// The number of the node its vCPUs run on.
    public let node: Int
    /// The number of the node its memory lies on.
    public let memoryNode: Int
    /// The PU of each vCPU; empty for shared VMs.
    public let vcpuPUs: [Int]

    /// A cell.
    public init(node: Int, memoryNode: Int, vcpuPUs: [Int]) {
      self.node = node
      self.memoryNode = memoryNode
      self.vcpuPUs = vcpuPUs
    }
  }

  /// The home of one VM.
  public struct Placement: Sendable, Hashable {
    /// The guest cells in their order.
    public let cells: [Cell]
    /// The PU of the emulator threads, if they have one.
    public let emulatorPU: Int?
    /// The PUs of the IOThreads that have their own.
    public let ioThreadPUs: [Int]

    /// A placement.
    public init(cells: [Cell], emulatorPU: Int? = nil, ioThreadPUs: [Int] = []) {
      self.cells = cells
      self.emulatorPU = emulatorPU
      self.ioThreadPUs = ioThreadPUs
    }
  }

  /// The placement of each VM, in the instance's order; nil where it has none.
  public let placements: [Placement?]

  /// A solution.
  public init(placements: [Placement?]) { self.placements = placements }

  /// The solution nobody can call wrong.
  public static func empty(_ instance: PlacementInstance) -> PlacementSolution {
    PlacementSolution(placements: Array(repeating: nil, count: instance.vms.count))
  }

  /// The members of the solution's JSON object: `instance` and `placements`.
  public func json(for instance: PlacementInstance) -> [JSONMember] {
    let members = zip(instance.vms, placements).map { vm, placement in
      JSONMember(vm.name, placement.map(Self.json) ?? .null)
    }
    return [
      JSONMember("instance", .string(instance.name)), JSONMember("placements", .object(members)),
    ]
  }

  private static func json(_ placement: Placement) -> JSONValue {
    let cells = placement.cells.map { cell in
      var members: [(String, JSONValue)] = [
        ("node", .integer(cell.node)), ("memory_node", .integer(cell.memoryNode)),
      ]
      if !cell.vcpuPUs.isEmpty {
        members.append(("vcpu_pus", .array(cell.vcpuPUs.map(JSONValue.integer))))
      }
      return JSONValue.object(pairs: members)
    }
    var members: [(String, JSONValue)] = [("cells", .array(cells))]
    if let emulator = placement.emulatorPU { members.append(("emulator_pu", .integer(emulator))) }
    if !placement.ioThreadPUs.isEmpty {
      members.append(("iothread_pus", .array(placement.ioThreadPUs.map(JSONValue.integer))))
    }
    return .object(pairs: members)
  }
}
