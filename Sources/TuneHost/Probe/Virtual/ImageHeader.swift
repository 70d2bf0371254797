// What the first bytes of an image file say. Own bounded code: a library would open backing files,
// and a program would have to be run on files that guests can write.

/// The facts of a qcow2 header (QEMU's docs/interop/qcow2.txt), or that the file has none.
struct ImageHeader: Equatable {
  /// Bytes that hold every field that is looked at, and the backing file's name.
  static let length = 64 << 10

  /// `qcow2`, `raw`, or another format known by its magic.
  var format: String
  /// Size that the guest sees, in bytes; nil for raw, whose file size it is.
  var virtualBytes: Int?
  var clusterBytes: Int?
  var backingFile: String?
  var backingFormat: String?
  var hasDataFile = false
  var isEncrypted = false
  var lazyRefcounts = false
  var extendedL2 = false
  var snapshots: Int?

  /// Reads the beginning of a file. Never fails: what is no known header is raw.
  init(_ bytes: [UInt8]) {
    format = "raw"
    if bytes.starts(with: [0x51, 0x46, 0x49, 0xfb]) { qcow2(bytes) }
    for (magic, name) in Self.others where bytes.starts(with: magic.utf8) { format = name }
  }

  private static let others = [
    ("KDMV", "vmdk"), ("# Disk DescriptorFile", "vmdk"), ("conectix", "vpc"), ("vhdxfile", "vhdx"),
    ("<<< ", "vdi"), ("QED\0", "qed"), ("LUKS\u{1}", "luks"),
  ].map { (magic: $0.0, name: $0.1) }

  private mutating func qcow2(_ bytes: [UInt8]) {
    guard bytes.count >= 72, let version = Self.number(bytes, 4, 4) else { return }
    format = version >= 2 ? "qcow2" : "qcow"
    guard version >= 2 else { return }
    virtualBytes = Self.number(bytes, 24, 8)
    if let bits = Self.number(bytes, 20, 4), bits >= 9, bits <= 21 { clusterBytes = 1 << bits }
    isEncrypted = Self.number(bytes, 32, 4) != 0
    snapshots = Self.number(bytes, 60, 4)
    if let offset = Self.number(bytes, 8, 8), let size = Self.number(bytes, 16, 4), offset > 0,
      size > 0, size <= 1023, offset <= bytes.count - size
    {
      backingFile = String(decoding: bytes[offset..<(offset + size)], as: UTF8.self)
    }
    guard version >= 3, bytes.count >= 104 else { return }
    let incompatible = Self.number(bytes, 72, 8) ?? 0
    hasDataFile = incompatible & 4 != 0
    extendedL2 = incompatible & 16 != 0
    lazyRefcounts = (Self.number(bytes, 80, 8) ?? 0) & 1 != 0
    if let start = Self.number(bytes, 100, 4) { extensions(bytes, from: start) }
  }

  /// Header extensions: type, length, data padded to 8 bytes; type 0 ends them.
  private mutating func extensions(_ bytes: [UInt8], from start: Int) {
    var at = start
    for _ in 0..<64 {
      guard let type = Self.number(bytes, at, 4), let length = Self.number(bytes, at + 4, 4),
        type != 0, length <= bytes.count - at - 8
      else { return }
      if type == 0xe279_2aca {
        backingFormat = String(decoding: bytes[(at + 8)..<(at + 8 + length)], as: UTF8.self)
      }
      at += 8 + (length + 7) / 8 * 8
    }
  }

  /// A big-endian number; nil where it lies outside or doesn't fit.
  private static func number(_ bytes: [UInt8], _ at: Int, _ width: Int) -> Int? {
    guard at >= 0, at <= bytes.count - width else { return nil }
    let value = bytes[at..<(at + width)].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Int(exactly: value)
  }
}
