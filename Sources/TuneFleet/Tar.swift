// POSIX and GNU tar archives as a stream, without compression. Nothing is ever unpacked: members are
// read as reports, and names are only what they are called.

import TuneKit

/// The header of a member.
struct TarHeader {
  /// Bytes of a header, and what content is rounded up to.
  static let block = 512

  /// What a member is.
  enum Kind {
    case file, link, directory, other
    /// Says something about the next member: `x` of POSIX, `L` of GNU.
    case posixNote, longName
    /// Says something about all, or about a link: passed over.
    case note
  }

  let name: String
  let size: Int
  let kind: Kind

  /// Reads a header; nil where the checksum or a number is wrong.
  init?(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard bytes.count >= Self.block, Self.hasChecksum(bytes),
      let size = Self.number(bytes[124..<136])
    else { return nil }
    self.size = size
    switch bytes[156] {
    case 0, 48, 55: kind = .file
    case 49, 50: kind = .link
    case 53: kind = .directory
    case 120: kind = .posixNote
    case 76: kind = .longName
    case 103, 75, 86: kind = .note
    default: kind = .other
    }
    let isPosix = bytes[257..<263].elementsEqual("ustar\0".utf8)
    let prefix = isPosix ? Self.text(bytes[345..<500]) : ""
    let name = Self.text(bytes[0..<100])
    self.name = prefix.isEmpty ? name : prefix + "/" + name
  }

  /// Whether bytes begin an archive.
  static func begins(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool { TarHeader(bytes) != nil }

  /// Whether a block is empty, which ends an archive.
  static func isEnd(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    bytes[..<block].allSatisfy { $0 == 0 }
  }

  /// The sum of all bytes, its own field taken as blanks.
  private static func hasChecksum(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard bytes[0] != 0, let sum = number(bytes[148..<156]) else { return false }
    var real = 8 * 32
    for index in 0..<block where !(148..<156).contains(index) { real += Int(bytes[index]) }
    return sum == real
  }

  /// Octal digits between blanks, or GNU's binary form for large numbers.
  private static func number(_ field: Slice<UnsafeBufferPointer<UInt8>>) -> Int? {
    if field.first == 0x80 {
      var value = 0
      for byte in field.dropFirst() {
        guard value < 1 << 40 else { return nil }
        value = value << 8 | Int(byte)
      }
      return value
    }
    var value = 0
    var hasDigit = false
    for byte in field.drop(while: { $0 == 32 }) {
      if byte == 0 || byte == 32 { break }
      guard (48...55).contains(byte), value < 1 << 40 else { return nil }
      value = value << 3 | Int(byte - 48)
      hasDigit = true
    }
    return hasDigit ? value : nil
  }

  static func text(_ field: Slice<UnsafeBufferPointer<UInt8>>) -> String {
    String(decoding: field.prefix { $0 != 0 }, as: UTF8.self)
  }

  // MARK: - POSIX notes

  /// The records of a note, `LENGTH KEY=VALUE` each; damaged ones end it.
  static func records(_ bytes: UnsafeBufferPointer<UInt8>) -> [String: String] {
    var records: [String: String] = [:]
    var rest = bytes[...]
    while let blank = rest.firstIndex(of: 32),
      let length = Int(String(decoding: rest[..<blank], as: UTF8.self)),
      length > blank - rest.startIndex + 1, length <= rest.count
    {
      let record = rest[(blank + 1)..<(rest.startIndex + length - 1)]
      if let sign = record.firstIndex(of: 61) {
        let key = String(decoding: record[..<sign], as: UTF8.self)
        records[key] = text(Slice(base: bytes, bounds: (sign + 1)..<record.endIndex))
      }
      rest = rest[(rest.startIndex + length)...]
    }
    return records
  }
}
