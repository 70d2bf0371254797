// libxml2 and libvirt's schema look at an edited definition before it goes into a file.

import TuneKit

/// Judges definitions; the schema is read once, when first needed.
final class DefinitionJudge {
  private lazy var schema: XMLSchema? = usesSchema ? XMLSchema() : nil
  private let usesSchema: Bool

  init(usesSchema: Bool = true) { self.usesSchema = usesSchema }

  /// Refuses a text that isn't well-formed, or that the installed libvirt's schema refuses while it
  /// accepted the text before.
  func check(_ text: String, was old: String, _ name: String) throws(SystemError) {
    let judged: JudgedXML
    do {
      judged = try JudgedXML(text)
    } catch {
      throw SystemError("edit", name, reason: "it would not be well-formed: \(error.message)")
    }
    guard let schema, let problem = schema.problems(of: judged).first else { return }
    guard let before = try? JudgedXML(old), schema.problems(of: before).isEmpty else { return }
    throw SystemError("edit", name, reason: "libvirt's schema refuses it: \(problem.message)")
  }
}
