// Cutting kernel texts into lines and words, byte by byte and without copies.

extension StringProtocol where SubSequence == Substring {
  /// The lines without their ends (`\n` or `\r\n`), empty ones left out.
  var lines: [Substring] {
    pieces { bytes, add in
      var start = 0
      while start < bytes.count {
        let end = bytes[start...].firstIndex(of: 10) ?? bytes.count
        let last = end > start && bytes[end - 1] == 13 ? end - 1 : end
        if last > start { add(start, last) }
        start = end + 1
      }
    }
  }

  /// The words between spaces and tabs.
  var words: [Substring] {
    pieces { bytes, add in
      var start = -1
      for (place, byte) in bytes.enumerated() {
        if byte == 32 || byte == 9 || byte == 0 || byte == 10 || byte == 13 {
          if start >= 0 { add(start, place) }
          start = -1
        } else if start < 0 {
          start = place
        }
      }
      if start >= 0 { add(start, bytes.count) }
    }
  }

  /// The pieces that `cut` names by their first byte and the one behind the last.
  private func pieces(
    _ cut: (UnsafeBufferPointer<UInt8>, (Int, Int) -> Void) -> Void
  ) -> [Substring] {
    var text = self[startIndex...]
    var places: [(Int, Int)] = []
    text.withUTF8 { bytes in cut(bytes) { places.append(($0, $1)) } }
    let bytes = text.utf8
    return places.map { start, end in
      text[
        bytes.index(
          text.startIndex, offsetBy: start)..<bytes.index(
            text.startIndex, offsetBy: end)]
    }
  }
}
