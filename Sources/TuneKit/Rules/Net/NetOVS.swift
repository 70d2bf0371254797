/// Open vSwitch where packets are the work.
struct NetOVS: Rule {
  static let about = RuleInfo(
    id: "net.ovs", title: "Open vSwitch polls on CPUs of its own",
    severity: Severities(.off, [.network: .warning]),
    rationale: "The kernel's datapath handles a tenth of the packets that polling threads do, and "
      + "a polling thread on a guest's CPU takes it away.",
    cost: "The polling CPUs are always busy, and huge pages are needed.",
    notWhen: "No Open vSwitch here.",
    sources: [
      .article("§5.3"), .link("https://docs.openvswitch.org/en/latest/intro/install/dpdk/"),
    ])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context) }
  }

  private static func verdict(_ context: Context) -> Verdict {
    guard context.isFamily(.network) else {
      return .notApplicable("the profile is content with the kernel's datapath")
    }
    let file = VirtualFile.json(context.facts.snapshot, "ovs.json")
    guard context.facts.snapshot.files[file.source] != nil else {
      let units = context.facts.units
      let runs = ["ovs-vswitchd", "openvswitch-switch", "openvswitch"].contains {
        units.isActive($0) == true
      }
      return runs ? .missing(file) : .notApplicable("no Open vSwitch here")
    }
    guard let json = file.value else { return .missing(file) }
    let bridges = json["Bridge"]?.arrayValue ?? []
    guard !bridges.isEmpty else { return .notApplicable("Open vSwitch has no bridge") }
    // The kernel's datapath is the default: its type is "system" or empty.
    let slow = bridges.filter { $0["datapath_type"]?.stringValue != "netdev" }
    if !slow.isEmpty {
      let names = slow.compactMap { $0["name"]?.stringValue?.printable }.joined(separator: ", ")
      return .violated(
        Violation(
          "Open vSwitch forwards \(names) in the kernel",
          evidence: [Evidence(file.source, observed: "system", expected: "netdev")],
          remedy: .advice("set datapath_type=netdev, and give it DPDK ports")))
    }
    let settings = other(json)
    let mask = settings["pmd-cpu-mask"].flatMap { CPUSet(mask: $0) }
    let shared = mask?.intersection(context.dedicatedCPUs) ?? CPUSet()
    let evidence = Evidence(
      "\(file.source) pmd-cpu-mask", observed: mask.map { "\($0)" } ?? "absent",
      expected: "none of \(context.dedicatedCPUs)")
    guard shared.isEmpty else {
      return .violated(
        Violation(
          "polling threads share CPUs \(shared) with guests that have them to themselves",
          evidence: [evidence], remedy: .advice("set pmd-cpu-mask to CPUs no guest has")))
    }
    return ports(json, settings, mask, context) ?? .satisfied([evidence])
  }

  /// Each node of a DPDK card needs a polling thread and memory, each such port a queue a thread.
  private static func ports(
    _ json: JSONValue, _ settings: [String: String], _ mask: CPUSet?, _ context: Context
  ) -> Verdict? {
    let topology = context.facts.topology
    let cards = (json["Interface"]?.arrayValue ?? []).filter {
      $0["type"]?.stringValue == "dpdk"
    }
    let memory = settings["dpdk-socket-mem"]?.split(separator: ",").map { Int($0) ?? 0 }
    for card in cards {
      let name = (card["name"]?.stringValue ?? "port").printable
      let options = VirtualSwitch.map(card["options"])
      let address = options["dpdk-devargs"]?.split(separator: ",").first.map(String.init)
      let device = context.facts.pciDevices.value?.first { $0.address == address }
      let node = topology.fullNodes.first { $0.id == device?.numaNode }
      if let node, topology.fullNodes.count > 1 {
        let place = "node \(node.id) of \(name)"
        if let mask, mask.isDisjoint(with: node.cpus) {
          return lacking(
            "no polling thread runs on \(place)", "pmd-cpu-mask", "\(mask)", "a CPU of \(node.cpus)"
          )
        }
        if let memory, node.id >= memory.count || memory[node.id] == 0 {
          return lacking(
            "Open vSwitch has no memory on \(place)", "dpdk-socket-mem",
            settings["dpdk-socket-mem"] ?? "", "memory on node \(node.id)")
        }
      }
      let own = node.map { mask?.intersection($0.cpus) ?? CPUSet() } ?? mask ?? CPUSet()
      let queues = options["n_rxq"].flatMap { Int($0) } ?? 1
      if own.count > 1, queues < own.count {
        return lacking(
          "\(name) feeds \(queues) of \(own.count) polling threads", "\(name) n_rxq", "\(queues)",
          "at least \(own.count)")
      }
    }
    return nil
  }

  private static func lacking(
    _ message: String, _ key: String, _ observed: String, _ expected: String
  ) -> Verdict {
    .violated(
      Violation(
        message,
        evidence: [
          Evidence("/tuned-vm/ovs.json \(key)", observed: observed.printable, expected: expected)
        ],
        remedy: .advice(
          "ovs-vsctl set: pmd-cpu-mask, dpdk-socket-mem and n_rxq by the cards' nodes")
      ))
  }

  private static func other(_ json: JSONValue) -> [String: String] {
    VirtualSwitch.map(json["Open_vSwitch"]?[0]?["other_config"])
  }

  private static func host(_ type: String) -> Snapshot {
    .exampleHost().with(
      "/tuned-vm/ovs.json",
      #"{"Open_vSwitch":[{"other_config":["map",[["pmd-cpu-mask","0x4"]]]}],"#
        + #""Bridge":[{"name":"br-int","datapath_type":"\#(type)"}],"Port":[],"Interface":[]}"#)
  }

  /// Two nodes; the card 0000:3b:00.0 sits on node 0 (CPUs 0-3 and 8-11).
  private static func dpdk(mask: String, memory: String, queues: Int) -> Snapshot {
    .exampleHost().with(
      "/tuned-vm/ovs.json",
      #"{"Open_vSwitch":[{"other_config":["map",[["pmd-cpu-mask","\#(mask)"],"#
        + #"["dpdk-socket-mem","\#(memory)"]]]}],"Bridge":[{"name":"br-int","#
        + #""datapath_type":"netdev"}],"Port":[],"Interface":[{"name":"dpdk0","type":"dpdk","#
        + #""options":["map",[["dpdk-devargs","0000:3b:00.0"],["n_rxq","\#(queues)"]]]}]}"#
    )
    .with("/sys/bus/pci/devices/0000:3b:00.0/numa_node", "0\n")
  }

  private static let guest = DomainXML.example(
    vcpus: 1, extra: "<cputune><vcpupin vcpu='0' cpuset='2'/></cputune>")

  static let examples = [
    Example("polling on its own CPU", host("netdev"), under: .network, .satisfied),
    Example(
      "threads, memory and queues by the card's node",
      dpdk(mask: "0x6", memory: "1024,0", queues: 2), under: .network, .satisfied),
    Example("no Open vSwitch", .exampleHost(), under: .network, .notApplicable),
    Example("a mixed host", host("system"), .notApplicable),
    Example("the kernel forwards", host("system"), under: .network, .violated(.warning)),
    Example(
      "threads on the other node", dpdk(mask: "0x60", memory: "1024,1024", queues: 2),
      under: .network, .violated(.warning)),
    Example(
      "no memory on the card's node", dpdk(mask: "0x6", memory: "0,1024", queues: 2),
      under: .network, .violated(.warning)),
    Example(
      "fewer queues than threads", dpdk(mask: "0x6", memory: "1024,1024", queues: 1),
      under: .network, .violated(.warning)),
    Example(
      "it runs and was not asked",
      .exampleHost().with(
        "/tuned-vm/units.json", "{\"openvswitch-switch.service\":{\"active\":\"active\"}}\n"),
      under: .network, .unknown),
    Example(
      "a guest's CPU", host("netdev").with(running: guest), under: .network, .violated(.warning)),
  ]
}
