// What stands at the places an edit changes, before and after, for the `before` and `after` fields.

/// The values at the places of edits.
public enum DomainValues {
  /// The first edit of which nothing is left in a definition that libvirt gave back; nil where all
  /// left something. libvirt writes values in its own way (sizes in KiB, for instance), so only the
  /// rules know whether they are right.
  public static func dropped(_ edits: [XMLEdit], in stored: String) -> XMLEdit? {
    guard let document = try? XMLDocument(stored) else { return edits.first }
    // Where an element was taken away, the numbers of its neighbours moved.
    let moved = edits.filter(\.removes).map { $0.path.steps.map(\.name) }
    return edits.first { edit in
      switch edit {
      case .remove, .removeAttribute: return false
      case .setAttribute, .setText, .ensure: break
      }
      let names = edit.path.steps.map(\.name)
      guard !moved.contains(where: { names.starts(with: $0) }) else { return false }
      return value(of: edit, in: document.baseNode) == nil
    }
  }

  /// The values that the edits find; nil where nothing is there.
  static func before(_ edits: [XMLEdit], in definition: XMLDocument) -> String? {
    joined(edits) { value(of: $0, in: definition.baseNode) }
  }

  /// The values that the edits leave.
  static func after(_ edits: [XMLEdit]) -> String? {
    joined(edits) { $0.removes || isRemovedAttribute($0) ? nil : $0.outcome }
  }

  private static func isRemovedAttribute(_ edit: XMLEdit) -> Bool {
    if case .removeAttribute = edit { return true }
    return false
  }

  /// One edit shows its value, several show place and value.
  private static func joined(_ edits: [XMLEdit], _ value: (XMLEdit) -> String?) -> String? {
    if edits.count == 1, let only = edits.first { return value(only) }
    let parts = edits.compactMap { edit in value(edit).map { "\(edit.place)=\($0)" } }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  private static func value(of edit: XMLEdit, in root: XMLNode) -> String? {
    guard let node = node(at: edit.path, from: root) else { return nil }
    if let attribute = edit.attribute { return node[attribute] }
    switch edit {
    case .setText: return node.text.trimmedBlanks
    default: return "(present)"
    }
  }

  private static func node(at path: XMLPath, from root: XMLNode) -> XMLNode? {
    var node = root
    for step in path.steps {
      let matches = node.all(step.name).filter { child in
        step.attributes.allSatisfy { child[$0.name] == $0.value }
      }
      guard matches.indices.contains(step.index) else { return nil }
      node = matches[step.index]
    }
    return node
  }
}
