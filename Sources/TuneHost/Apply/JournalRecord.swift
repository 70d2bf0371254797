// One line of a journal: a word, fields, and a checksum. Readable with cat, and nothing in a value
// can break a line.

import TuneKit

/// A record of a journal.
struct JournalRecord: Equatable {
  /// What it records.
  let word: String
  /// Its fields, in order.
  private(set) var fields: [(key: String, value: [UInt8])]

  init(_ word: String, _ fields: [(String, String?)] = []) {
    self.word = word
    self.fields = fields.compactMap { key, value in value.map { (key, Array($0.utf8)) } }
  }

  /// Adds a value that may be any bytes.
  func adding(_ key: String, _ bytes: [UInt8]?) -> JournalRecord {
    guard let bytes else { return self }
    var copy = self
    copy.fields.append((key, bytes))
    return copy
  }

  subscript(key: String) -> String? {
    bytes(key).map { String(decoding: $0, as: UTF8.self) }
  }

  func bytes(_ key: String) -> [UInt8]? { fields.first { $0.key == key }?.value }

  func integer(_ key: String) -> Int? { self[key].flatMap { Int($0) } }

  static func == (left: JournalRecord, right: JournalRecord) -> Bool {
    left.word == right.word && left.fields.elementsEqual(right.fields, by: ==)
  }

  // MARK: - Text

  /// The line, with its end.
  var line: [UInt8] {
    var line = Array(word.utf8)
    for (key, value) in fields {
      line.append(32)
      line += key.utf8
      line.append(UInt8(ascii: "="))
      line += Self.escaped(value)
    }
    let sum = CRC32.of(line)
    line += " crc=\(Self.hex(sum))\n".utf8
    return line
  }

  /// Reads a line without its end; nil where it is damaged.
  init?(line: some Collection<UInt8>) {
    let bytes = Array(line)
    let mark = Array(" crc=".utf8)
    guard bytes.count > mark.count + 8 else { return nil }
    let body = bytes.prefix(bytes.count - mark.count - 8)
    let tail = bytes.suffix(mark.count + 8)
    guard tail.prefix(mark.count).elementsEqual(mark),
      String(decoding: tail.suffix(8), as: UTF8.self) == Self.hex(CRC32.of(body))
    else { return nil }
    let parts = body.split(separator: 32, omittingEmptySubsequences: false)
    guard let first = parts.first else { return nil }
    word = String(decoding: first, as: UTF8.self)
    var fields: [(key: String, value: [UInt8])] = []
    for part in parts.dropFirst() {
      guard let equals = part.firstIndex(of: UInt8(ascii: "=")),
        let value = Self.unescaped(part[part.index(after: equals)...])
      else { return nil }
      fields.append((String(decoding: part[..<equals], as: UTF8.self), value))
    }
    self.fields = fields
  }

  private static let digits = Array("0123456789ABCDEF".utf8)

  /// Visible ASCII stands for itself; all else, and `%`, is `%XX`. A space is `%20`.
  static func escaped(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + bytes.count / 4)
    for byte in bytes {
      if byte > 32, byte < 127, byte != UInt8(ascii: "%") {
        result.append(byte)
      } else {
        result += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return result
  }

  private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    var result: [UInt8] = []
    result.reserveCapacity(text.count)
    var index = text.startIndex
    while index < text.endIndex {
      guard text[index] == UInt8(ascii: "%") else {
        result.append(text[index])
        index += 1
        continue
      }
      guard index + 2 < text.endIndex, let high = nibble(text[index + 1]),
        let low = nibble(text[index + 2])
      else { return nil }
      result.append(high << 4 | low)
      index += 3
    }
    return result
  }

  private static func nibble(_ digit: UInt8) -> UInt8? {
    digits.firstIndex(of: digit).map { UInt8($0) }
  }

  private static func hex(_ value: UInt32) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: 8 - text.count) + text
  }
}

/// The checksum of zip and Ethernet (ISO 3309), for damage, not against malice.
enum CRC32 {
  private static let table: [UInt32] = (0..<256).map { start in
    var value = UInt32(start)
    for _ in 0..<8 { value = value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
    return value
  }

  static func of(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var value: UInt32 = 0xFFFF_FFFF
    for byte in bytes { value = table[Int((value ^ UInt32(byte)) & 0xFF)] ^ (value >> 8) }
    return ~value
  }
}
