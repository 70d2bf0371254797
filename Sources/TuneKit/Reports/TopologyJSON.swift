// The topology for scripts (`docs/schema/topology.json`).

/// Renders a topology as JSON.
public enum TopologyJSON {
  /// The JSON, one line.
  public static func text(_ topology: Topology) -> String { value(topology).text() + "\n" }

  static func value(_ topology: Topology) -> JSONValue {
    .object(pairs: [
      ("schema", "tuned-vm/topology/v1"),
      (
        "counts",
        [
          "packages": .integer(topology.packages.count),
          "numaNodes": .integer(topology.nodes.count),
          "l3Groups": .integer(topology.l3Groups.count),
          "cores": .integer(topology.cores.count),
          "pus": .integer(topology.online.value?.count ?? 0),
        ]
      ),
      ("numaNodes", .array(topology.nodes.map(node))),
      (
        "l3Groups",
        .array(
          topology.l3Groups.map { ["cpus": list($0.cpus), "sizeKiB": .optional($0.sizeKiB)] })
      ),
      (
        "cores",
        .array(
          topology.cores.map { core in
            [
              "package": .optional(core.package), "cpus": list(core.cpus),
              "kind": .optional(core.kind),
            ]
          })
      ),
      ("onlineCpus", topology.online.value.map(list) ?? .null),
      ("allowedCpus", topology.allowed.map(list) ?? .null),
      ("isolatedCpus", list(topology.isolated)),
      ("devices", .array(topology.devices.map(device))),
      ("disagreements", .array(topology.disagreements.map { .string($0) })),
    ])
  }

  private static func list(_ set: CPUSet) -> JSONValue { .string("\(set)") }

  private static func node(_ node: Topology.Node) -> JSONValue {
    [
      "id": .integer(node.id),
      "memoryMiB": .optional(node.memoryKiB.map { $0 / 1024 }),
      "cpus": list(node.cpus),
      "distances": .object(
        pairs: node.distances.sorted { $0.key < $1.key }.map { ("\($0.key)", .integer($0.value)) }),
      "hugepages": .array(
        node.pools.map { pool in
          [
            "pageSizeKiB": .integer(pool.pageSizeKiB), "total": .integer(pool.total),
            "free": .integer(pool.free),
          ]
        }),
    ]
  }

  private static func device(_ device: Topology.Device) -> JSONValue {
    [
      "kind": .string(device.kind), "name": .string(device.name), "pci": .optional(device.pci),
      "numaNode": .optional(device.numaNode),
    ]
  }
}
