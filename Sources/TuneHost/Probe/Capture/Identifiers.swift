// Finds UUIDs, MAC and IP addresses in texts and gives each a replacement of its own.

/// Replaces identifiers, the same one always by the same. Not for two threads at once.
final class Identifiers {
  private var known: [String: String] = [:]
  private var counts: [String: Int] = [:]

  /// Letters and digits of ASCII.
  static func isWord(_ byte: UInt8) -> Bool {
    byte >= 48 && byte <= 57 || byte >= 65 && byte <= 90 || byte >= 97 && byte <= 122
  }

  /// A text with every identifier replaced.
  func replaced(in bytes: [UInt8], _ machineID: String?) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var at = 0
    while at < bytes.count {
      var end = at
      while end < bytes.count, Self.isPart(bytes[end]) { end += 1 }
      guard end > at else {
        result.append(bytes[at])
        at += 1
        continue
      }
      result += token(bytes[at..<end], machineID)
      at = end
    }
    return result
  }

  private static func isPart(_ byte: UInt8) -> Bool {
    isWord(byte) || byte == 45 || byte == 46 || byte == 58 || byte == 95
  }

  /// A run of letters, digits, `-`, `.`, `:` and `_`.
  private func token(_ run: ArraySlice<UInt8>, _ machineID: String?) -> ArraySlice<UInt8> {
    guard run.count >= 7 else { return run }
    let text = String(decoding: run, as: UTF8.self)
    if text == machineID { return ArraySlice("0".utf8) }
    if text.hasPrefix("iqn."), text.contains(":") || text.contains("-") {
      return ArraySlice("iqn.redacted".utf8)
    }
    if run.count == 36, Self.isUUID(text) { return ArraySlice(uuid(text.lowercased()).utf8) }
    if run.count == 17, Self.isMAC(text) { return ArraySlice(mac(text.lowercased()).utf8) }
    let ending = text.reversed().prefix { $0 == "." || $0 == ":" || $0 == "-" }.count
    let body = String(text.dropLast(ending))
    let tail = String(text.suffix(ending))
    if let address = address(body) { return ArraySlice((address + tail).utf8) }
    return run
  }

  /// An IPv4 address, with a port perhaps, or an IPv6 address.
  private func address(_ text: String) -> String? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    if parts.count <= 2, let first = parts.first, Self.isIPv4(first) {
      let port = parts.count == 2 ? ":" + parts[1] : ""
      return ipv4(String(first)) + port
    }
    let isLong = parts.count == 8 && parts.allSatisfy { !$0.isEmpty }
    let isShort = text.firstRange(of: "::") != nil && parts.count >= 3 && parts.count <= 8
    let hasDigits = parts.allSatisfy { $0.count <= 4 && $0.allSatisfy(\.isHexDigit) }
    guard isLong || isShort, hasDigits, text != "::", text != "::1" else { return nil }
    return replacement(of: text.lowercased(), "ipv6") { "2001:db8::\(String($0, radix: 16))" }
  }

  private func replacement(
    of text: String, _ kind: String, _ make: (Int) -> String
  ) -> String {
    let key = kind + text
    if let made = known[key] { return made }
    let number = (counts[kind] ?? 0) + 1
    counts[kind] = number
    let made = make(number)
    known[key] = made
    return made
  }

  private func uuid(_ text: String) -> String {
    replacement(of: text, "uuid") { "00000000-0000-4000-8000-" + Self.hex($0, 12) }
  }

  /// Keeps the first byte: a guest's card and its tap differ in that one alone.
  private func mac(_ text: String) -> String {
    if text == "00:00:00:00:00:00" || text == "ff:ff:ff:ff:ff:ff" { return text }
    let rest = replacement(of: String(text.dropFirst(2)), "mac") { number in
      let digits = Array(Self.hex(number, 10))
      return stride(from: 0, to: 10, by: 2).map { ":" + String(digits[$0...($0 + 1)]) }.joined()
    }
    return text.prefix(2) + rest
  }

  private func ipv4(_ text: String) -> String {
    guard !text.hasPrefix("127."), !text.hasPrefix("255."), !text.hasPrefix("0.") else {
      return text
    }
    return replacement(of: text, "ipv4") { number in
      // RFC 2544's range: 131,072 addresses that belong to nobody.
      "198.\(18 + (number >> 16) % 2).\(number >> 8 & 255).\(number & 255)"
    }
  }

  /// The kernel's tables of routes and sockets hold addresses as 8 or 32 hexadecimal digits.
  /// Masks, 0, loopback and multicast keep their value.
  func hexAddresses(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var at = 0
    while at < bytes.count {
      var end = at
      while end < bytes.count, Self.isWord(bytes[end]) { end += 1 }
      guard end > at else {
        result.append(bytes[at])
        at += 1
        continue
      }
      let word = String(decoding: bytes[at..<end], as: UTF8.self)
      result += Array(hexAddress(word).utf8)
      at = end
    }
    return result
  }

  private func hexAddress(_ word: String) -> String {
    guard word.count == 8 || word.count == 32, word.allSatisfy(\.isHexDigit) else { return word }
    let plain = word.count == 8 ? ["00000000", "0100007F"] : []
    let isMask = word.count == 8 && Self.isMask(word)
    let isSmall = word.count == 32 && word.drop { $0 == "0" }.count <= 4
    let isLocal = word.hasPrefix("00000000000000000000000001")
    if plain.contains(word) || isMask || isSmall || isLocal { return word }
    let kind = word.count == 8 ? "hex4" : "hex6"
    // 198.18.x.y in the kernel's byte order; 2001:db8:: and a number.
    return replacement(of: word, kind) { number in
      word.count == 8
        ? Self.hex(number & 255, 2).uppercased() + Self.hex(number >> 8 & 255, 2).uppercased()
          + "12C6"
        : "20010db8" + Self.hex(number, 24)
    }
  }

  // MARK: - Forms

  private static func hex(_ value: Int, _ width: Int) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  /// Whether a word in the kernel's byte order is ones, then zeros.
  private static func isMask(_ word: String) -> Bool {
    guard let value = UInt32(word, radix: 16)?.byteSwapped else { return false }
    return value == 0 || (~value &+ 1).nonzeroBitCount == 1
  }

  private static func isUUID(_ text: String) -> Bool {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    return parts.map(\.count) == [8, 4, 4, 4, 12]
      && parts.allSatisfy { $0.allSatisfy(\.isHexDigit) }
  }

  private static func isMAC(_ text: String) -> Bool {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    return parts.count == 6 && parts.allSatisfy { $0.count == 2 && $0.allSatisfy(\.isHexDigit) }
  }

  private static func isIPv4(_ text: Substring) -> Bool {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4
      && parts.allSatisfy { $0.count <= 3 && (Int($0).map { $0 <= 255 && $0 >= 0 } ?? false) }
  }
}
