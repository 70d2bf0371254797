// Definitions as the changes of a plan leave them.

/// Edits parsed definitions and remembers what came of it: the rounds of one plan repeat most edits of
/// the round before, from the same definition.
struct DefinitionEditor {
  private struct Key: Hashable {
    let definition: ObjectIdentifier
    let edits: [XMLEdit]
  }

  /// The definition that was edited is kept, so that its identity stays its own.
  private var outcomes: [Key: (edited: XMLDocument, outcome: Result<XMLDocument, ModelError>)] = [:]

  /// The definition after edits; the same object where they change nothing.
  ///
  /// - Parameters:
  ///   - domain: its key, for messages.
  ///   - nodes: the host's NUMA nodes: no edit may bind memory so that the guest would not start.
  /// - Throws: `ModelError` where an edit can't be made or must not be.
  mutating func apply(
    _ edits: [XMLEdit], to definition: XMLDocument, domain: String, nodes: [Topology.Node]
  ) throws(ModelError) -> XMLDocument {
    let key = Key(definition: ObjectIdentifier(definition), edits: edits)
    if let known = outcomes[key] { return try known.outcome.get() }
    let outcome = Self.outcome(edits, definition, domain, nodes)
    outcomes[key] = (definition, outcome)
    return try outcome.get()
  }

  private static func outcome(
    _ edits: [XMLEdit], _ definition: XMLDocument, _ domain: String, _ nodes: [Topology.Node]
  ) -> Result<XMLDocument, ModelError> {
    do throws(XMLEditError) {
      let edited = try DomainXMLEdit.apply(edits, to: definition)
      if let trap = StrictMemory.trap(in: edited, nodes: nodes),
        StrictMemory.trap(in: definition, nodes: nodes) == nil
      {
        return .failure(ModelError(trap))
      }
      return .success(edited.bytes == definition.bytes ? definition : edited)
    } catch {
      return .failure(
        ModelError("cannot edit the definition of '\(domain.onOneLine)': \(error)"))
    }
  }
}
