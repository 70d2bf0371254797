// The switch of the mutants. scripts/mutate puts it into the copy of TuneKit that it mutates; no
// part of the package.

import Glibc

/// Which mutants are on, and which were met.
///
/// MUTANT is one number, or `@FILE` with a number a line (exit codes, then texts: each becomes its
/// own mark, so that a failing test tells which it missed). MUTANT_HITS is a file that gets the
/// number of each mutant met.
public enum Mutant {
  /// The mutant that is on; 0 for none.
  nonisolated(unsafe) public static var active: Int = {
    getenv("MUTANT").flatMap { Int(String(cString: $0)) } ?? 0
  }()
  /// Whether a mutant was met since the last reset.
  nonisolated(unsafe) public static let met = UnsafeMutablePointer<Bool>.allocate(capacity: size)
  /// Room for this many.
  public static let size = 65_536

  /// The line of each in the file, from 1; 0 for none.
  nonisolated(unsafe) private static let many: UnsafeMutablePointer<Int32> = {
    let lines = UnsafeMutablePointer<Int32>.allocate(capacity: size)
    lines.initialize(repeating: 0, count: size)
    guard let name = getenv("MUTANT").map({ String(cString: $0) }), name.hasPrefix("@"),
      let file = fopen(String(name.dropFirst()), "r")
    else { return lines }
    var buffer = [CChar](repeating: 0, count: 64)
    var line: Int32 = 0
    while fgets(&buffer, 64, file) != nil {
      let number = Int(atoi(buffer))
      line += 1
      if number > 0, number < size { lines[number] = line }
    }
    fclose(file)
    return lines
  }()
  nonisolated(unsafe) private static let ready: Bool = {
    met.initialize(repeating: false, count: size)
    return true
  }()
  nonisolated(unsafe) private static let record: Int32 = {
    guard let name = getenv("MUTANT_HITS") else { return -1 }
    return open(name, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o666)
  }()

  @inline(__always) private static func isOn(_ number: Int) -> Bool {
    if ready, !met[number] {
      met[number] = true
      if record >= 0 {
        let line = "\(number)\n"
        _ = line.withCString { write(record, $0, strlen($0)) }
      }
    }
    return active == number || many[number] > 0
  }

  /// A condition: always true as `number`, never as the one after it.
  public static func condition(_ number: Int, _ value: Bool) -> Bool {
    if isOn(number) { return true }
    if isOn(number + 1) { return false }
    return value
  }
  /// An operand of `&&` that doesn't count.
  public static func anyway(_ number: Int, _ value: Bool) -> Bool { isOn(number) || value }
  /// An operand of `||` that doesn't count.
  public static func never(_ number: Int, _ value: Bool) -> Bool { !isOn(number) && value }
  /// An equality turned round.
  public static func not(_ number: Int, _ value: Bool) -> Bool { isOn(number) ? !value : value }
  /// A value that is never there.
  public static func missing<T>(_ number: Int, _ value: T?) -> T? { isOn(number) ? nil : value }
  /// `<` or `<=`.
  public static func less<T: Comparable>(_ number: Int, _ left: T, _ right: T) -> Bool {
    isOn(number) ? left <= right : left < right
  }
  /// `<=` or `<`.
  public static func atMost<T: Comparable>(_ number: Int, _ left: T, _ right: T) -> Bool {
    isOn(number) ? left < right : left <= right
  }
  /// `>` or `>=`.
  public static func more<T: Comparable>(_ number: Int, _ left: T, _ right: T) -> Bool {
    isOn(number) ? left >= right : left > right
  }
  /// `>=` or `>`.
  public static func atLeast<T: Comparable>(_ number: Int, _ left: T, _ right: T) -> Bool {
    isOn(number) ? left > right : left >= right
  }
  /// A number, or the next one.
  public static func number<T: Numeric>(_ number: Int, _ value: T) -> T {
    isOn(number) ? value + 1 : value
  }
  /// A word that is compared or looked up, or one that nothing has.
  public static func word<T: ExpressibleByStringLiteral>(_ number: Int, _ value: T) -> T {
    isOn(number) ? "\u{1}" : value
  }
  /// What is said, or only the mark.
  public static func text(_ number: Int, _ value: String) -> String {
    isOn(number) ? "⟦\(number)⟧" : value
  }
  /// An exit code, or 70; of many the one that scripts/mutate made for it, 99 and its line.
  public static func status(_ number: Int, _ value: ExitStatus) -> ExitStatus {
    isOn(number) ? ExitStatus(rawValue: 99 + many[number]) ?? .software : value
  }
  /// A severity, or the next one.
  static func severity(_ number: Int, _ value: Severity) -> Severity {
    guard isOn(number) else { return value }
    return switch value {
    case .off: .info
    case .info: .warning
    case .warning: .critical
    case .critical: .warning
    }
  }
  /// A verdict, or another one.
  static func verdict(_ number: Int, _ value: Verdict) -> Verdict {
    guard isOn(number) else { return value }
    return switch value {
    case .satisfied: .notApplicable("another verdict")
    case .violated: .satisfied([])
    case .notApplicable: .satisfied([])
    case .unknown: .notApplicable("another verdict")
    }
  }
  /// Whether a migration's target reaches a disk's storage, or that it can't be told.
  static func verdict(_ number: Int, _ value: StorageReach) -> StorageReach {
    guard isOn(number), case .unknown = value else { return value }
    return .shared("elsewhere", isCoherent: true)
  }
}
