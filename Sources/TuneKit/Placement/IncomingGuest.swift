/// A guest that comes from another host: its pins and memory nodes were meant for that one.
public struct IncomingGuest {
  private let text: String
  private let context: (Facts) -> Context
  private let snapshot: Snapshot
  private let elapsedShare: () -> Double

  /// - Parameters:
  ///   - text: the definition as libvirt hands it to its hook.
  ///   - snapshot: this host.
  ///   - elapsedShare: the share of the time limit that is used up.
  ///   - context: what is wanted, for facts that hold the guest as well.
  public init(
    _ text: String, on snapshot: Snapshot, elapsedShare: @escaping () -> Double,
    context: @escaping (Facts) -> Context
  ) {
    self.text = text
    self.snapshot = snapshot
    self.elapsedShare = elapsedShare
    self.context = context
  }

  /// The definition with places on this host; nil where it should stay as it is: it has no pins, its
  /// pins are good here too, or anything is in doubt.
  public func rewritten() -> String? {
    guard let document = try? XMLDocument(text),
      let incoming = try? DomainDefinition(document), incoming.isPinned,
      !incoming.hasAutomaticPin
    else { return nil }
    // libvirt may know a guest of this name or uuid from before: it is the same one.
    var host = snapshot
    let others = Domain.all(in: snapshot).domains.filter {
      $0.name != incoming.name && ($0.definition.uuid == nil || $0.definition.uuid != incoming.uuid)
    }
    host.domains =
      others.map { snapshot.domains[$0.index] } + [
        DomainSource(
          origin: "incoming", persistent: Known(text, from: "incoming"), state: .shutOff)
      ]
    let facts = Facts(host)
    guard let guest = facts.domains.last, guest.name == incoming.name,
      guest.definition.uuid == incoming.uuid
    else { return nil }
    let finder = HomeFinder(
      context: context(facts), wanted: [guest.key], mayReshape: false, elapsedShare: elapsedShare)
    guard let edits = finder.find().places[guest.key]?.change?.edits else { return nil }
    return applied(edits.filter { mayChange($0, incoming) }, facts.topology)
  }

  /// Pins, and node sets that are there: nothing that the guest sees, or that QEMU would want to be
  /// the same on both sides.
  private func mayChange(_ edit: XMLEdit, _ definition: DomainDefinition) -> Bool {
    let names = edit.path.steps.map(\.name)
    switch names.first {
    case "cputune", "vcpu": return true
    case "numatune":
      guard edit.attribute == "nodeset" || edit.attribute == "placement" else { return false }
      if names.last == "memory" { return definition.memory.binding?.nodes != nil }
      let cell = edit.path.steps.last?.attributes.first { $0.name == "cellid" }?.value
      return definition.memory.memNodes.contains { "\($0.cell)" == cell && $0.nodes != nil }
    default: return false
    }
  }

  private func applied(_ edits: [XMLEdit], _ topology: Topology) -> String? {
    guard !edits.isEmpty, let definition = try? XMLDocument(text),
      let edited = try? DomainXMLEdit.apply(edits, to: definition),
      StrictMemory.trap(in: edited, nodes: topology.nodes) == nil
    else { return nil }
    return edited.text
  }
}
