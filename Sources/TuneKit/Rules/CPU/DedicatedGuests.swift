// Guests with CPUs of their own, as the rules about the host's CPUs see them.

extension Context {
  /// Guests that declare CPUs of their own (rules.md annex h 1), running or not.
  var dedicatedGuests: [Domain] { facts.domains.filter(\.current.isDedicated) }
}

extension Sequence<Domain> {
  /// The host CPUs these guests' vCPUs are pinned to.
  var pinnedCPUs: CPUSet { reduce(CPUSet()) { $0.union($1.current.pinnedCPUs) } }

  /// Their names, at most three of them.
  var names: String {
    let all = map(\.key.printable)
    let more = all.count > 3 ? " and \(all.count - 3) more" : ""
    return all.prefix(3).joined(separator: ", ") + more
  }
}

extension Snapshot {
  /// Why a file that is there could not be read; nil where it was read or isn't there.
  func failure(of path: String) -> String? {
    guard case .missing(let reason)? = files[path] else { return nil }
    return "\(path): \(reason)"
  }
}

extension String {
  /// `one thing`, `3 things`.
  static func counted(_ number: Int, _ thing: String) -> String {
    "\(number) \(thing)\(number == 1 ? "" : "s")"
  }
}
