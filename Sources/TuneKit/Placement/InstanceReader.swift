/// Bounds on instances. They keep every sum of costs within 63 bits and the solver's memory small.
enum InstanceLimits {
  static let nodes = 256
  static let pus = 16_384
  static let puNumber = 0...1_048_575
  static let vms = 4096
  static let vcpus = 4096
  static let ioThreads = 1024
  /// 1 PiB.
  static let memoryMiB = 1 << 30
  static let distance = 255
  static let weight = 1_000_000
  static let priority = 1000
  static let devices = 4096
  static let overcommitPercent = 1_000_000
}

extension PlacementInstance {
  /// Reads and checks an instance. Anything malformed, absurd or contradictory is an error with its
  /// place; the time is linear in the text.
  public init(parsing bytes: [UInt8]) throws(InstanceError) {
    let json: JSONValue
    do throws(JSONError) {
      json = try JSONValue(parsing: bytes, limits: JSONLimits(maxBytes: 32 << 20, maxDepth: 32))
    } catch {
      throw InstanceError(position: error.position, place: "", reason: error.message)
    }
    do throws(InstanceProblem) {
      self = try Self.read(InstanceField(value: json, path: JSONPath()))
    } catch {
      throw InstanceError(
        position: error.path.position(in: bytes), place: error.path.description,
        reason: error.reason)
    }
  }

  private static func read(_ root: InstanceField) throws(InstanceProblem) -> PlacementInstance {
    let format = try root.member("format")
    guard try format.string() == "placement/1" else {
      throw format.problem("expected \"placement/1\"")
    }
    let name = try root.member("name").string()
    let host = try PlacementHost(reading: try root.member("host"))
    let weights = try PlacementWeights(reading: try root.member("weights"))
    let devices = Set(host.devices.map { Array($0.id.utf8) })
    let nodes = Set(host.nodes.map(\.id))
    var names: Set<[UInt8]> = []
    var vms: [PlacementVM] = []
    for field in try root.member("vms").elements(atMost: InstanceLimits.vms) {
      let vm = try PlacementVM(reading: field, devices: devices, nodes: nodes)
      guard names.insert(Array(vm.name.utf8)).inserted else {
        throw try field.member("name").problem("a second VM is named \"\(vm.name)\"")
      }
      vms.append(vm)
    }
    return PlacementInstance(name: name, host: host, weights: weights, vms: vms)
  }
}

extension PlacementWeights {
  init(reading field: InstanceField) throws(InstanceProblem) {
    var values: [PlacementTerm: Int] = [:]
    for term in PlacementTerm.allCases {
      values[term] = try field.member(term.rawValue).integer(in: 0...InstanceLimits.weight)
    }
    self.init(values)
  }
}

extension PlacementVM {
  init(
    reading field: InstanceField, devices known: Set<[UInt8]>, nodes: Set<Int>
  ) throws(InstanceProblem) {
    let policy = try field.member("policy").choice(Policy.self)
    let smt = try field.member("smt")
    let wanted = try smt.choice(SMT.self)
    guard policy == .dedicated || wanted == .prefer else {
      throw smt.problem("a shared VM has no say over siblings; expected \"prefer\"")
    }
    self.init(
      name: try field.member("name").string(),
      vcpus: try field.member("vcpus").integer(in: 1...InstanceLimits.vcpus),
      memoryMiB: try field.member("memory_mib").integer(in: 1...InstanceLimits.memoryMiB),
      pageSize: try Self.pageSize(try field.member("page_size_kib")),
      policy: policy,
      smt: wanted,
      maxCells: try field.member("max_numa_cells").integer(in: 1...InstanceLimits.nodes),
      emulator: try Self.threads(try field.member("emulator"), own: "isolate"),
      ioThreads: try field.member("iothreads").integer(in: 0...InstanceLimits.ioThreads),
      ioThreadPolicy: try Self.threads(try field.member("iothread_policy"), own: "dedicated"),
      devices: try Self.devices(try field.member("devices"), known: known),
      priority: try field.member("priority").integer(in: 0...InstanceLimits.priority),
      current: try Self.current(try field.optionalMember("current"), nodes: nodes))
  }

  private static func pageSize(_ field: InstanceField) throws(InstanceProblem) -> PageSize {
    guard let size = PageSize(rawValue: try field.integer(in: 0...Int.max)) else {
      throw field.problem("expected 4, 2048 or 1048576")
    }
    return size
  }

  private static func threads(_ field: InstanceField, own: String) throws(InstanceProblem)
    -> Threads
  {
    switch try field.string() {
    case "share": return .share
    case own: return .own
    default: throw field.problem("expected \"share\" or \"\(own)\"")
    }
  }

  private static func devices(
    _ field: InstanceField, known: Set<[UInt8]>
  ) throws(InstanceProblem) -> [String] {
    var names: [String] = []
    for element in try field.elements(atMost: InstanceLimits.devices) {
      let name = try element.string()
      guard known.contains(Array(name.utf8)) else {
        throw element.problem("the host has no device \"\(name)\"")
      }
      names.append(name)
    }
    guard Set(names).count == names.count else { throw field.problem("a device stands twice") }
    return names
  }

  private static func current(
    _ field: InstanceField?, nodes: Set<Int>
  ) throws(InstanceProblem) -> [CurrentCell] {
    guard let field else { return [] }
    let list = try field.member("cells")
    var cells: [CurrentCell] = []
    for element in try list.elements(atMost: InstanceLimits.nodes) {
      let cpu = try element.member("node")
      let memory = try element.member("memory_node")
      let cell = CurrentCell(
        node: try cpu.integer(in: 0...Int.max), memoryNode: try memory.integer(in: 0...Int.max))
      guard nodes.contains(cell.node) else { throw cpu.problem("no node \(cell.node)") }
      guard nodes.contains(cell.memoryNode) else {
        throw memory.problem("no node \(cell.memoryNode)")
      }
      cells.append(cell)
    }
    guard !cells.isEmpty else { throw list.problem("a running VM has at least one cell") }
    return cells
  }
}
