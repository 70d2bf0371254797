// Rings, channels and offloads of network interfaces by the ethtool ioctl, which any user may ask.

import Glibc
import TuneKit

/// Asks the kernel's ethtool interface (include/uapi/linux/ethtool.h).
struct Ethtool {
  /// Interfaces looked at; a host with more has them for its guests.
  static let interfaceLimit = 512

  private static let ioctlNumber: UInt = 0x8946  // SIOCETHTOOL
  private static let getDriver: UInt32 = 0x03
  private static let getRings: UInt32 = 0x10
  private static let getStrings: UInt32 = 0x1b
  private static let getStringCount: UInt32 = 0x37
  private static let getFeatures: UInt32 = 0x3a
  private static let getChannels: UInt32 = 0x3c
  private static let featureStrings: UInt32 = 4
  private static let featureLimit = 256

  private let socket: Int32

  /// `{"eno1":{"driver":…,"channels":{…},"rings":{…},"features":{…}}}`.
  static func read(_ interfaces: [String]) -> Snapshot.Reading {
    let socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | 0o2000000, 0)
    guard socket >= 0 else { return .missing("no socket: " + reason(errno)) }
    defer { close(socket) }
    let tool = Ethtool(socket: socket)
    let found = interfaces.prefix(interfaceLimit).compactMap { name -> (String, JSONValue)? in
      guard name != "lo", name.utf8.count < 16 else { return nil }
      let parts = tool.parts(name)
      return parts.isEmpty ? nil : (name, .object(pairs: parts))
    }
    return VirtualFiles.document(.object(pairs: found))
  }

  private func parts(_ name: String) -> [(String, JSONValue)] {
    var parts: [(String, JSONValue)] = []
    if let driver = driver(name) { parts.append(("driver", .string(driver))) }
    if let channels = channels(name) { parts.append(("channels", channels)) }
    if let rings = rings(name) { parts.append(("rings", rings)) }
    if let features = features(name) { parts.append(("features", features)) }
    return parts
  }

  /// One call; the words after it, or nil where the interface doesn't answer.
  private func ask(_ name: String, _ request: [UInt32], bytes: Int) -> [UInt8]? {
    var data = [UInt8](repeating: 0, count: max(bytes, request.count * 4))
    data.withUnsafeMutableBytes { buffer in
      for (index, word) in request.enumerated() {
        buffer.storeBytes(of: word, toByteOffset: index * 4, as: UInt32.self)
      }
    }
    // struct ifreq: the name in 16 bytes, then a pointer; 40 bytes on every 64-bit port.
    var frame = [UInt8](repeating: 0, count: 40)
    for (index, byte) in name.utf8.prefix(15).enumerated() { frame[index] = byte }
    let outcome = data.withUnsafeMutableBytes { buffer -> Int32 in
      frame.withUnsafeMutableBytes { frame -> Int32 in
        frame.storeBytes(of: UInt(bitPattern: buffer.baseAddress), toByteOffset: 16, as: UInt.self)
        guard let base = frame.baseAddress else { return -1 }
        return retrying { ioctl(socket, Self.ioctlNumber, base) }
      }
    }
    return outcome == 0 ? data : nil
  }

  private func words(_ data: [UInt8], _ count: Int) -> [Int] {
    data.withUnsafeBytes { buffer in
      (0..<count).map { Int(buffer.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self)) }
    }
  }

  private func driver(_ name: String) -> String? {
    guard let data = ask(name, [Self.getDriver], bytes: 196) else { return nil }
    return String(decoding: data[4..<36].prefix { $0 != 0 }, as: UTF8.self)
  }

  /// struct ethtool_channels: max rx, tx, other, combined; then the current ones.
  private func channels(_ name: String) -> JSONValue? {
    guard let data = ask(name, [Self.getChannels], bytes: 36) else { return nil }
    let word = words(data, 9)
    let kinds = ["rx", "tx", "other", "combined"].enumerated().filter { word[$0.offset + 1] > 0 }
    return .object(
      pairs: kinds.map { ($0.element, pair(word[$0.offset + 5], word[$0.offset + 1])) })
  }

  /// struct ethtool_ringparam: max rx, mini, jumbo, tx; then the current ones.
  private func rings(_ name: String) -> JSONValue? {
    guard let data = ask(name, [Self.getRings], bytes: 36) else { return nil }
    let word = words(data, 9)
    guard word[1] > 0 || word[4] > 0 else { return nil }
    return .object(pairs: [("rx", pair(word[5], word[1])), ("tx", pair(word[8], word[4]))])
  }

  private func pair(_ current: Int, _ limit: Int) -> JSONValue {
    .object(pairs: [("current", .integer(current)), ("max", .integer(limit))])
  }

  private func features(_ name: String) -> JSONValue? {
    // struct ethtool_sset_info: a reserved word, a 64-bit mask of the sets, a count for each.
    let request = [Self.getStringCount, 0, 1 << Self.featureStrings, 0]
    guard let info = ask(name, request, bytes: 20) else { return nil }
    let count = words(info, 5)[4]
    guard count > 0, count <= Self.featureLimit,
      let names = ask(
        name, [Self.getStrings, Self.featureStrings, UInt32(count)], bytes: 12 + 32 * count),
      let bits = ask(
        name, [Self.getFeatures, UInt32((count + 31) / 32)], bytes: 8 + 16 * ((count + 31) / 32))
    else { return nil }
    // Blocks of 32 features: available, requested, active, never changed.
    let word = words(bits, 2 + 4 * ((count + 31) / 32))
    let pairs = (0..<count).compactMap { index -> (String, JSONValue)? in
      let text = names[(12 + 32 * index)..<(44 + 32 * index)].prefix { $0 != 0 }
      guard !text.isEmpty else { return nil }
      let active = word[2 + 4 * (index / 32) + 2] & (1 << (index % 32)) != 0
      return (String(decoding: text, as: UTF8.self), .bool(active))
    }
    return .object(pairs: pairs.sorted { $0.0 < $1.0 })
  }
}
