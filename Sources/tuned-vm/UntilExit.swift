// Leaves to the kernel what the process would only free to end a moment later.

/// Values that stay until the process is gone: taking a big host's facts apart text by text would
/// cost a tenth of an audit.
enum UntilExit {
  private final class Box {
    let value: Any
    init(_ value: Any) { self.value = value }
  }

  /// Keeps a value.
  static func keep(_ value: Any) { _ = Unmanaged.passRetained(Box(value)) }
}
