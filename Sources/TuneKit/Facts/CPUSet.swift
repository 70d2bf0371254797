// Sets of CPU or node numbers, in the two list grammars of the field and as kernel masks.

/// A set of operating-system indexes: CPUs (PUs) or NUMA nodes.
///
/// Reads and writes the kernel's list format (`0-3,8,10-14:2/4`, Documentation/admin-guide/
/// kernel-parameters "cpu lists") and libvirt's (`0-3,^2`, formatdomain "cpuset").
public struct CPUSet: Sendable, Hashable {
  /// Numbers from here on are refused: larger than any kernel's NR_CPUS and any libvirt limit.
  public static let limit = 65_536

  private var words: [UInt64]

  /// The empty set.
  public init() { words = [] }

  /// The set of the given numbers; negative ones and those at or above `limit` are left out.
  public init<S: Sequence>(_ numbers: S) where S.Element == Int {
    words = []
    for number in numbers { insert(number) }
  }

  /// Adds all numbers of another set.
  public mutating func formUnion(_ other: CPUSet) {
    while words.count < other.words.count { words.append(0) }
    for index in other.words.indices { words[index] |= other.words[index] }
  }

  /// Adds a number; out of range ones are ignored.
  public mutating func insert(_ number: Int) {
    guard number >= 0, number < Self.limit else { return }
    let word = number >> 6
    while words.count <= word { words.append(0) }
    words[word] |= 1 << UInt64(number & 63)
  }

  /// Removes a number.
  public mutating func remove(_ number: Int) {
    guard number >= 0, number >> 6 < words.count else { return }
    words[number >> 6] &= ~(1 << UInt64(number & 63))
    trim()
  }

  private mutating func trim() {
    while let last = words.last, last == 0 { words.removeLast() }
  }

  /// Whether the number is in the set.
  public func contains(_ number: Int) -> Bool {
    guard number >= 0, number >> 6 < words.count else { return false }
    return words[number >> 6] & (1 << UInt64(number & 63)) != 0
  }

  /// How many numbers are in the set.
  public var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

  /// Whether the set is empty.
  public var isEmpty: Bool { words.isEmpty }

  /// The smallest number, if any.
  public var first: Int? { makeIterator().first { _ in true } }

  /// All numbers of this set or the other.
  public func union(_ other: CPUSet) -> CPUSet { combine(other, |) }

  /// The numbers of both sets.
  public func intersection(_ other: CPUSet) -> CPUSet { combine(other, &) }

  /// The numbers of this set that the other lacks.
  public func subtracting(_ other: CPUSet) -> CPUSet { combine(other) { $0 & ~$1 } }

  /// Whether every number of this set is in the other.
  public func isSubset(of other: CPUSet) -> Bool {
    words.indices.allSatisfy { index in
      words[index] & ~(index < other.words.count ? other.words[index] : 0) == 0
    }
  }

  /// Whether the sets share no number.
  public func isDisjoint(with other: CPUSet) -> Bool {
    zip(words, other.words).allSatisfy { $0 & $1 == 0 }
  }

  private func combine(_ other: CPUSet, _ operation: (UInt64, UInt64) -> UInt64) -> CPUSet {
    var result = CPUSet()
    let count = Swift.max(words.count, other.words.count)
    result.words.reserveCapacity(count)
    for index in 0..<count {
      let left = index < words.count ? words[index] : 0
      let right = index < other.words.count ? other.words[index] : 0
      result.words.append(operation(left, right))
    }
    result.trim()
    return result
  }
}

extension CPUSet: Sequence {
  /// Iterates upwards.
  public func makeIterator() -> Iterator { Iterator(words) }

  /// The numbers of a set, upwards.
  public struct Iterator: IteratorProtocol, Sequence {
    private let words: [UInt64]
    private var word = 0
    private var rest: UInt64

    fileprivate init(_ words: [UInt64]) {
      self.words = words
      rest = words.first ?? 0
    }

    /// The next number.
    public mutating func next() -> Int? {
      while rest == 0 {
        word += 1
        guard word < words.count else { return nil }
        rest = words[word]
      }
      let bit = rest.trailingZeroBitCount
      rest &= rest - 1
      return word << 6 + bit
    }
  }
}

extension CPUSet: ExpressibleByArrayLiteral {
  /// The set of the listed numbers.
  public init(arrayLiteral elements: Int...) { self.init(elements) }
}

extension CPUSet: CustomStringConvertible {
  /// The kernel's list format: `0-3,8`; empty for the empty set.
  public var description: String {
    var parts: [String] = []
    var start: Int?
    var previous = -2
    func close() {
      guard let begin = start else { return }
      parts.append(begin == previous ? "\(begin)" : "\(begin)-\(previous)")
    }
    for number in self {
      if number != previous + 1 {
        close()
        start = number
      }
      previous = number
    }
    close()
    return parts.joined(separator: ",")
  }
}

// MARK: - Reading

extension CPUSet {
  /// Reads a list: kernel (`0-3,8,0-31:2/8`) or libvirt (`0-3,^2`; an exclusion applies to what
  /// precedes it). Surrounding white space and NULs are ignored, and so is `(null)`, which some
  /// kernels print for an empty set. Nil where the text is not such a list.
  public init?(list text: some StringProtocol) {
    self.init()
    if let plain = text.utf8.withContiguousStorageIfAvailable({ Self.plain($0) }), let plain {
      self = plain
      return
    }
    let body = text.trimmedBlanks
    if body.isEmpty || body == "(null)" { return }
    for part in body.split(separator: ",", omittingEmptySubsequences: false) {
      let item = part.trimmedBlanks
      if item.hasPrefix("^") {
        guard let range = Self.range(item.dropFirst()) else { return nil }
        for number in range { remove(number) }
        continue
      }
      let pieces = item.split(separator: ":", omittingEmptySubsequences: false)
      guard pieces.count <= 2, let range = pieces.first.flatMap({ Self.range($0) }) else {
        return nil
      }
      guard pieces.count == 2 else {
        for number in range { insert(number) }
        continue
      }
      // "used/group": of each group of so many CPUs the first few (lib/bitmap.c).
      let ratio = pieces[1].split(separator: "/", omittingEmptySubsequences: false)
      let used = ratio.count == 2 ? Int(ratio[0]) : 1
      guard let used, let group = ratio.last.flatMap({ Int($0) }), ratio.count <= 2,
        used > 0, group > 0, used <= group
      else { return nil }
      for number in range where (number - range.lowerBound) % group < used { insert(number) }
    }
  }

  /// Reads a kernel mask: hexadecimal words, with or without commas and `0x` (`ff,ffffffff`).
  public init?(mask text: some StringProtocol) {
    self.init()
    var body = Substring(text.trimmedBlanks)
    if body.hasPrefix("0x") || body.hasPrefix("0X") { body = body.dropFirst(2) }
    guard !body.isEmpty else { return nil }
    // Words between commas are 32 bits wide, whatever their printed length.
    var position = 0
    for word in body.split(separator: ",", omittingEmptySubsequences: false).reversed() {
      guard !word.isEmpty else { return nil }
      var offset = 0
      for digit in word.reversed() {
        guard let value = digit.hexDigitValue else { return nil }
        for bit in 0..<4 where value & (1 << bit) != 0 { insert(position + offset + bit) }
        offset += 4
      }
      position += Swift.max(32, offset)
      guard position <= Self.limit + 32 else { return nil }
    }
  }

  /// The common case, `0-3,8` and blanks behind it, without cutting the text into pieces; nil where
  /// anything else stands there.
  private static func plain(_ bytes: UnsafeBufferPointer<UInt8>) -> CPUSet? {
    var set = CPUSet()
    let end = (bytes.lastIndex { $0 > 32 } ?? -1) + 1
    var at = 0
    func number() -> Int? {
      var value = 0
      let start = at
      while at < end, at - start < 6, bytes[at] >= 48, bytes[at] <= 57 {
        value = value * 10 + Int(bytes[at] - 48)
        at += 1
      }
      return at > start && value < limit ? value : nil
    }
    while at < end {
      guard let low = number() else { return nil }
      var high = low
      if at < end, bytes[at] == 45 {
        at += 1
        guard let number = number(), number >= low else { return nil }
        high = number
      }
      for number in low...high { set.insert(number) }
      guard at < end else { break }
      guard bytes[at] == 44, at + 1 < end else { return nil }
      at += 1
    }
    return set
  }

  private static func range(_ text: some StringProtocol) -> ClosedRange<Int>? {
    let ends = text.split(separator: "-", omittingEmptySubsequences: false)
    guard let low = ends.first.flatMap({ number($0) }) else { return nil }
    if ends.count == 1 { return low...low }
    guard ends.count == 2, let high = number(ends[1]), high >= low else { return nil }
    return low...high
  }

  private static func number(_ text: some StringProtocol) -> Int? {
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 48 && $0 <= 57 }), let value = Int(text),
      value < limit
    else { return nil }
    return value
  }
}

extension StringProtocol {
  /// The text without spaces, tabs, line ends and NULs around it, as kernel files carry them.
  public var trimmedBlanks: String {
    let text = String(self)
    let bytes = text.utf8
    guard let start = bytes.firstIndex(where: { $0 > 32 }),
      let last = bytes.lastIndex(where: { $0 > 32 })
    else { return "" }
    return String(text[start..<bytes.index(after: last)])
  }
}
