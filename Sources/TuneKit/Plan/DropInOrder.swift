// Which file has the last word on a value at boot: a later one than ours wins, and is reported.

/// A file that overrides one of our lines at boot.
public struct Shadow: Sendable, Equatable {
  /// The file that wins.
  public let path: String
  /// What it sets.
  public let value: String

  /// A sentence for a change's risk.
  public var sentence: String {
    "'\(path)' is read later at boot and sets '\(value)'; remove the line there"
  }
}

extension DropIn {
  /// A later file that gives the sysctl another value at boot; nil where ours has the last word or
  /// nobody can tell.
  public static func shadow(of item: Persistence, in snapshot: Snapshot) -> Shadow? {
    guard case .sysctl(let key, let value) = item else { return nil }
    let ours = baseName(DropIn.sysctl.path)
    var winner: Shadow?
    for path in laterSysctlFiles(than: ours, in: snapshot) {
      guard let text = snapshot.raw(path).value, let set = lastValue(of: key, in: text) else {
        continue
      }
      winner = Shadow(path: path, value: set)
    }
    guard let winner, !KnobText.same(winner.value, value) else { return nil }
    return winner
  }

  /// Files in the order systemd-sysctl reads them, behind ours. The same name in /etc hides the one
  /// in /run, that one those below /usr; /etc/sysctl.conf is the last where Debian links it.
  private static func laterSysctlFiles(than ours: String, in snapshot: Snapshot) -> [String] {
    var byName: [String: String] = [:]
    for directory in [
      "/usr/lib/sysctl.d", "/usr/local/lib/sysctl.d", "/run/sysctl.d",
      "/etc/sysctl.d",
    ] {
      for name in snapshot.names(directory) ?? [] where name.hasSuffix(".conf") {
        byName[name] = directory + "/" + name
      }
    }
    return byName.keys.filter { ours.utf8.lexicographicallyPrecedes($0.utf8) }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
      .compactMap { byName[$0] }
      .map { snapshot.links[$0] ?? $0 }
  }

  private static func lastValue(of key: String, in text: String) -> String? {
    let wanted = SysctlName.canonical(key)
    var value: String?
    for line in text.split(whereSeparator: \.isNewline) {
      guard let equals = line.firstIndex(of: "=") else { continue }
      let name = line[..<equals].trimmedBlanks
      guard !name.hasPrefix("#"), !name.hasPrefix(";") else { continue }
      guard SysctlName.canonical(name) == wanted else { continue }
      value = line[line.index(after: equals)...].trimmedBlanks
    }
    return value
  }

  private static func baseName(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}
