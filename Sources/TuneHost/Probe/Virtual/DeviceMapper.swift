// How full thin pools and classic snapshots are, from the device mapper's own status lines.

import Glibc
import TuneKit

/// Asks /dev/mapper/control (include/uapi/linux/dm-ioctl.h); only root may.
struct DeviceMapper {
  private static let listDevices: UInt = 0xc138_fd02
  private static let tableStatus: UInt = 0xc138_fd0c
  private static let headerBytes = 312
  private static let bufferBytes = 256 << 10
  private static let deviceLimit = 4096

  private let control: Int32

  /// `{"thinPools":[…],"snapshots":[…]}`.
  static func read() -> Snapshot.Reading {
    let control = retrying { open("/dev/mapper/control", O_RDWR | O_CLOEXEC) }
    guard control >= 0 else { return .missing("/dev/mapper/control: " + reason(errno)) }
    defer { close(control) }
    let mapper = DeviceMapper(control: control)
    guard let names = mapper.names() else {
      return .missing("/dev/mapper/control: " + reason(errno))
    }
    var pools: [JSONValue] = []
    var snapshots: [JSONValue] = []
    for name in names.sorted() {
      for target in mapper.status(name) {
        switch target.type {
        case "thin-pool": pools.append(pool(name, target.line))
        case "snapshot": snapshots.append(snapshot(name, target.line))
        default: continue
        }
      }
    }
    return VirtualFiles.document(
      .object(pairs: [("thinPools", .array(pools)), ("snapshots", .array(snapshots))]))
  }

  /// `<transaction> <used>/<total metadata> <used>/<total data> …`, or `Fail`.
  static func pool(_ name: String, _ line: String) -> JSONValue {
    let fields = line.split(separator: " ")
    let metadata = fields.count > 1 ? percent(fields[1]) : nil
    let data = fields.count > 2 ? percent(fields[2]) : nil
    return .object(pairs: [
      ("name", .string(name)), ("dataPercent", data ?? .null),
      ("metadataPercent", metadata ?? .null), ("status", .string(line)),
    ])
  }

  /// `<used>/<total> <metadata>` in sectors, or `Invalid`.
  static func snapshot(_ name: String, _ line: String) -> JSONValue {
    let used = line.split(separator: " ").first.flatMap { percent($0) }
    return .object(pairs: [
      ("name", .string(name)), ("percent", used ?? .null), ("status", .string(line)),
    ])
  }

  private static func percent(_ text: Substring) -> JSONValue? {
    let parts = text.split(separator: "/")
    guard parts.count == 2, let used = Double(parts[0]), let total = Double(parts[1]), total > 0,
      used.isFinite, total.isFinite
    else { return nil }
    return .number((used / total * 10_000).rounded() / 100)
  }

  // MARK: - The control device

  /// struct dm_ioctl with room for the answer behind it.
  private func call(_ number: UInt, name: String, flags: UInt32) -> [UInt8]? {
    var data = [UInt8](repeating: 0, count: Self.bufferBytes)
    let outcome = data.withUnsafeMutableBytes { buffer -> Int32 in
      buffer.storeBytes(of: 4, toByteOffset: 0, as: UInt32.self)
      buffer.storeBytes(of: UInt32(Self.bufferBytes), toByteOffset: 12, as: UInt32.self)
      buffer.storeBytes(of: UInt32(Self.headerBytes), toByteOffset: 16, as: UInt32.self)
      buffer.storeBytes(of: flags, toByteOffset: 28, as: UInt32.self)
      for (index, byte) in name.utf8.prefix(127).enumerated() { buffer[48 + index] = byte }
      guard let base = buffer.baseAddress else { return -1 }
      return retrying { ioctl(control, number, base) }
    }
    return outcome == 0 ? data : nil
  }

  /// struct dm_name_list: a device number, the distance to the next one, the name.
  private func names() -> [String]? {
    guard let data = call(Self.listDevices, name: "", flags: 0) else { return nil }
    var result: [String] = []
    var at = Int(word(data, 16) ?? 0)
    while result.count < Self.deviceLimit, let low = word(data, at), let high = word(data, at + 4),
      let next = word(data, at + 8)
    {
      guard low != 0 || high != 0 else { break }
      result.append(text(data, at + 12))
      guard next > 0 else { break }
      at += Int(next)
    }
    return result
  }

  /// struct dm_target_spec: start and length in sectors, status, distance to the next, type; then
  /// the line. The flag asks for status without waiting for a flush.
  private func status(_ name: String) -> [(type: String, line: String)] {
    guard let data = call(Self.tableStatus, name: name, flags: 1 << 11) else { return [] }
    let start = Int(word(data, 16) ?? 0)
    let count = min(Int(word(data, 20) ?? 0), 1024)
    var result: [(type: String, line: String)] = []
    var at = start
    for _ in 0..<count {
      guard at >= 0, at + 40 < data.count, let next = word(data, at + 20) else { break }
      result.append((text(data, at + 24), text(data, at + 40)))
      at = start + Int(next)
    }
    return result
  }

  private func word(_ data: [UInt8], _ at: Int) -> UInt32? {
    guard at >= 0, at <= data.count - 4 else { return nil }
    return data.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: at, as: UInt32.self) }
  }

  private func text(_ data: [UInt8], _ at: Int) -> String {
    guard at >= 0, at < data.count else { return "" }
    return String(decoding: data[at...].prefix(4096).prefix { $0 != 0 }, as: UTF8.self)
  }
}
