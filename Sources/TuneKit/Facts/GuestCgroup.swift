// The control groups of a running guest: whether its CPU time was cut, and which CPUs they allow.

/// The control groups that libvirt made for a guest, found by its process's `/proc/PID/cgroup`.
public struct GuestCgroup: Sendable, Equatable {
  /// How often the scheduler stopped a group for the rest of a period.
  public struct Throttling: Sendable, Equatable {
    /// The file.
    public let source: String
    /// Periods in which the group wanted to run.
    public let periods: Int
    /// Periods in which it was stopped.
    public let stopped: Int
    /// Stopped periods in per cent.
    public var percent: Double { periods > 0 ? 100 * Double(stopped) / Double(periods) : 0 }
  }

  /// Statistics of the guest's groups, those that were read.
  public let throttling: [Throttling]

  /// Files and patterns to read for a process, from the text of its `/proc/PID/cgroup`.
  public static func files(_ text: String) -> [String] {
    scopes(text).flatMap { scope in
      ["", "/libvirt", "/libvirt/vcpu#", "/libvirt/emulator", "/vcpu#", "/emulator"].map {
        "\(scope)\($0)/cpu.stat"
      }
    }
  }

  init(_ snapshot: Snapshot, pid: Int) {
    let scopes = Self.scopes(snapshot.raw("/proc/\(pid)/cgroup").value ?? "")
    guard !scopes.isEmpty else {
      throttling = []
      return
    }
    let paths = snapshot.files.keys.filter { path in
      path.hasSuffix("/cpu.stat") && scopes.contains { path.hasPrefix($0 + "/") }
    }.sorted()
    throttling = paths.compactMap { path in
      snapshot.raw(path).value.flatMap { Self.throttling($0, path) }
    }
  }

  /// The guest's own group below each hierarchy that knows of CPU time, as a path of the host.
  private static func scopes(_ text: String) -> [String] {
    text.lines.prefix(64).compactMap { line -> String? in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { return nil }
      let controllers = parts[1].split(separator: ",")
      guard parts[1].isEmpty || controllers.contains("cpu") else { return nil }
      var group = String(parts[2])
      for end in ["/emulator", "/libvirt"] where group.hasSuffix(end) {
        group.removeLast(end.utf8.count)
      }
      // Names of the kernel hold no wildcard; one that does, or leads upwards, is not followed.
      guard group.hasPrefix("/"), group.utf8.count > 1, group.utf8.count < 1024,
        !group.contains("*"), !group.contains("#"), !group.contains("/..")
      else { return nil }
      return "/sys/fs/cgroup" + (parts[1].isEmpty ? "" : "/\(parts[1])") + group
    }
  }

  private static func throttling(_ text: String, _ path: String) -> Throttling? {
    func number(_ key: String) -> Int? {
      text.lines.first { $0.hasPrefix(key + " ") }?.words.last.flatMap { Int($0) }
    }
    guard let periods = number("nr_periods"), let stopped = number("nr_throttled"), periods > 0,
      stopped >= 0
    else { return nil }
    return Throttling(source: path, periods: periods, stopped: stopped)
  }
}
