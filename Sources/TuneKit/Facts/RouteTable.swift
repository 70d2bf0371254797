// Which interface an address of this host belongs to, by the networks that the kernel routes to.

/// The kernel's routes, IPv4 and IPv6.
struct RouteTable {
  private struct Route {
    let interface: String
    let network: [UInt8]
    let mask: [UInt8]
    let length: Int
  }

  private let routes: [Route]

  init(_ snapshot: Snapshot) {
    let four = (snapshot.raw("/proc/net/route").value ?? "").lines.dropFirst().compactMap {
      Self.four($0)
    }
    let six = (snapshot.raw("/proc/net/ipv6_route").value ?? "").lines.compactMap { Self.six($0) }
    routes = four + six
  }

  /// The interface of the narrowest network, reached without a gateway, that an address lies in;
  /// nil where the text is no address or lies in none.
  func interface(near text: String) -> String? {
    guard let address = Self.address(text) else { return nil }
    return routes.filter { route in
      route.network.count == address.count
        && zip(address, zip(route.network, route.mask)).allSatisfy { $0 & $1.1 == $1.0 & $1.1 }
    }.max { $0.length < $1.length }?.interface
  }

  /// Iface Destination Gateway Flags RefCnt Use Metric Mask …; numbers are in the host's order.
  private static func four(_ line: Substring) -> Route? {
    let words = line.words
    guard words.count > 7, words[2] == "00000000", let network = bytes(words[1], 4),
      let mask = bytes(words[7], 4)
    else { return nil }
    let length = mask.reduce(0) { $0 + $1.nonzeroBitCount }
    guard length > 0 else { return nil }
    return Route(
      interface: String(words[0]), network: network.reversed(), mask: mask.reversed(),
      length: length)
  }

  /// Destination, its length, source, its length, gateway, metric, counters, flags, interface.
  /// Routes of 128 bits are the host's own addresses, on the loop-back interface.
  private static func six(_ line: Substring) -> Route? {
    let words = line.words
    guard words.count > 9, words[4].allSatisfy({ $0 == "0" }), let network = bytes(words[0], 16),
      let length = Int(words[1], radix: 16), length > 0, length < 128, words[9] != "lo"
    else { return nil }
    let mask = (0..<16).map { place -> UInt8 in
      let bits = min(max(length - place * 8, 0), 8)
      return bits == 0 ? 0 : UInt8(truncatingIfNeeded: 0xFF << (8 - bits))
    }
    return Route(interface: String(words[9]), network: network, mask: mask, length: length)
  }

  private static func bytes(_ hex: Substring, _ count: Int) -> [UInt8]? {
    guard hex.utf8.count == 2 * count else { return nil }
    var result: [UInt8] = []
    var rest = hex[...]
    while !rest.isEmpty {
      guard let byte = UInt8(rest.prefix(2), radix: 16) else { return nil }
      result.append(byte)
      rest = rest.dropFirst(2)
    }
    return result
  }

  /// The bytes of `10.0.0.1` or `fd00::1`, also in brackets.
  private static func address(_ text: String) -> [UInt8]? {
    var text = text.trimmedBlanks
    if text.hasPrefix("["), text.hasSuffix("]") { text = String(text.dropFirst().dropLast()) }
    if text.contains(":") { return six(text) }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let bytes = parts.compactMap { UInt8($0) }
    return parts.count == 4 && bytes.count == 4 ? bytes : nil
  }

  private static func six(_ text: String) -> [UInt8]? {
    guard text.utf8.count < 46 else { return nil }
    func groups(_ text: Substring) -> [UInt16]? {
      guard !text.isEmpty else { return [] }
      let parts = text.split(separator: ":", omittingEmptySubsequences: false)
      let numbers = parts.compactMap { UInt16($0, radix: 16) }
      return numbers.count == parts.count ? numbers : nil
    }
    let all: [UInt16]
    if let gap = text.firstRange(of: "::") {
      guard let head = groups(text[..<gap.lowerBound]), let tail = groups(text[gap.upperBound...]),
        head.count + tail.count < 8
      else { return nil }
      all = head + [UInt16](repeating: 0, count: 8 - head.count - tail.count) + tail
    } else {
      guard let given = groups(text[...]) else { return nil }
      all = given
    }
    guard all.count == 8 else { return nil }
    return all.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
  }
}
