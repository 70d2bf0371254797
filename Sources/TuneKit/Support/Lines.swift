// Cutting kernel texts into lines and words without looking at characters one by one.

extension StringProtocol where SubSequence == Substring {
  /// The lines without their ends (`\n` or `\r\n`), empty ones left out.
  var lines: [Substring] {
    var result: [Substring] = []
    var rest = self[startIndex...]
    while !rest.isEmpty {
      let end = rest.utf8.firstIndex(of: 10) ?? rest.endIndex
      var line = rest[..<end]
      if line.utf8.last == 13 { line = line[..<line.utf8.index(before: line.endIndex)] }
      if !line.utf8.isEmpty { result.append(line) }
      rest = end == rest.endIndex ? rest[end...] : rest[rest.utf8.index(after: end)...]
    }
    return result
  }

  /// The words between spaces and tabs.
  var words: [Substring] {
    var result: [Substring] = []
    var start: Index?
    for index in utf8.indices {
      let byte = utf8[index]
      if byte == 32 || byte == 9 || byte == 0 || byte == 10 || byte == 13 {
        if let begin = start { result.append(self[begin..<index]) }
        start = nil
      } else if start == nil {
        start = index
      }
    }
    if let begin = start { result.append(self[begin...]) }
    return result
  }
}
