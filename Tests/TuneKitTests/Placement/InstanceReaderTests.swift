import Testing

@testable import TuneKit

@Suite struct InstanceReaderTests {
  static let text = """
    {"format": "placement/1", "name": "t",
     "host": {
      "nodes": [{"id": 0, "memory_mib": 4096, "hugepages": {"2048": 0, "1048576": 1},
                 "cores": [[0, 2], [1, 3]]}],
      "l3_groups": [[0, 2, 1, 3]],
      "distances": [[10]],
      "devices": [{"id": "d", "node": 0}],
      "reserved_pus": [0],
      "shared_overcommit_percent": 400},
     "weights": {"unplaced": 2000, "span": 400, "spread": 10, "remote_memory": 2, "device": 10,
      "l3": 40, "broken_core": 15, "pressure": 60, "move_node": 30, "move_gib": 3},
     "vms": [{"name": "a", "vcpus": 2, "memory_mib": 1024, "page_size_kib": 4,
       "policy": "dedicated", "smt": "prefer", "max_numa_cells": 1, "emulator": "share",
       "iothreads": 1, "iothread_policy": "share", "devices": ["d"], "priority": 1,
       "current": null}]}
    """

  @Test func aWholeInstanceIsRead() throws {
    let instance = try PlacementInstance(parsing: Array(Self.text.utf8))
    #expect(instance.host.nodes[0].cores == [[0, 2], [1, 3]])
    #expect(instance.vms[0].devices == ["d"])
    #expect(instance.vms[0].current.isEmpty)
  }

  /// What to replace, by what, and how the message begins.
  static let mistakes: [(String, String, String)] = [
    (#""placement/1""#, #""placement/2""#, "1:12: format: expected"),
    (#""name": "t","#, "", "1:1: the key \"name\" is missing"),
    (
      #"[{"id": 0, "memory_mib": 4096"#, #"[{"id": -1, "memory_mib": 4096"#,
      "3:20: host.nodes[0].id: -1"
    ),
    (#""memory_mib": 4096"#, #""memory_mib": -5"#, "3:37: host.nodes[0].memory_mib: -5 is out"),
    (
      #""memory_mib": 4096"#, #""memory_mib": 4096.0"#,
      "3:37: host.nodes[0].memory_mib: expected an integer"
    ),
    (
      #""memory_mib": 4096"#, #""memory_mib": "4096""#,
      "3:37: host.nodes[0].memory_mib: expected an integer, found a string"
    ),
    (
      #""memory_mib": 4096"#, #""memory_mib": true"#,
      "3:37: host.nodes[0].memory_mib: expected an integer, found a boolean"
    ),
    (
      #""emulator": "share""#, #""emulator": "own""#,
      "13:77: vms[0].emulator: expected \"share\" or"
    ),
    (
      #"[{"id": 0, "memory"#, #"[7, {"id": 0, "memory"#,
      "3:13: host.nodes[0]: expected an object, found"
    ),
    (
      #""devices": ["d"]"#, #""devices": "d""#,
      "14:59: vms[0].devices: expected an array, found a string"
    ),
    (
      #"[{"id": "d", "node": 0}]"#, #"[{"id": "d", "node": 0}, {"id": "d", "node": 0}]"#,
      "7:46: host.devices[1].id: a second device \"d\""
    ),
    (
      #""page_size_kib": 4"#, #""page_size_kib": 5"#,
      "12:73: vms[0].page_size_kib: expected 4, 2048 or 1048576"
    ),
    (#""policy": "dedicated""#, #""policy": "both""#, "13:14: vms[0].policy: \"both\" is none of"),
    (
      #""devices": ["d"], "pri"#, #""devices": ["e"], "pri"#,
      "14:60: vms[0].devices[0]: the host has no device \"e\""
    ),
    (
      #""devices": ["d"], "pri"#, #""devices": ["d", "d"], "pri"#,
      "14:59: vms[0].devices: a device stands twice"
    ),
    ("[[0, 2], [1, 3]]", "[[0, 2], [1, 2]]", "4:36: host.nodes[0].cores[1][1]: PU 2 stands twice"),
    (
      "[[0, 2], [1, 3]]", "[[0, 2, 1, 3]]",
      "4:24: host.nodes[0].cores[0]: a core has one or two PUs"
    ),
    ("[[0, 2], [1, 3]]", "[[], [1, 3]]", "4:24: host.nodes[0].cores[0]: a core has one or two PUs"),
    ("[[0, 2, 1, 3]],", "[[0, 2, 1]],", "5:16: host.l3_groups: PU 3 is in no L3 group"),
    ("[[0, 2, 1, 3]],", "[[0, 2, 1, 3, 3]],", "5:30: host.l3_groups[0][4]: PU 3 is in two"),
    ("[[0, 2, 1, 3]],", "[[0, 2, 1, 9]],", "5:27: host.l3_groups[0][3]: no core has PU 9"),
    ("[[10]]", "[[10, 20]]", "6:17: host.distances[0]: 2 distances for 1 nodes"),
    ("[[10]]", "[]", "6:16: host.distances: 0 rows for 1 nodes"),
    ("[[10]]", "[[-10]]", "6:18: host.distances[0][0]: -10 is out of range"),
    (#""node": 0}]"#, #""node": 4}]"#, "7:35: host.devices[0].node: no node 4"),
    (
      #""reserved_pus": [0]"#, #""reserved_pus": [7]"#,
      "8:20: host.reserved_pus[0]: no core has PU 7"
    ),
    (#""unplaced": 2000"#, #""unplaced": -1"#, "10:26: weights.unplaced: -1 is out"),
    (#""vcpus": 2"#, #""vcpus": 0"#, "12:33: vms[0].vcpus: 0 is out of range; expected 1 to 4096"),
    (#""vcpus": 2"#, #""vcpus": 1000000"#, "12:33: vms[0].vcpus: 1000000 is out of range"),
    (#""vcpus": 2"#, #""vcpus": 1e400"#, "12:33: the number is too large"),
    (
      #""vcpus": 2"#, #""vcpus": 99999999999999999999"#,
      "12:33: vms[0].vcpus: expected an integer of"
    ),
    (
      #""page_size_kib": 4"#, #""page_size_kib": 64"#,
      "12:73: vms[0].page_size_kib: expected 4, 2048"
    ),
    (
      #""dedicated""#, #""pinned""#,
      #"13:14: vms[0].policy: "pinned" is none of "dedicated", "shared""#
    ),
    (
      #""dedicated", "smt": "prefer""#, #""shared", "smt": "isolate""#,
      "13:31: vms[0].smt: a shared VM"
    ),
    (#"["d"]"#, #"["e"]"#, "14:60: vms[0].devices[0]: the host has no device \"e\""),
    (#"["d"]"#, #"["d", "d"]"#, "14:59: vms[0].devices: a device stands twice"),
    (
      #""current": null"#, #""current": {"cells": []}"#, "15:25: vms[0].current.cells: a running VM"
    ),
    (
      #""current": null"#, #""current": {"cells": [{"node": 3, "memory_node": 0}]}"#,
      "15:35: vms[0].current.cells[0].node: no node 3"
    ),
    (#""current": null}]"#, #""current": null}, 5]"#, "15:22: vms[1]: expected an object"),
    (#""current": null}]}"#, #""current": null}]} x"#, "15:23: text follows"),
    (
      #""priority": 1"#, #""priority": 1, "priority": 2"#,
      "14:81: the key \"priority\" stands twice"
    ),
    (
      "[[0, 2], [1, 3]]}]", #"[[0, 2], [1, 3]]}, {"id": 0}]"#,
      "4:49: host.nodes[1].id: a second node 0"
    ),
    (
      #""reserved_pus": [0]"#, #""reserved_pus": [0, 0]"#,
      "8:23: host.reserved_pus[1]: PU 0 stands twice"
    ),
    (
      #"{"2048": 0, "1048576": 1}"#, "5",
      "3:56: host.nodes[0].hugepages: expected an object, found an integer"
    ),
    (
      #""current": null"#, #""current": {"cells": [{"node": 0, "memory_node": 3}]}"#,
      "15:53: vms[0].current.cells[0].memory_node: no node 3"
    ),
  ]

  @Test(arguments: mistakes)
  func aMistakeIsRefusedWithItsPlace(_ old: String, _ new: String, _ message: String) throws {
    let range = try #require(Self.range(of: old))
    var text = Self.text
    text.replaceSubrange(range, with: new)
    let error = #expect(throws: InstanceError.self) {
      try PlacementInstance(parsing: Array(text.utf8))
    }
    let said = error.map(\.description) ?? "nothing"
    #expect(said.hasPrefix(message), "\(said)")
  }

  @Test func noNodesAndTwinsAreRefused() throws {
    let empty = #"{"format":"placement/1","name":"","host":{"nodes":[]}}"#
    let error = #expect(throws: InstanceError.self) {
      try PlacementInstance(parsing: Array(empty.utf8))
    }
    #expect(error?.description == "1:51: host.nodes: a host has at least one node")
  }

  private func refusal(of text: String) -> String? {
    let error = #expect(throws: InstanceError.self) {
      try PlacementInstance(parsing: Array(text.utf8))
    }
    return error?.message
  }

  @Test func moreThanPlacementTakesIsRefused() {
    let rows = Self.text.replacing(
      "[[10]]", with: "[" + Array(repeating: "[10]", count: 257).joined(separator: ",") + "]")
    #expect(refusal(of: rows) == "host.distances: 257 elements; at most 256 are taken")
    let cores = (0..<8193).map { "[\(2 * $0), \(2 * $0 + 1)]" }.joined(separator: ",")
    let wide = Self.text.replacing("[[0, 2], [1, 3]]", with: "[\(cores)]")
    #expect(refusal(of: wide) == "host.nodes[0].cores: more than 16384 PUs")
  }

  @Test func twoGuestsOfANameAreRefused() throws {
    let start = try #require(Self.range(of: #"{"name": "a""#)).lowerBound
    let guest = Self.text[start...].dropLast(2)
    #expect(
      refusal(of: Self.text.dropLast(2) + ", " + guest + "]}")
        == "vms[1].name: a second VM is named \"a\"")
  }

  @Test func cuttingAnInstanceAnywhereNeverCrashes() {
    let bytes = Array(Self.text.utf8)
    for end in 0..<bytes.count {
      #expect(throws: InstanceError.self) { try PlacementInstance(parsing: Array(bytes[..<end])) }
    }
  }

  private static func range(of needle: String) -> Range<String.Index>? {
    var start = text.startIndex
    while start < text.endIndex {
      if text[start...].hasPrefix(needle) {
        return start..<text.index(start, offsetBy: needle.count)
      }
      start = text.index(after: start)
    }
    return nil
  }
}
