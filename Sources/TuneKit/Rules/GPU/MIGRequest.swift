// What NVIDIA's mig-manager is told to cut a card into at each boot (nvidia-mig-parted): one of the
// named settings of its file, chosen by its service's environment.

import Yams

/// The instances wanted of a card.
struct MIGRequest: Sendable, Equatable {
  /// One shape, and how many of it.
  struct Part: Sendable, Equatable {
    /// `1g.5gb`, without the engines that may stand behind a `+`.
    let shape: String
    /// How many.
    let count: Int
  }

  /// The setting's name.
  let name: String
  /// What it asks for.
  let parts: [Part]

  /// Instances in all.
  var instances: Int { parts.reduce(0) { $0 + $1.count } }

  static let path = "/etc/nvidia-mig-manager/config.yaml"
  private static let overrides = "/etc/systemd/system/nvidia-mig-manager.service.d/"
  private static let limit = 1 << 20

  /// What is wanted of a card; nil where nothing is, or it can't be told.
  ///
  /// - Parameters:
  ///   - card: the card.
  ///   - index: its place among NVIDIA's cards, which NVML numbers by their addresses.
  static func of(_ card: PCIDevice, at index: Int, in snapshot: Snapshot) -> MIGRequest? {
    guard let name = selected(snapshot), let text = snapshot.raw(path).value else { return nil }
    var problems = Problems(file: path)
    guard let root = YAMLDocument.compose(text, &problems)?.mapping,
      let entries = root["mig-configs"]?.mapping?[Node(name)]?.sequence
    else { return nil }
    var parts: [Part] = []
    for entry in entries.prefix(64) {
      guard let entry = entry.mapping, means(entry, card, index),
        let devices = entry["mig-devices"]?.mapping
      else { continue }
      for (shape, count) in devices.prefix(64) {
        guard let shape = shape.string, let count = count.string.flatMap({ Int($0) }), count > 0,
          count < limit
        else { continue }
        // Several compute instances may share an instance of the card: `1c.3g.20gb`.
        guard !shape.prefix(while: { $0 != "." }).hasSuffix("c") else { continue }
        parts.append(Part(shape: String(shape.prefix { $0 != "+" }), count: count))
      }
    }
    return parts.isEmpty ? nil : MIGRequest(name: name, parts: parts)
  }

  /// `Environment="MIG_PARTED_SELECTED_CONFIG=all-1g.5gb"`. Another file may be named there, too.
  private static func selected(_ snapshot: Snapshot) -> String? {
    var name: String?
    for path in snapshot.files.keys.filter({ $0.hasPrefix(overrides) }).sorted() {
      for line in (snapshot.raw(path).value ?? "").lines where line.hasPrefix("Environment=") {
        let value = line.dropFirst(12).filter { $0 != "\"" && $0 != "'" }
        if value.hasPrefix("MIG_PARTED_CONFIG_FILE=") { return nil }
        if value.hasPrefix("MIG_PARTED_SELECTED_CONFIG=") {
          name = String(value.dropFirst(27)).trimmedBlanks
        }
      }
    }
    return name
  }

  /// `device-filter` holds device and vendor as one number: `0x20B010DE`; `devices` is `all` or a
  /// list of places.
  private static func means(_ entry: Node.Mapping, _ card: PCIDevice, _ index: Int) -> Bool {
    if let filter = entry["device-filter"] {
      let wanted = filter.sequence?.compactMap(\.string) ?? [filter.string ?? ""]
      let own = "0x" + (card.device ?? "") + (card.vendor ?? "")
      guard wanted.contains(where: { $0.lowercased() == own }) else { return false }
    }
    guard let devices = entry["devices"] else { return false }
    if let list = devices.sequence { return list.contains { $0.string == "\(index)" } }
    return devices.string == "all"
  }
}
