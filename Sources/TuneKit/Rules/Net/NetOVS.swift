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
      return .notApplicable("no Open vSwitch here")
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
    let mask = other(json)["pmd-cpu-mask"].flatMap { CPUSet(mask: $0) }
    let shared = mask?.intersection(context.dedicatedCPUs) ?? CPUSet()
    let evidence = Evidence(
      "\(file.source) pmd-cpu-mask", observed: mask.map { "\($0)" } ?? "absent",
      expected: "none of \(context.dedicatedCPUs)")
    guard !shared.isEmpty else { return .satisfied([evidence]) }
    return .violated(
      Violation(
        "polling threads share CPUs \(shared) with guests that have them to themselves",
        evidence: [evidence], remedy: .advice("set pmd-cpu-mask to CPUs no guest has")))
  }

  /// A map as RFC 7047 writes it: `["map", [["key", "value"] …]]`.
  private static func other(_ json: JSONValue) -> [String: String] {
    let pairs = json["Open_vSwitch"]?[0]?["other_config"]?[1]?.arrayValue ?? []
    return Dictionary(
      pairs.compactMap { pair in
        guard let key = pair[0]?.stringValue, let value = pair[1]?.stringValue else { return nil }
        return (key, value)
      }, uniquingKeysWith: { first, _ in first })
  }

  private static func host(_ type: String) -> Snapshot {
    .exampleHost().with(
      "/tuned-vm/ovs.json",
      #"{"Open_vSwitch":[{"other_config":["map",[["pmd-cpu-mask","0x4"]]]}],"#
        + #""Bridge":[{"name":"br-int","datapath_type":"\#(type)"}],"Port":[],"Interface":[]}"#)
  }

  private static let guest = DomainXML.example(
    vcpus: 1, extra: "<cputune><vcpupin vcpu='0' cpuset='2'/></cputune>")

  static let examples = [
    Example("polling on its own CPU", host("netdev"), under: .network, .satisfied),
    Example("no Open vSwitch", .exampleHost(), under: .network, .notApplicable),
    Example("a mixed host", host("system"), .notApplicable),
    Example("the kernel forwards", host("system"), under: .network, .violated(.warning)),
    Example(
      "a guest's CPU", host("netdev").with(running: guest), under: .network, .violated(.warning)),
  ]
}
