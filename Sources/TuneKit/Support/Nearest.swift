// "Did you mean …?": the candidate nearest to a word nobody knows.

/// Finds the candidate a mistyped word was probably meant to be.
public enum Nearest {
  /// The candidate with the fewest edits (insertion, removal, replacement, swap of neighbours),
  /// where that is at most a third of the word's length (at least one); letter case is ignored.
  /// Of equal ones the first. Words over 128 characters match nothing.
  public static func match(_ word: String, in candidates: some Sequence<String>) -> String? {
    let letters = Array(word.lowercased())
    guard !letters.isEmpty, letters.count <= 128 else { return nil }
    let limit = max(1, letters.count / 3)
    var best: (name: String, edits: Int)?
    for candidate in candidates {
      let other = Array(candidate.lowercased())
      guard abs(other.count - letters.count) <= limit else { continue }
      let edits = distance(letters, other)
      if edits <= limit, edits < best?.edits ?? .max { best = (candidate, edits) }
    }
    return best?.name
  }

  /// `; did you mean 'NAME'?`, or nothing where no candidate is near.
  public static func hint(_ word: String, in candidates: some Sequence<String>) -> String {
    match(word, in: candidates).map { "; did you mean '\($0)'?" } ?? ""
  }

  /// Edits between two words, a swap of neighbours counted once (optimal string alignment).
  static func distance(_ left: [Character], _ right: [Character]) -> Int {
    var before: [Int] = []
    var previous = Array(0...right.count)
    for row in 0..<left.count {
      var current = [row + 1]
      for column in 0..<right.count {
        let same = left[row] == right[column]
        var edits = min(
          previous[column + 1] + 1, current[column] + 1, previous[column] + (same ? 0 : 1))
        if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
          edits = min(edits, before[column - 1] + 1)
        }
        current.append(edits)
      }
      (before, previous) = (previous, current)
    }
    return previous[right.count]
  }
}
