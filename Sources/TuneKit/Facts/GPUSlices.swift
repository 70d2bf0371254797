// How NVIDIA's cards are cut into instances (`/tuned-vm/gpu.json`).

/// A card and its instances (MIG).
struct GPUSlices: Sendable, Equatable {
  /// One kind of instance that the card offers.
  struct Profile: Sendable, Equatable {
    /// NVIDIA's number for it.
    let id: Int
    /// Slices of the card that one takes.
    let slices: Int
    /// Its memory.
    let memoryMiB: Int?
    /// How many of them fit on an empty card.
    let fits: Int
    /// How many there are; nil where only root may ask.
    let instances: Int?
  }

  /// Its PCI address.
  let address: String
  /// Its name; nil where nobody was asked.
  let name: String?
  /// Its memory.
  let memoryBytes: Int?
  /// Whether it is cut: nil where it can't be, missing where nobody knows.
  let isEnabled: Known<Bool?>
  /// The most instances it can be cut into; nil where nobody knows.
  let maxInstances: Int?
  /// The kinds of instances that it offers.
  let profiles: [Profile]
  /// How many instances the driver's files show; nil where they aren't there.
  let instanceCount: Int?

  /// Most slices that a card has (nvml.h knows instances of 8).
  static let mostSlices = 8

  /// The slices of the whole card: its widest instance has them all.
  var slices: Int? { profiles.map(\.slices).max().flatMap { $0 > 0 ? $0 : nil } }

  /// Slices that instances have; missing where that can't be told.
  var slicesInUse: Known<Int> {
    var sum = 0
    for profile in profiles {
      guard let count = profile.instances else {
        return Known(missing: "only root may ask for the instances", from: Self.path)
      }
      sum += count * profile.slices
    }
    return Known(sum, from: Self.path)
  }

  /// The name that NVIDIA gives a kind of instance: `1g.5gb`. Its memory counts in eighths of the
  /// card's, and the card's in whole GiB (go-nvlib, mig_profile.go).
  func shape(of profile: Profile) -> String? {
    guard let memoryBytes, memoryBytes > 0, let part = profile.memoryMiB, part > 0 else {
      return nil
    }
    let share = Double(part) * 1_048_576 / Double(memoryBytes)
    let eighths = (share * 8).rounded(.up)
    guard eighths <= 8 else { return nil }
    let whole = Double((memoryBytes + (1 << 30) - 1) >> 30)
    return "\(profile.slices)g.\(Int((eighths / 8 * whole).rounded()))gb"
  }

  static let path = "/tuned-vm/gpu.json"
  private static let limit = 1 << 20

  /// The cards of the file by address.
  static func all(_ snapshot: Snapshot) -> Known<[String: GPUSlices]> {
    VirtualFile.json(snapshot, "gpu.json").parsed(as: "an object with a list of GPUs") { value in
      value["gpus"]?.arrayValue.map { list in
        Dictionary(
          list.compactMap { GPUSlices($0) }.map { ($0.address, $0) },
          uniquingKeysWith: { first, _ in first })
      }
    }
  }

  private init?(_ value: JSONValue) {
    guard let address = value["address"]?.stringValue else { return nil }
    self.address = address
    name = value["name"]?.stringValue
    memoryBytes = value["memoryBytes"]?.intValue.flatMap { $0 > 0 && $0 < 1 << 50 ? $0 : nil }
    let mig = value["mig"]
    if let reason = value["missing"]?.stringValue {
      isEnabled = Known(missing: "\(address.printable) \(reason.printable)", from: Self.path)
    } else if mig?.isNull == true {
      isEnabled = Known(nil, from: Self.path)
    } else if let enabled = mig?["enabled"]?.boolValue {
      isEnabled = Known(enabled, from: Self.path)
    } else {
      isEnabled = Known(missing: "says nothing of \(address.printable)'s mode", from: Self.path)
    }
    func number(_ value: JSONValue?) -> Int? {
      value?.intValue.flatMap { $0 >= 0 && $0 < Self.limit ? $0 : nil }
    }
    maxInstances = number(mig?["maxInstances"])
    instanceCount = number(value["instanceCount"])
    profiles = (value["profiles"]?.arrayValue ?? []).prefix(64).compactMap { entry in
      guard let id = number(entry["id"]), let slices = number(entry["slices"]),
        slices <= Self.mostSlices
      else { return nil }
      return Profile(
        id: id, slices: slices,
        memoryMiB: entry["memoryMiB"]?.intValue.flatMap {
          $0 > 0 && $0 < 1 << 40 ? $0 : nil
        }, fits: number(entry["fits"]) ?? 0, instances: number(entry["instances"]))
    }
  }
}
