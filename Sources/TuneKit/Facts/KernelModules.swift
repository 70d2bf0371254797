// Kernel modules with their parameters, and sysctls.

/// Modules and their parameters.
public struct KernelModules: Sendable {
  private let snapshot: Snapshot
  private let loaded: Set<String>

  init(_ snapshot: Snapshot) {
    self.snapshot = snapshot
    let text = snapshot.raw("/proc/modules").value ?? ""
    loaded = Set(text.lines.compactMap { $0.words.first.map(String.init) })
  }

  /// Whether a module is loaded or built in; nil where nobody can tell.
  public func isPresent(_ name: String) -> Bool? {
    if loaded.contains(name) { return true }
    return snapshot.exists("/sys/module/\(name)")
  }

  /// A module parameter as text.
  public func parameter(_ module: String, _ name: String) -> Known<String> {
    snapshot.text("/sys/module/\(module)/parameters/\(name)")
  }

  /// A module parameter that is a truth value: `Y`/`N`, `1`/`0`.
  public func flag(_ module: String, _ name: String) -> Known<Bool> {
    parameter(module, name).parsed(as: "Y or N") { KernelText.flag($0) }
  }
}

/// Values the way kernel files write them.
public enum KernelText {
  /// `Y`, `N`, `1`, `0`.
  public static func flag(_ text: String) -> Bool? {
    switch text {
    case "Y", "y", "1": true
    case "N", "n", "0": false
    default: nil
    }
  }

  /// The word in brackets of `always [madvise] never`; a single word without brackets counts.
  public static func choice(_ text: String) -> String? {
    let words = text.words
    for word in words where word.hasPrefix("[") && word.hasSuffix("]") {
      return String(word.dropFirst().dropLast())
    }
    return words.count == 1 ? words.first.map(String.init) : nil
  }

  /// All words of `always [madvise] never`, without the brackets.
  public static func choices(_ text: String) -> [String] {
    text.words.map { word in
      word.hasPrefix("[") && word.hasSuffix("]")
        ? String(word.dropFirst().dropLast()) : String(word)
    }
  }
}

extension Snapshot {
  /// The file of a sysctl: `vm.swappiness` → `/proc/sys/vm/swappiness`.
  public static func sysctlPath(_ key: String) -> String {
    "/proc/sys/" + String(decoding: key.utf8.map { $0 == 46 ? 47 : $0 }, as: UTF8.self)
  }

  /// A sysctl's whole number.
  public func sysctl(_ key: String) -> Known<Int> { integer(Self.sysctlPath(key)) }

  /// The chosen word of a file such as `always [madvise] never`.
  public func choice(_ path: String) -> Known<String> {
    text(path).parsed(as: "a choice in brackets") { KernelText.choice($0) }
  }
}
