// Many paths as one: what is written to each of 64 CPUs is one line for people.

/// Paths that differ in places where lists can stand.
public enum PathPattern {
  /// One text for all paths: `/sys/…/policy{0-31}/scaling_governor`. Where no such list covers
  /// exactly them, the first and the number of the others.
  public static func joined(_ paths: [String]) -> String {
    guard let first = paths.first else { return "" }
    guard paths.count > 1 else { return first }
    let rows = paths.map { $0.split(separator: "/", omittingEmptySubsequences: false) }
    let others = "\(first) and \(paths.count - 1) more"
    guard let width = rows.first?.count, rows.allSatisfy({ $0.count == width }) else {
      return others
    }
    let columns = (0..<width).map { column in unique(rows.map { $0[column] }) }
    // Only where every combination is there does the pattern say no more than the list.
    var combinations = 1
    for column in columns {
      let (product, tooMany) = combinations.multipliedReportingOverflow(by: column.count)
      guard !tooMany else { return others }
      combinations = product
    }
    guard combinations == Set(paths).count else { return others }
    return columns.map(joined).joined(separator: "/")
  }

  /// The values of one component: `cpu{0-3}`, `{sda,sdb}`.
  private static func joined(_ values: [Substring]) -> String {
    guard values.count > 1, let first = values.first else { return String(values.first ?? "") }
    if let list = numbered(values) { return list }
    let shown = values.prefix(6).joined(separator: ",")
    return values.count > 6 ? "{\(shown),… (\(values.count))}" : first.isEmpty ? "" : "{\(shown)}"
  }

  private static func numbered(_ values: [Substring]) -> String? {
    var numbers: [Int] = []
    var frame: (head: Substring, tail: Substring)?
    for value in values {
      guard let start = value.firstIndex(where: isDigit) else { return nil }
      let end = value[start...].firstIndex { !isDigit($0) } ?? value.endIndex
      guard let number = Int(value[start..<end]), number < CPUSet.limit,
        value[start..<end].count == 1 || value[start] != "0"
      else { return nil }
      let this = (head: value[..<start], tail: value[end...])
      if let frame, frame != this { return nil }
      frame = this
      numbers.append(number)
    }
    return frame.map { "\($0.head){\(CPUSet(numbers))}\($0.tail)" }
  }

  private static func isDigit(_ character: Character) -> Bool {
    character.isASCII && character.isNumber
  }

  private static func unique(_ values: [Substring]) -> [Substring] {
    var seen: Set<Substring> = []
    return values.filter { seen.insert($0).inserted }
  }
}

extension Sequence {
  /// Elements of one key together, in the order of the first of each.
  public func gathered<Key: Hashable>(by key: (Element) -> Key) -> [[Element]] {
    var groups: [[Element]] = []
    var places: [Key: Int] = [:]
    for element in self {
      let key = key(element)
      if let index = places[key] {
        groups[index].append(element)
      } else {
        places[key] = groups.count
        groups.append([element])
      }
    }
    return groups
  }
}
