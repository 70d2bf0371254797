// Tells messages about a place in an input from all others.

/// The `FILE:LINE:COLUMN: ` that a message about an input begins with.
public enum MessagePlace {
  /// Whether a message begins with a place. A file's name may hold anything, but what stands in
  /// quotes before the first place is no name.
  public static func begins(_ message: String) -> Bool {
    let bytes = Array(message.utf8)
    var at = 0
    while let colon = bytes[at...].firstIndex(of: 58) {
      if colon > 0, let behind = number(bytes, colon + 1), behind < bytes.count,
        bytes[behind] == 58, let end = number(bytes, behind + 1), end + 1 < bytes.count,
        bytes[end] == 58, bytes[end + 1] == 32
      {
        return !bytes[..<colon].contains(39) && bytes[0] != 32
      }
      at = colon + 1
    }
    return false
  }

  /// The place behind a run of digits; nil where there is none.
  private static func number(_ bytes: [UInt8], _ start: Int) -> Int? {
    var at = start
    while at < bytes.count, bytes[at] >= 48, bytes[at] <= 57 { at += 1 }
    return at > start ? at : nil
  }
}
