/// Every read of an unallocated block walks down the chain.
struct DiskBackingChain: Rule {
  static let about = RuleInfo(
    id: "disk.backing-chain",
    title: "A disk's chain of backing files is short",
    severity: Severities(.warning),
    rationale: "A read asks layer after layer until one has the block, and every layer keeps "
      + "tables of its own in memory.",
    cost: "Merging layers (virsh blockcommit, blockpull) copies data while the guest runs.",
    notWhen: "Up to three layers below the image, as linked clones have them.",
    sources: [.article("§4.3"), .text("QEMU: qcow2 cache documentation")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.judgeDisks { domain, disk in
      let profile = context.profile(of: domain)
      let limits = OvercommitLimits(about.id, context, profile, warning: 3, critical: 10)
      let (warning, critical) = (Int(limits.warning), Int(limits.critical))
      let live = domain.live?.devices.disks.first { $0.target == disk.target } ?? disk
      guard let (depth, isCircle) = depth(context.facts, live) else {
        return .unknown(context.facts.image(of: disk).unknownReason)
      }
      if isCircle { return circle(disk) }
      let evidence = [disk.node.evidence("backingStore", "\(depth) layers", "at most \(warning)")]
      guard depth > warning else { return .satisfied(evidence) }
      return .violated(
        Violation(
          "\(disk.subjectName) stands on \(depth) backing files",
          severity: depth > critical ? .critical : .warning, evidence: evidence,
          remedy: .advice(
            "merge layers with virsh blockcommit or blockpull at a quiet time", risk: about.cost)))
    }
  }

  private static func circle(_ disk: DomainDisk) -> Verdict {
    .violated(
      Violation(
        "\(disk.subjectName) stands on backing files that lead back to themselves: it can't be opened",
        severity: .critical,
        evidence: [disk.node.evidence("backingStore", "a circle", "an end")],
        remedy: .advice("restore the image's own backing file: qemu-img rebase -u -b FILE")))
  }

  /// Layers below the image, and whether they go round in a circle; nil where nobody can tell.
  private static func depth(_ facts: Facts, _ disk: DomainDisk) -> (layers: Int, isCircle: Bool)? {
    let declared = disk.backingDepth
    guard let path = facts.backing(of: disk).path, disk.effectiveFormat != "raw" else {
      return (declared ?? 0, false)
    }
    var seen: Set<String> = [path]
    var depth = 0
    var next = path
    while let image = facts.image(at: next).value, depth < 64 {
      guard image.backingFile != nil else { return (max(depth, declared ?? 0), false) }
      depth += 1
      guard let backing = image.backingPath else { break }
      guard seen.insert(backing).inserted else { return (depth, true) }
      next = backing
    }
    if depth > 0 { return (max(depth, declared ?? 0), false) }
    return declared.map { ($0, false) }
  }

  private static func guest(layers: Int) -> Snapshot {
    let members = (0...layers).map { layer in
      let backing =
        layer < layers ? #","backingFile":"\#(layer + 1)","backingPath":"/i/\#(layer + 1)""# : ""
      return #""/i/\#(layer)":{"format":"qcow2","virtualBytes":10\#(backing)}"#
    }
    return .example(
      domains: DomainXML.example(
        devices: "<disk type='file'><driver type='qcow2'/><source file='/i/0'/>"
          + "<target dev='vda'/></disk>")
    ).with(file: "/tuned-vm/images.json", "{\(members.joined(separator: ","))}")
  }

  static let examples: [Example] = [
    Example("no backing file", guest(layers: 0), .satisfied),
    Example("a linked clone", guest(layers: 2), under: .desktop, .satisfied),
    Example(
      "nobody looked at the image", guest(layers: 0).without("/tuned-vm/images.json"), .unknown),
    Example(
      "backing files in a circle",
      guest(layers: 0).with(
        file: "/tuned-vm/images.json",
        #"{"/i/0":{"format":"qcow2","backingFile":"1","backingPath":"/i/1"},"#
          + #""/i/1":{"format":"qcow2","backingFile":"0","backingPath":"/i/0"}}"#),
      .violated(.critical)),
    Example("four layers", guest(layers: 4), .violated(.warning)),
    Example("eleven layers", guest(layers: 11), .violated(.critical)),
  ]
}
