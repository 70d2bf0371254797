// At boot, before libvirt starts guests: live values of committed transactions that a boot lost are
// written again.

import TuneKit

extension Session {
  /// Writes again what committed transactions wrote into kernel files of this host, where the boot
  /// brought another value. The latest transaction that speaks of a file decides.
  ///
  /// - Returns: what was done and what could not be, a sentence each. Nothing here is an error: a
  ///   boot must go on.
  public func restoreLiveValues() -> [String] {
    var latest: [String: String] = [:]
    var order: [String] = []
    for number in state.numbers().reversed() {
      guard let file = try? JournalFile(number, in: state), file.state == .committed else {
        continue
      }
      for entry in file.steps {
        guard case .value(let path, _, let after, _) = entry.step, path.root == "/" else {
          continue
        }
        let value = file.outcome(of: entry.number) ?? after
        if latest.updateValue(value, forKey: path.path) == nil { order.append(path.path) }
      }
    }
    let files = FileWriter(system)
    return order.compactMap { path in
      latest[path].flatMap { restore(HostPath(root: "/", path: path), $0, files) }
    }
  }

  private func restore(_ path: HostPath, _ value: String, _ files: FileWriter) -> String? {
    do throws(SystemError) {
      guard try !KnobText.same(files.readValue(path), value) else { return nil }
      try files.writeValue(value, to: path)
      let shown = try files.readValue(path)
      guard KnobText.same(shown, value) else {
        return "'\(path.path)' is '\(shown.trimmedBlanks)', not '\(value)' as before the boot"
      }
      return "'\(path.path)' is '\(value)' again"
    } catch {
      return error.sentence
    }
  }
}

extension History {
  /// Whether anything was ever changed.
  public static func hasAny(_ state: StateDirectory) -> Bool { !state.numbers().isEmpty }
}
