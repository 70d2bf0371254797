// What only ethtool tells of a network interface (`/tuned-vm/ethtool.json`).

/// Channels, rings and offloads of one interface.
///
/// The file is one object, an interface's name each:
/// `{"eno1": {"channels": {"combined": {"current": 8, "max": 63}},
/// "rings": {"rx": {"current": 512, "max": 4096}},
/// "features": {"tx-udp_tnl-segmentation": true}}}`; what a driver doesn't tell is left out.
public struct Ethtool: Sendable, Equatable {
  /// A value in use and the highest one.
  public struct Limit: Sendable, Equatable {
    /// In use.
    public let current: Int
    /// The highest.
    public let maximum: Int
  }

  /// Combined channels; nil where the driver has none.
  public let combinedChannels: Limit?
  /// Receive ring; nil where the driver doesn't tell.
  public let receiveRing: Limit?
  /// Offloads by name.
  public let features: [String: Bool]

  init(_ value: JSONValue) {
    combinedChannels = Self.limit(value["channels"]?["combined"])
    receiveRing = Self.limit(value["rings"]?["rx"])
    features = Dictionary(
      (value["features"]?.objectValue ?? []).compactMap { member in
        member.value.boolValue.map { (member.key, $0) }
      }, uniquingKeysWith: { first, _ in first })
  }

  private static func limit(_ value: JSONValue?) -> Limit? {
    guard let current = value?["current"]?.intValue, let maximum = value?["max"]?.intValue,
      maximum > 0
    else { return nil }
    return Limit(current: current, maximum: maximum)
  }

  /// All interfaces of a snapshot by name.
  static func all(_ snapshot: Snapshot) -> Known<[String: Ethtool]> {
    VirtualFile.json(snapshot, "ethtool.json").parsed(as: "an object of interfaces") { value in
      value.objectValue.map { members in
        Dictionary(
          members.map { ($0.key, Ethtool($0.value)) }, uniquingKeysWith: { first, _ in first })
      }
    }
  }
}

/// The virtual files of a capture.
public enum VirtualFile {
  /// A JSON file below `/tuned-vm`.
  public static func json(_ snapshot: Snapshot, _ name: String) -> Known<JSONValue> {
    snapshot.raw("/tuned-vm/" + name).parsed(as: "JSON") { try? JSONValue(parsing: $0) }
  }
}
