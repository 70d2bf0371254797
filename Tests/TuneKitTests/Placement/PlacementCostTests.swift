import Testing

@testable import TuneKit

/// Each rule and each term on a small host, with the value worked out by hand
/// (docs/placement.md).
@Suite struct PlacementCostTests {
  static let host = PlacementHost(
    nodes: [
      .init(
        id: 0, memoryMiB: 16384, pages2MiB: 0, pages1GiB: 4,
        cores: [[0, 8], [1, 9], [2, 10], [3, 11]]),
      .init(
        id: 1, memoryMiB: 16384, pages2MiB: 0, pages1GiB: 0,
        cores: [[4, 12], [5, 13], [6, 14], [7, 15]]),
    ],
    l3Groups: [[0, 8, 1, 9], [2, 10, 3, 11], [4, 12, 5, 13], [6, 14, 7, 15]],
    distances: [[10, 21], [21, 10]], devices: [.init(id: "d0", node: 1)], reservedPUs: [0, 8],
    sharedOvercommitPercent: 200)

  typealias Home = PlacementSolution.Placement
  static func home(
    _ cells: (Int, Int, [Int])..., emulator: Int? = nil, io: [Int] = []
  ) -> Home {
    Home(
      cells: cells.map { .init(node: $0.0, memoryNode: $0.1, vcpuPUs: $0.2) },
      emulatorPU: emulator, ioThreadPUs: io)
  }

  static func vm(
    _ name: String = "a", vcpus: Int = 2, mib: Int = 2048, page: PlacementVM.PageSize = .base,
    policy: PlacementVM.Policy = .dedicated, smt: PlacementVM.SMT = .prefer, cells: Int = 1,
    emulator: PlacementVM.Threads = .share, devices: [String] = [],
    current: [PlacementVM.CurrentCell] = []
  ) -> PlacementVM {
    PlacementVM(
      name: name, vcpus: vcpus, memoryMiB: mib, pageSize: page, policy: policy, smt: smt,
      maxCells: cells, emulator: emulator, devices: devices, current: current)
  }

  /// The cost as text, or what is broken.
  static func outcome(_ vms: [PlacementVM], _ homes: [Home?]) -> String {
    let instance = PlacementInstance(name: "x", host: host, weights: .standard, vms: vms)
    do throws(PlacementViolation) {
      return "\(try PlacementSolution(placements: homes).cost(in: instance).total)"
    } catch {
      return error.description
    }
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let vms: [PlacementVM]
    let homes: [Home?]
    let expected: String
    init(_ name: String, _ vms: [PlacementVM], _ homes: [Home?], _ expected: String) {
      self.name = name
      self.vms = vms
      self.homes = homes
      self.expected = expected
    }
    var testDescription: String { name }
  }

  static let a = vm()
  static let isolated = vm(smt: .isolate)
  static let required = vm(smt: .require)
  static let two = vm(vcpus: 4, cells: 2)
  static func shared(_ name: String, _ vcpus: Int) -> PlacementVM {
    vm(name, vcpus: vcpus, mib: 1024, policy: .shared)
  }
  static let moved = vm(current: [.init(node: 1, memoryNode: 1)])

  static let cases: [Case] = [
    Case("unplaced", [a], [nil], "6000"),
    Case("pair", [a], [home((0, 0, [1, 9]))], "0"),
    Case("two groups, two broken cores", [a], [home((0, 0, [1, 2]))], "70"),
    Case("reserved", [a], [home((0, 0, [0, 9]))], "reserved: a: PU 0"),
    Case("remote memory", [a], [home((0, 1, [1, 9]))], "5"),
    Case("locality", [a], [home((0, 0, [1, 4]))], "locality: a: PU 4"),
    Case(
      "exclusive", [a, vm("b")], [home((0, 0, [1, 9])), home((0, 0, [9, 2]))], "exclusive: b: PU 9"),
    Case("a PU twice", [a], [home((0, 0, [1, 1]))], "exclusive: a: PU 1"),
    Case("no such PU", [a], [home((0, 0, [1, 99]))], "pu: a: no PU 99"),
    Case("too few PUs", [a], [home((0, 0, [1]))], "vcpus: a: a cell needs 2 PUs"),
    Case("isolated", [isolated], [home((0, 0, [2, 3]))], "0"),
    Case(
      "isolated on one core", [isolated], [home((0, 0, [2, 10]))], "isolate: PU 2 must stay idle"),
    Case(
      "sibling used", [isolated, vm("b")], [home((0, 0, [2, 3])), home((0, 0, [10, 9]))],
      "isolate: PU 10 must stay idle"),
    Case(
      "own emulator on the sibling", [vm(smt: .isolate, emulator: .own)],
      [home((0, 0, [2, 3]), emulator: 10)], "isolate: PU 10 must stay idle"),
    Case(
      "emulator elsewhere", [vm(smt: .isolate, emulator: .own)],
      [home((0, 0, [2, 3]), emulator: 1)], "15"),
    Case("emulator missing", [vm(emulator: .own)], [home((0, 0, [2, 3]))], "emulator: a"),
    Case("emulator unwanted", [a], [home((0, 0, [2, 3]), emulator: 1)], "emulator: a"),
    Case(
      "extra on another node", [vm(emulator: .own)], [home((0, 0, [2, 10]), emulator: 4)],
      "locality: a: PU 4"),
    Case("required", [required], [home((0, 0, [2, 10]))], "0"),
    Case("half cores", [required], [home((0, 0, [2, 3]))], "require: a: part of a core"),
    Case(
      "huge pages", [vm(mib: 4096, page: .huge)], [home((0, 0, [2, 10]))], "0"),
    Case(
      "huge pages full", [vm(mib: 5120, page: .huge)], [home((0, 0, [2, 10]))],
      "memory: node 0, 1048576 KiB pages"),
    Case(
      "huge pages elsewhere", [vm(mib: 1024, page: .huge)], [home((1, 1, [4, 12]))],
      "memory: node 1, 1048576 KiB pages"),
    Case(
      "part of a page", [vm(mib: 1536, page: .huge)], [home((0, 0, [2, 10]))],
      "cells: a cannot have 1 cells"),
    Case("two cells", [two], [home((0, 0, [1, 9]), (1, 1, [4, 12]))], "510"),
    Case(
      "two cells needed", [vm(vcpus: 10, cells: 2)],
      [home((0, 0, [1, 9, 2, 10, 3]), (1, 1, [4, 12, 5, 13, 6]))], "140"),
    Case(
      "two cells on a node", [two], [home((0, 0, [1, 9]), (0, 0, [2, 10]))],
      "cells: a: two cells on a node"),
    Case(
      "too many cells", [vm(vcpus: 4)], [home((0, 0, [1, 9]), (1, 1, [4, 12]))],
      "cells: a cannot have 2 cells"),
    Case("device", [vm(devices: ["d0"])], [home((0, 0, [1, 9]))], "110"),
    Case("shared", [shared("s", 6)], [home((0, 0, []))], "0"),
    Case("larger than the pool", [shared("s", 7)], [home((0, 0, []))], "overcommit: node 0"),
    Case(
      "pressure", [shared("s", 4), shared("t", 4)], [home((0, 0, [])), home((0, 0, []))], "120"),
    Case(
      "isolation shrinks the pool", [isolated, shared("s", 3)],
      [home((0, 0, [2, 3])), home((0, 0, []))], "overcommit: node 0"),
    Case("move", [moved], [home((0, 0, [1, 9]))], "36"),
    Case("stay", [moved], [home((1, 1, [4, 12]))], "0"),
    Case("move CPUs alone", [moved], [home((0, 1, [1, 9]))], "35"),
  ]

  /// What is no solution of the instance at all, and how it is told.
  @Test func aSolutionOfAnotherInstanceIsTold() {
    func told(_ vm: PlacementVM, _ homes: [Home?], on host: PlacementHost = Self.host) -> String? {
      let instance = PlacementInstance(
        name: "x", host: host, weights: .standard, vms: [vm])
      let violation = #expect(throws: PlacementViolation.self) {
        try PlacementSolution(placements: homes).cost(in: instance)
      }
      return violation?.description
    }
    #expect(told(Self.a, []) == "format: 0 placements")
    #expect(told(Self.a, [Self.home((7, 0, [1, 9]))]) == "format: a: unknown node")
    #expect(told(Self.a, [Self.home((0, 7, [1, 9]))]) == "format: a: unknown node")
    #expect(
      told(Self.shared("s", 2), [Self.home((0, 0, [1, 9]))]) == "format: s is shared but has PUs")
    #expect(told(Self.a, [Self.home((0, 0, [1, 9]), io: [2])]) == "iothreads: a")
    let halfReserved = PlacementHost(
      nodes: [
        .init(id: 0, memoryMiB: 4096, pages2MiB: 0, pages1GiB: 0, cores: [[0, 2], [1, 3]])
      ],
      l3Groups: [[0, 1, 2, 3]], distances: [[10]], devices: [], reservedPUs: [2],
      sharedOvercommitPercent: 100)
    #expect(
      told(Self.isolated, [Self.home((0, 0, [0, 1]))], on: halfReserved)
        == "isolate: a: a reserved sibling")
  }

  @Test(arguments: cases) func theCostIsWhatTheFormatSays(_ one: Case) {
    #expect(Self.outcome(one.vms, one.homes) == one.expected)
  }
}
