// TCP ports that something listens on (`/proc/net/tcp`, `/proc/net/tcp6`).

/// Listening TCP sockets.
public struct Listeners: Sendable, Equatable {
  /// A listening socket.
  public struct Socket: Sendable, Hashable {
    /// The port.
    public let port: Int
    /// Whether only this host can reach it.
    public let isLoopback: Bool
    /// Where it was read.
    public let source: String
  }

  /// The sockets.
  public let sockets: [Socket]

  /// Missing where neither file can be read.
  public static func read(_ snapshot: Snapshot) -> Known<Listeners> {
    var sockets: [Socket] = []
    var readings: [Known<String>] = []
    for path in ["/proc/net/tcp", "/proc/net/tcp6"] {
      let reading = snapshot.raw(path)
      readings.append(reading)
      guard let text = reading.value else { continue }
      sockets += text.lines.compactMap { socket($0, path) }
    }
    let source = readings[0].source
    // A host without IPv6 has no tcp6; one that is there must be read.
    if let first = readings[0].missingReason { return Known(missing: first, from: source) }
    if case .missing(let reason)? = snapshot.files["/proc/net/tcp6"] {
      return Known(missing: reason, from: "/proc/net/tcp6")
    }
    return Known(Listeners(sockets: sockets), from: source)
  }

  /// Sockets of a port that other hosts can reach.
  public func open(_ port: Int) -> [Socket] { sockets.filter { $0.port == port && !$0.isLoopback } }

  /// `sl local_address rem_address st …`; state 0A is LISTEN.
  private static func socket(_ line: Substring, _ path: String) -> Socket? {
    let words = line.words
    guard words.count > 3, words[3] == "0A" else { return nil }
    let parts = words[1].split(separator: ":")
    guard parts.count == 2, let port = Int(parts[1], radix: 16) else { return nil }
    return Socket(port: port, isLoopback: isLoopback(parts[0]), source: path)
  }

  /// Words are in host byte order: 127.0.0.1 is 0100007F, ::1 ends in 01000000.
  private static func isLoopback(_ address: Substring) -> Bool {
    if address.count == 8 { return address.uppercased().hasSuffix("7F") }
    let text = address.uppercased()
    return text == "00000000000000000000000001000000"
      || (text.hasPrefix("0000000000000000FFFF0000") && text.hasSuffix("7F"))
  }
}
