// The kernel's arguments (/proc/cmdline).

/// Kernel arguments, in order. `a=b`, `flag`, and quoted values (`a="b c"`).
public struct KernelCommandLine: Sendable, Equatable {
  /// One argument.
  public struct Argument: Sendable, Equatable {
    /// The name before `=`; `-` and `_` are the same to the kernel, this is as written.
    public let key: String
    /// The value behind `=`; nil for a bare word.
    public let value: String?
    /// As written.
    public var text: String { value.map { "\(key)=\($0)" } ?? key }
  }

  /// The arguments before `--`.
  public let arguments: [Argument]

  /// Splits a command line the way the kernel does (lib/cmdline.c, next_arg).
  public init(_ text: String) {
    var arguments: [Argument] = []
    var word: [UInt8] = []
    var isQuoted = false
    for byte in Array(text.utf8) + [32] {
      if byte == 34 {
        isQuoted.toggle()
        continue
      }
      let isBlank = byte <= 32
      if !isBlank || isQuoted {
        word.append(byte)
        continue
      }
      guard !word.isEmpty else { continue }
      if word == [45, 45] { break }
      arguments.append(Self.argument(word))
      word = []
    }
    self.arguments = arguments
  }

  private static func argument(_ word: [UInt8]) -> Argument {
    guard let equals = word.firstIndex(of: 61) else {
      return Argument(key: String(decoding: word, as: UTF8.self), value: nil)
    }
    return Argument(
      key: String(decoding: word[..<equals], as: UTF8.self),
      value: String(decoding: word[(equals + 1)...], as: UTF8.self))
  }

  /// All values of an argument, in order; bare words give "".
  public func values(_ key: String) -> [String] {
    let wanted = Self.normal(key)
    return arguments.filter { Self.normal($0.key) == wanted }.map { $0.value ?? "" }
  }

  /// The last value, which most arguments go by.
  public func last(_ key: String) -> String? { values(key).last }

  /// The arguments that count: of those with one name the last, in order.
  public var effective: [Argument] {
    var seen: Set<String> = []
    return arguments.reversed().filter { seen.insert(Self.normal($0.key)).inserted }.reversed()
  }

  /// Whether the argument is there, with or without a value.
  public func has(_ key: String) -> Bool { !values(key).isEmpty }

  private static func normal(_ key: String) -> String {
    String(decoding: key.utf8.map { $0 == 45 ? 95 : $0 }, as: UTF8.self)
  }
}
