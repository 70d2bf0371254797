/// Without an agent nobody can freeze file systems for a snapshot or ask the guest for its addresses.
struct DomGuestAgent: Rule {
  static let about = RuleInfo(
    id: "dom.guest-agent",
    title: "The guest has a channel for the QEMU guest agent",
    severity: Severities(.info, [.migratable: .warning]),
    rationale: "Consistent snapshots, time after a migration and orderly shutdowns need the agent.",
    cost: "A serial port; the agent must be installed in the guest.",
    notWhen: "Templates.",
    sources: [.article("§10.3"), .link("https://libvirt.org/formatdomain.html")])

  private static let name = "org.qemu.guest_agent.0"

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDomains { judge($0, context) }
  }

  private static func judge(_ domain: Domain, _ context: Context) -> Verdict {
    if context.role(of: domain) == "template" { return .notApplicable("a template") }
    let channels = domain.definition.devices.all("channel")
    let has = channels.contains { $0.first("target")?["name"] == name }
    let evidence = [
      domain.definition.evidence("devices/channel/target/@name", has ? name : nil, name)
    ]
    if has { return .satisfied(evidence) }
    // A further channel, behind those that are there.
    let place = channels.filter { $0["type"] == "unix" }.count
    let path = XMLPath([
      .init("devices"), .init("channel", attributes: [.init("type", "unix")], index: place),
    ])
    let target = path.child("target", [.init("type", "virtio"), .init("name", name)])
    return .violated(
      Violation(
        "\(domain.key) has no channel for the guest agent", evidence: evidence,
        remedy: .edit(
          domain, "add the agent's channel", risk: "Install qemu-guest-agent in the guest.",
          [.ensure(target)])))
  }

  private static let channel =
    "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"

  static let examples: [Example] = [
    Example(
      "the channel is there", .example(domains: DomainXML.example(devices: channel)), .satisfied),
    Example(
      "a template", .example(domains: DomainXML.example(tags: ["role": "template"])),
      .notApplicable),
    Example("no channel", .example(domains: DomainXML.example()), .violated(.info)),
    Example(
      "another channel only",
      .example(
        domains: DomainXML.example(
          devices: "<channel type='unix'><target type='virtio' name='org.libguestfs.channel.0'/>"
            + "</channel>")), under: .migratable, .violated(.warning)),
  ]
}
