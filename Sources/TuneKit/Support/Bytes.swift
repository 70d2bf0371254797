// Searching texts byte by byte. What is searched here are kernel files, names and definitions: no two
// spellings of one character are the same to a kernel, and bytes are quickly compared.

extension Substring {
  /// Whether the text begins so. The standard library compares characters of all but whole strings.
  func hasPrefix(_ prefix: String) -> Bool {
    utf8.count >= prefix.utf8.count && utf8.prefix(prefix.utf8.count).elementsEqual(prefix.utf8)
  }

  /// Whether the text ends so.
  func hasSuffix(_ suffix: String) -> Bool {
    utf8.count >= suffix.utf8.count && utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8)
  }
}

extension StringProtocol {
  /// Whether a text stands somewhere in this one.
  func contains(_ part: String) -> Bool {
    let found = utf8.withContiguousStorageIfAvailable { bytes in
      part.utf8.withContiguousStorageIfAvailable { Self.contains($0, in: bytes) }
    }
    if let found, let found { return found }
    return Array(part.utf8).withUnsafeBufferPointer { part in
      Array(utf8).withUnsafeBufferPointer { Self.contains(part, in: $0) }
    }
  }

  private static func contains(
    _ part: UnsafeBufferPointer<UInt8>, in bytes: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    guard let first = part.first else { return true }
    guard part.count <= bytes.count else { return false }
    for start in 0...(bytes.count - part.count) where bytes[start] == first {
      var length = 1
      while length < part.count, bytes[start + length] == part[length] { length += 1 }
      if length == part.count { return true }
    }
    return false
  }

  /// The text with each `-` twice, as device mapper writes names of groups and volumes.
  var doublingDashes: String {
    guard utf8.contains(45) else { return String(self) }
    var bytes: [UInt8] = []
    for byte in utf8 {
      bytes.append(byte)
      if byte == 45 { bytes.append(45) }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
