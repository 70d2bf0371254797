/// A short ring drops packets whenever the guest is scheduled out for a moment.
struct NetRingSize: Rule {
  static let about = RuleInfo(
    id: "net.ring-size",
    title: "The rings of a virtio interface hold a burst",
    severity: Severities(.off, [.network: .warning, .throughput: .info]),
    rationale: "256 descriptors are filled in about 20 µs at line rate; what arrives while the "
      + "guest doesn't run is dropped.",
    cost: "Some memory, and more latency where the ring is ever full.",
    notWhen: "Another model than virtio; passed-through cards.",
    sources: [
      .link("https://libvirt.org/formatdomain.html"),
      .text(
        "QEMU hw/net/virtio-net.c: 256 to 1024, a power of two; tx above 256 only for "
          + "vhost-user and vDPA"),
    ])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeInterfaces { judge($0, $1, context) }
  }

  private static func judge(
    _ domain: Domain, _ nic: DomainInterface, _ context: Context
  ) -> Verdict {
    guard nic.isVirtio, nic.type != "hostdev" else {
      return .notApplicable("no virtio interface, no ring")
    }
    let takesLongTx = nic.type == "vhostuser" || nic.type == "vdpa"
    if let size = nic.txQueueSize, size > 256, !takesLongTx {
      return .violated(
        Violation(
          "\(nic.subjectName) asks for a transmit ring of \(size); this back end gives 256 "
            + "and says nothing", severity: .info,
          evidence: [nic.node.evidence("driver/@tx_queue_size", "\(size)", "256")],
          remedy: .edit(
            domain, "drop the transmit ring's size",
            [.removeAttribute(nic.node.path.child("driver"), name: "tx_queue_size")])))
    }
    let size = nic.rxQueueSize
    let least = context.profile(of: domain).number(about.id, "minimum").map { Int($0) }
    let wanted = least ?? 1024
    let evidence = [nic.node.evidence("driver/@rx_queue_size", size.map { "\($0)" }, "\(wanted)")]
    guard size ?? 256 < wanted else { return .satisfied(evidence) }
    guard least != nil || [.network, .throughput].contains(context.family(of: domain)) else {
      return .satisfied([nic.node.evidence("driver/@rx_queue_size", size.map { "\($0)" })])
    }
    return .violated(
      Violation(
        "\(nic.subjectName) has a receive ring of \(size ?? 256) of \(wanted) descriptors",
        evidence: evidence,
        remedy: .edit(
          domain, "set the receive ring to \(wanted)",
          [
            .setAttribute(nic.node.path.child("driver"), name: "rx_queue_size", value: "\(wanted)")
          ])))
  }

  private static func guest(_ driver: String, type: String = "bridge") -> Snapshot {
    .example(
      domains: DomainXML.example(
        devices: "<interface type='\(type)'><mac address='52:54:00:00:00:01'/>"
          + "<source bridge='br0'/><model type='virtio'/>\(driver)</interface>"))
  }

  static let examples: [Example] = [
    Example(
      "a long receive ring", guest("<driver rx_queue_size='1024'/>"), under: .network, .satisfied),
    Example(
      "vhost-user takes a long transmit ring",
      guest("<driver rx_queue_size='1024' tx_queue_size='1024'/>", type: "vhostuser"),
      under: .network, .satisfied),
    Example("a passed-through card", guest("", type: "hostdev"), under: .network, .notApplicable),
    Example("the general profile leaves it alone", guest(""), .satisfied),
    Example("the default ring", guest(""), under: .network, .violated(.warning)),
    Example(
      "bulk work", guest("<driver rx_queue_size='512'/>"), under: .throughput, .violated(.info)),
    Example(
      "a transmit ring that is cut silently", guest("<driver tx_queue_size='1024'/>"),
      .violated(.info)),
  ]
}
