// How NVIDIA's cards are cut into instances (MIG), from NVML; where that can't be asked, how many
// instances there are from the driver's own files.

import Glibc
import TuneKit

/// Makes `gpu.json`.
struct GPUProbe {
  /// Cards looked at.
  static let cardLimit = 64
  /// Kinds of instances asked about: nvml.h knows 18.
  static let profileLimit: UInt32 = 32
  /// Instances of one kind.
  static let instanceLimit = 64
  /// Longest wait for NVML, in milliseconds: a card that fell off the bus may not answer, and one
  /// without nvidia-persistenced takes seconds to wake.
  static let patience: Int32 = 10_000

  private static let driver = "/proc/driver/nvidia"

  /// `{"driver":…,"gpus":[…]}`; nil where NVIDIA's driver holds no card.
  static func read(
    _ root: Root, _ snapshot: Snapshot, library: String = "libnvidia-ml.so.1",
    patience: Int32 = patience
  ) -> Snapshot.Reading? {
    let cards = Self.cards(snapshot)
    guard !cards.isEmpty, root.exists(driver + "/version") else { return nil }
    let asleep = cards.filter { isAsleep($0, root) }
    let awake = cards.filter { !asleep.contains($0) }
    let answer: Answer =
      awake.isEmpty
      ? Answer()
      : Patience.result(within: patience) { ask(awake, library) }
        ?? Answer(missing: "NVML didn't answer within \(patience / 1000) s")
    let list = cards.map { address in
      var pairs: [(String, JSONValue)] = [("address", .string(address))]
      if let known = answer.cards[address] {
        pairs += known
      } else {
        let why =
          asleep.contains(address) ? "sleeps, and would be woken by asking" : answer.missing
        pairs.append(("missing", .string(why)))
      }
      pairs.append(("instanceCount", .optional(instanceCount(address, root))))
      return JSONValue.object(pairs: pairs)
    }
    return VirtualFiles.document(
      .object(pairs: [("driver", .optional(answer.driver)), ("gpus", .array(list))]))
  }

  /// Addresses of NVIDIA's display and compute cards that NVIDIA's driver holds.
  private static func cards(_ snapshot: Snapshot) -> [String] {
    let names = (snapshot.names("/sys/bus/pci/devices") ?? []).filter { name in
      let base = "/sys/bus/pci/devices/" + name
      return snapshot.text(base + "/vendor").value == "0x10de"
        && snapshot.text(base + "/class").value?.hasPrefix("0x03") == true
        && snapshot.links[base + "/driver"]?.hasSuffix("/nvidia") == true
    }
    return Array(names.prefix(cardLimit))
  }

  private static func isAsleep(_ address: String, _ root: Root) -> Bool {
    guard
      case .text(let text) = root.read("/sys/bus/pci/devices/\(address)/power/runtime_status")
    else { return false }
    return text.trimmedBlanks == "suspended"
  }

  // MARK: - The driver's files

  /// `capabilities/gpuN/mig/giM` is there for each instance, for everyone to see; N is the card's
  /// minor number. Nil where nobody can tell.
  private static func instanceCount(_ address: String, _ root: Root) -> Int? {
    guard
      case .text(let text) = root.read("\(driver)/gpus/\(address.lowercased())/information"),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("Device Minor:") }),
      let minor = Int(line.dropFirst(13).trimmedBlanks), minor >= 0,
      let names = root.list("\(driver)/capabilities/gpu\(minor)/mig")
    else { return nil }
    return names.filter { $0.hasPrefix("gi") && Int($0.dropFirst(2)) != nil }.count
  }

  // MARK: - NVML

  private struct Answer: Sendable {
    var driver: String?
    var cards: [String: [(String, JSONValue)]] = [:]
    var missing = "was not asked"
  }

  private static func ask(_ addresses: [String], _ library: String) -> Answer {
    let nvml: NVML
    do { nvml = try NVML(library) } catch { return Answer(missing: error.reason) }
    let outcome = nvml.start()
    guard outcome == NVML.Outcome.success else { return Answer(missing: nvml.text(outcome)) }
    defer { _ = nvml.stop() }
    var answer = Answer()
    answer.driver = nvml.string(nvml.driverVersion)
    for address in addresses { answer.cards[address] = card(address, nvml) }
    return answer
  }

  private static func card(_ address: String, _ nvml: NVML) -> [(String, JSONValue)] {
    var handle: NVML.Device?
    let found = nvml.deviceByAddress(address, &handle)
    guard found == NVML.Outcome.success, let handle else {
      return [("missing", .string(nvml.text(found)))]
    }
    var pairs: [(String, JSONValue)] = [
      ("name", .optional(nvml.string { nvml.name(handle, $0, $1) })),
      ("memoryBytes", .optional(memory(handle, nvml))),
    ]
    var (current, pending): (UInt32, UInt32) = (0, 0)
    switch nvml.migMode(handle, &current, &pending) {
    case NVML.Outcome.success: break
    // A card before the A100, or one of a desktop.
    case NVML.Outcome.notSupported: return pairs + [("mig", .null)]
    case let outcome: return pairs + [("missing", .string(nvml.text(outcome)))]
    }
    var most: UInt32 = 0
    let limit = nvml.mostInstances(handle, &most) == NVML.Outcome.success ? Int(most) : nil
    pairs.append(
      (
        "mig",
        .object(pairs: [
          ("enabled", .bool(current == 1)), ("pending", .bool(pending == 1)),
          ("maxInstances", .optional(limit)),
        ])
      ))
    let profiles = (0..<profileLimit).compactMap {
      profile($0, handle, nvml, withInstances: current == 1)
    }
    return pairs + [("profiles", .array(profiles))]
  }

  /// `nvmlMemory_t`: total, free, used, each 8 bytes.
  private static func memory(_ handle: NVML.Device, _ nvml: NVML) -> Int? {
    var words = [UInt64](repeating: 0, count: 8)
    guard nvml.memory(handle, &words) == NVML.Outcome.success else { return nil }
    return Int(exactly: words[0])
  }

  /// `nvmlGpuInstanceProfileInfo_t`: the profile's number, a flag, its slices, how many instances
  /// of it fit, six counts of engines, each 4 bytes; then its memory in MiB, 8 bytes.
  private static func profile(
    _ kind: UInt32, _ handle: NVML.Device, _ nvml: NVML, withInstances: Bool
  ) -> JSONValue? {
    // Room for a library that knows more than nvml.h did.
    var words = [UInt64](repeating: 0, count: 32)
    guard nvml.profile(handle, kind, &words) == NVML.Outcome.success else { return nil }
    let (low, high) = (
      words.map { Int(truncatingIfNeeded: $0 & 0xffff_ffff) },
      words.map { Int(truncatingIfNeeded: $0 >> 32) }
    )
    let (number, slices, count) = (low[0], low[1], high[1])
    guard count <= instanceLimit else { return nil }
    var pairs: [(String, JSONValue)] = [
      ("id", .integer(number)), ("slices", .integer(slices)), ("fits", .integer(count)),
      ("memoryMiB", .optional(Int(exactly: words[5]))),
    ]
    guard withInstances else { return .object(pairs: pairs) }
    // A handle for each instance.
    var handles = [UInt64](repeating: 0, count: instanceLimit)
    var there: UInt32 = 0
    switch nvml.instances(handle, UInt32(truncatingIfNeeded: number), &handles, &there) {
    case NVML.Outcome.success: pairs.append(("instances", .integer(Int(there))))
    case let outcome: pairs.append(("missing", .string(nvml.text(outcome))))
    }
    return .object(pairs: pairs)
  }
}
