// Sizes with their units, as profiles write them.

/// An amount of memory in bytes.
public struct ByteSize: Sendable, Hashable, Comparable {
  /// How many bytes.
  public let bytes: Int

  /// Creates a size.
  public init(bytes: Int) { self.bytes = bytes }

  /// Whole KiB, rounded down.
  public var kib: Int { bytes >> 10 }

  /// Reads `2MiB`, `1 GiB`, `512KiB`, `64 B`; binary units only, whole numbers. Nil for any other
  /// text and for sizes of 2^62 bytes and more.
  public init?(_ text: String) {
    let body = text.trimmedBlanks
    let digits = body.prefix { $0.isASCII && $0.isNumber }
    guard !digits.isEmpty, let number = Int(digits) else { return nil }
    let unit = String(body.dropFirst(digits.count)).trimmedBlanks
    guard let shift = Self.units[unit] else { return nil }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << shift)
    guard !overflow, bytes < 1 << 62 else { return nil }
    self.bytes = bytes
  }

  private static let units = ["B": 0, "KiB": 10, "MiB": 20, "GiB": 30, "TiB": 40]

  /// Smaller first.
  public static func < (left: ByteSize, right: ByteSize) -> Bool { left.bytes < right.bytes }
}

extension ByteSize: CustomStringConvertible {
  /// In the largest unit that needs no fraction.
  public var description: String {
    for (unit, shift) in [("TiB", 40), ("GiB", 30), ("MiB", 20), ("KiB", 10)]
    where bytes != 0 && bytes % (1 << shift) == 0 {
      return "\(bytes >> shift)\(unit)"
    }
    return "\(bytes)B"
  }
}
