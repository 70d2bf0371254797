// Who the host is.

/// Names, kernel and kind of the machine.
public struct HostIdentity: Sendable, Equatable {
  /// Its host name; nil where unreadable.
  public let name: String?
  /// 32 hexadecimal digits made from /etc/machine-id for this use; nil where unreadable.
  public let id: String?
  /// Kernel release.
  public let kernel: String?
  /// Processor model name.
  public let cpuModel: String?
  /// Whether this host is itself a guest; nil where nobody can tell.
  public let virtualized: Bool?

  init(_ snapshot: Snapshot) {
    name = snapshot.text("/proc/sys/kernel/hostname").value
    id = nil
    kernel = snapshot.text("/proc/sys/kernel/osrelease").value
    cpuModel = nil
    virtualized = nil
  }
}
