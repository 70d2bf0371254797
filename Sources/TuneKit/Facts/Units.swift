// Services of the host (`/tuned-vm/units.json`).

/// The state of systemd units.
///
/// The file is one object, a unit's full name each:
/// `{"tuned.service": {"active": "active", "enabled": "enabled"}}`. The output of
/// `systemctl list-units --output=json` (a list of objects with `unit` and `active`) is understood
/// too.
public struct Units: Sendable, Equatable {
  /// One unit.
  public struct Unit: Sendable, Equatable {
    /// `active`, `inactive`, `failed` …
    public let active: String
    /// `enabled`, `disabled`, `masked` …; nil where not recorded.
    public let enabled: String?
  }

  /// The units by full name; missing where the file is.
  public let all: Known<[String: Unit]>

  init(_ snapshot: Snapshot) {
    all = snapshot.raw("/tuned-vm/units.json").parsed(as: "a JSON object of units") { text in
      (try? JSONValue(parsing: text)).flatMap { Self.units($0) }
    }
  }

  /// Whether a service runs (`tuned` means `tuned.service`); nil where nobody can tell. A unit
  /// the file doesn't name isn't there.
  public func isActive(_ name: String) -> Bool? {
    all.value.map { units in
      let unit = units[name.contains(".") ? name : name + ".service"]
      return unit.map { $0.active == "active" || $0.active == "activating" } ?? false
    }
  }

  private static func units(_ value: JSONValue) -> [String: Unit]? {
    if let list = value.arrayValue ?? value["units"]?.arrayValue {
      return Dictionary(
        list.compactMap { entry in
          (entry["unit"] ?? entry["name"])?.stringValue.map { ($0, unit(entry)) }
        }, uniquingKeysWith: { first, _ in first })
    }
    return (value["units"] ?? value).objectValue.map { members in
      Dictionary(
        members.map { ($0.key, unit($0.value)) }, uniquingKeysWith: { first, _ in first })
    }
  }

  private static func unit(_ value: JSONValue) -> Unit {
    if let word = value.stringValue { return Unit(active: word, enabled: nil) }
    let enabled = value["enabled"] ?? value["state"] ?? value["unitFileState"]
    return Unit(
      active: (value["active"] ?? value["activeState"])?.stringValue ?? "unknown",
      enabled: enabled?.stringValue)
  }
}
