// Reads typed values of a definition. A value of the wrong type is an error with its place; an
// absent one is nil.

extension XMLNode {
  func wrong(_ value: String, attribute: String?, expected: String) -> DomainError {
    let what = attribute.map { "\(name)/@\($0)" } ?? name
    let place = attribute.map { self.place(ofAttribute: $0) } ?? placeOfContent
    return DomainError(
      line: place.line, column: place.column,
      problem: "'\(what)' is '\(XMLCharacters.printable(value))'; expected \(expected)")
  }

  /// A decimal whole number of an attribute.
  func number(
    _ attribute: String, in range: ClosedRange<Int> = 0...Int.max
  ) throws(DomainError) -> Int? {
    guard let value = self[attribute] else { return nil }
    guard let number = Self.decimal(value), range.contains(number) else {
      throw wrong(value, attribute: attribute, expected: Self.words(range))
    }
    return number
  }

  /// The element's text as a decimal whole number.
  func number(in range: ClosedRange<Int> = 0...Int.max) throws(DomainError) -> Int {
    guard let number = Self.decimal(text), range.contains(number) else {
      throw wrong(text, attribute: nil, expected: Self.words(range))
    }
    return number
  }

  /// A number of an attribute in C's notation: `10`, `0x0a`, `012`.
  func hexNumber(_ attribute: String, upTo limit: Int) throws(DomainError) -> Int? {
    guard let value = self[attribute] else { return nil }
    let text = value.trimmedBlanks.lowercased()
    let number =
      text.hasPrefix("0x")
      ? Int(text.dropFirst(2), radix: 16)
      : text.hasPrefix("0") && text.count > 1 ? Int(text, radix: 8) : Self.decimal(text)
    guard let number, number >= 0, number <= limit, !text.hasPrefix("0x-"), !text.hasPrefix("0x+")
    else {
      throw wrong(
        value, attribute: attribute, expected: "a number up to 0x\(String(limit, radix: 16))")
    }
    return number
  }

  /// A set of CPUs or nodes in an attribute, in libvirt's list format.
  func set(_ attribute: String) throws(DomainError) -> CPUSet? {
    guard let value = self[attribute] else { return nil }
    guard !value.contains(":"), let set = CPUSet(list: value), !set.isEmpty else {
      throw wrong(value, attribute: attribute, expected: "a list such as 0-3,8")
    }
    return set
  }

  /// The element's text as a size with its `unit` attribute, KiB where that is absent, in KiB
  /// rounded up.
  func sizeKiB() throws(DomainError) -> Int { try Self.kib(of: self, text, attribute: nil, "unit") }

  /// A size in an attribute, in KiB rounded up.
  func sizeKiB(_ attribute: String, unit: String = "unit") throws(DomainError) -> Int? {
    guard let value = self[attribute] else { return nil }
    return try Self.kib(of: self, value, attribute: attribute, unit)
  }

  private static func kib(
    of node: XMLNode, _ value: String, attribute: String?, _ unitAttribute: String
  ) throws(DomainError) -> Int {
    guard let number = decimal(value), number >= 0 else {
      throw node.wrong(value, attribute: attribute, expected: "a size as a whole number")
    }
    let unit = node[unitAttribute] ?? "KiB"
    guard let factor = ByteUnit.factor(unit) else {
      throw node.wrong(unit, attribute: unitAttribute, expected: "a unit such as KiB, MiB or GiB")
    }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: factor)
    guard !overflow, bytes <= Int.max - 1023 else {
      throw node.wrong(value, attribute: attribute, expected: "a size below 8 EiB")
    }
    return (bytes + 1023) / 1024
  }

  /// `yes`, `on` or `true`, `no`, `off` or `false`; nil where absent or anything else.
  func flag(_ attribute: String) -> Bool? {
    switch self[attribute] {
    case "yes", "on", "true": true
    case "no", "off", "false": false
    default: nil
    }
  }

  /// A decimal number with blanks around it and a sign, as libvirt reads it.
  private static func decimal(_ text: String) -> Int? {
    let digits = text.trimmedBlanks
    guard let first = digits.utf8.first, first != UInt8(ascii: "+") else { return nil }
    return Int(digits)
  }

  private static func words(_ range: ClosedRange<Int>) -> String {
    switch (range.lowerBound, range.upperBound) {
    case (0, .max): "a whole number"
    case (.min, .max): "a whole number, negative or not"
    default: "a whole number from \(range.lowerBound) to \(range.upperBound)"
    }
  }
}

/// Units of sizes as libvirt spells them (virScaleInteger): powers of 1024 with an `i` or alone,
/// of 1000 with a `B`.
public enum ByteUnit {
  /// Bytes in one unit; nil for an unknown one.
  public static func factor(_ unit: String) -> Int? {
    switch unit.lowercased() {
    case "b", "byte", "bytes": 1
    case "k", "kib": 1 << 10
    case "kb": 1000
    case "m", "mib": 1 << 20
    case "mb": 1_000_000
    case "g", "gib": 1 << 30
    case "gb": 1_000_000_000
    case "t", "tib": 1 << 40
    case "tb": 1_000_000_000_000
    case "p", "pib": 1 << 50
    case "pb": 1_000_000_000_000_000
    case "e", "eib": 1 << 60
    case "eb": 1_000_000_000_000_000_000
    default: nil
    }
  }
}
