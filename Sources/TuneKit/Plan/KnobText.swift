// How the kernel shows a knob after a write, and when two readings mean the same value.
//
// Many knobs take one word and show another text: a choice comes back in brackets among its
// alternatives, a truth value as Y or N. Trees must look as a kernel would show them, and what is
// read back after a write must not look different only because it is written differently.

/// Texts of one-value kernel files.
public enum KnobText {
  /// The text a file shows after `value` was written to it while it showed `current`; nil where
  /// the kernel would refuse the value.
  public static func written(_ value: String, over current: String) -> String? {
    let tail = String(current.reversed().prefix { $0 == "\n" || $0 == "\0" }.reversed())
    if let choices = choices(current) {
      guard choices.words.contains(value) else { return nil }
      return choices.words.map { $0 == value ? "[\($0)]" : $0 }.joined(separator: " ") + tail
    }
    if let truth = truth(value), isLetterTruth(current.trimmedBlanks) {
      return (truth ? "Y" : "N") + tail
    }
    return value + tail
  }

  /// The value a text stands for: the bracketed word of a choice, else the text without blanks
  /// around it and with single blanks inside.
  public static func value(_ text: String) -> String {
    if let choices = choices(text) { return choices.chosen }
    return text.trimmedBlanks.split { $0 == " " || $0 == "\t" }.joined(separator: " ")
  }

  /// Whether two texts stand for one value: `Y` and `1`, `[none] kyber` and `none`, `0-3` and `f`
  /// are each the same.
  public static func same(_ left: String, _ right: String) -> Bool {
    let (left, right) = (value(left), value(right))
    if left == right { return true }
    if isLetterTruth(left) || isLetterTruth(right) {
      return truth(left) != nil && truth(left) == truth(right)
    }
    if let a = Int(left), let b = Int(right) { return a == b }
    return sameCPUs(left, right)
  }

  /// The words of a choice and the one in brackets; nil where no word stands in brackets.
  static func choices(_ text: String) -> (words: [String], chosen: String)? {
    let words = text.trimmedBlanks.split { $0 == " " || $0 == "\t" }
    var chosen: String?
    var plain: [String] = []
    for word in words {
      guard word.first == "[", word.last == "]", word.count > 2 else {
        plain.append(String(word))
        continue
      }
      guard chosen == nil else { return nil }
      let inner = String(word.dropFirst().dropLast())
      chosen = inner
      plain.append(inner)
    }
    guard let chosen else { return nil }
    return (plain, chosen)
  }

  private static func isLetterTruth(_ text: String) -> Bool {
    text == "Y" || text == "N" || text == "y" || text == "n"
  }

  private static func truth(_ text: String) -> Bool? {
    switch text {
    case "Y", "y", "1": true
    case "N", "n", "0": false
    default: nil
    }
  }

  /// A list against a mask; two lists are compared as sets. Bare numbers never get here.
  private static func sameCPUs(_ left: String, _ right: String) -> Bool {
    func isList(_ text: String) -> Bool { text.contains("-") || text.contains(",") }
    guard isList(left) || isList(right) else { return false }
    guard let a = CPUSet(list: left) ?? CPUSet(mask: left),
      let b = CPUSet(list: right) ?? CPUSet(mask: right)
    else { return false }
    return a == b
  }
}
