// What a knob will be after the next boot, as far as configuration files say.
//
// Drop-ins of one kind are read by file name over all directories; a file of the same name in
// /etc hides the one in /run, and that the one in /usr/lib (sysctl.d(5), tmpfiles.d(5), udev(7),
// modprobe.d(5)). The last line that speaks of a knob wins, for tmpfiles.d the first one.

/// The configured value of a knob and the place that sets it.
public struct NextBootValue: Sendable, Equatable {
  /// As written.
  public let value: String
  /// The file that decides.
  public let source: String
}

/// The configuration that takes effect at the next boot.
public struct NextBoot: Sendable {
  /// A line of a drop-in.
  struct Line: Sendable {
    let file: String
    let words: [Substring]
    let text: Substring
  }

  private let sysctls: [(pattern: Glob, value: NextBootValue)]
  private let tmpfiles: [(pattern: Glob, value: NextBootValue)]
  private let udev: [UdevRule]
  private let options: [(module: String, name: String, value: NextBootValue)]
  private let commandLine: KernelCommandLine
  /// Modules that modules-load.d names.
  public let modules: Set<String>
  /// Kernel arguments of this boot, and those our own boot-loader drop-in adds to the next one.
  public let arguments: KernelCommandLine
  private let snapshot: Snapshot
  private let tuneD: TuneD?
  private let readSysctls: Bool
  private let readTmpfiles: Bool
  private let readUdev: Bool
  /// Whether a directory of drop-ins could be looked at.
  public var wasRead: Bool { readSysctls || readTmpfiles || readUdev }

  init(_ snapshot: Snapshot, _ commandLine: KernelCommandLine, _ tuneD: TuneD? = nil) {
    self.snapshot = snapshot
    self.tuneD = tuneD
    self.commandLine = commandLine
    let prefixes = ["/etc", "/run", "/usr/local/lib", "/usr/lib"]
    // A file that may not be read could set anything. Nil where there is no list.
    func isRead(_ kind: String) -> Bool? {
      let lists = prefixes.map { "\($0)/\(kind)" }.compactMap { directory in
        snapshot.names(directory).map { $0.map { "\(directory)/\($0)" } }
      }
      guard !lists.isEmpty else { return nil }
      return lists.joined().allSatisfy { snapshot.files[$0] != .missing("permission denied") }
    }
    let old = snapshot.raw("/etc/sysctl.conf").value != nil
    readSysctls = isRead("sysctl.d") ?? old
    readTmpfiles = isRead("tmpfiles.d") ?? false
    readUdev = isRead("udev/rules.d") ?? false
    sysctls = Self.sysctlLines(snapshot, prefixes).compactMap { Self.sysctl($0) }
    tmpfiles = Self.lines(snapshot, prefixes.map { $0 + "/tmpfiles.d" }, ".conf")
      .compactMap { Self.tmpfile($0) }
    udev = Self.lines(snapshot, prefixes.map { $0 + "/udev/rules.d" }, ".rules")
      .compactMap { UdevRule($0) }
    modules = Set(
      Self.lines(snapshot, prefixes.map { $0 + "/modules-load.d" }, ".conf")
        .map { $0.text.trimmedBlanks })
    arguments = Self.arguments(snapshot)
    options = Self.lines(snapshot, prefixes.map { $0 + "/modprobe.d" }, ".conf")
      .flatMap { Self.options($0) }
  }

  private static func arguments(_ snapshot: Snapshot) -> KernelCommandLine {
    let dropIn = snapshot.raw(DropIn.grub.path).value ?? ""
    let added = dropIn.lines.compactMap { line -> String? in
      guard let start = line.utf8.firstIndex(of: 34), line.hasPrefix("GRUB_CMDLINE_LINUX=") else {
        return nil
      }
      let inner = line[line.utf8.index(after: start)...].dropLast()
      return inner.words.filter { !$0.hasPrefix("$") }.joined(separator: " ")
    }
    let current = snapshot.text("/proc/cmdline").value ?? ""
    return KernelCommandLine(([current] + added).joined(separator: " "))
  }

  /// Whether the files that could speak of a knob were looked at.
  public func wasRead(for path: String) -> Bool {
    if path.hasPrefix("/proc/sys/") { return readSysctls }
    return path.hasPrefix("/sys/block/") ? readUdev : readTmpfiles
  }

  /// What a knob will be; nil where nothing speaks of it (then the kernel's default holds).
  public func value(of path: String) -> NextBootValue? {
    if path.hasPrefix("/proc/sys/") {
      let key = path.dropFirst("/proc/sys/".count)
      // TuneD reads sysctl.d again behind its own values (reapply_sysctl).
      return sysctls.last { $0.pattern.matches(String(key)) }?.value
        ?? tmpfile(path) ?? tuned(path)
    }
    // TuneD starts last.
    if let last = tuned(path) { return last }
    // udev sets a device's values when it appears, before tmpfiles.d runs for the last time.
    if let late = tmpfile(path) { return late }
    if path.hasPrefix("/sys/block/"), let value = udevValue(path) { return value }
    if path.hasPrefix("/sys/module/"), let value = moduleOption(path) { return value }
    return argument(for: path)
  }

  private func tuned(_ path: String) -> NextBootValue? {
    let current = snapshot.text(path).value.map { KnobValue.normal($0) }
    return tuneD.flatMap { tuneD in
      tuneD.value(KnobOwner.name(of: path), current: current).map {
        NextBootValue(value: $0, source: "TuneD (profile \(tuneD.profile))")
      }
    }
  }

  private func tmpfile(_ path: String) -> NextBootValue? {
    tmpfiles.first { $0.pattern.matches(path) }?.value
  }

  private func udevValue(_ path: String) -> NextBootValue? {
    let parts = path.split(separator: "/").map(String.init)
    guard parts.count >= 4 else { return nil }
    let attribute = parts.dropFirst(3).joined(separator: "/")
    return udev.last { $0.sets(attribute, of: parts[2], snapshot) }
      .flatMap { $0.value(of: attribute) }
  }

  private func moduleOption(_ path: String) -> NextBootValue? {
    let parts = path.split(separator: "/").map(String.init)
    guard parts.count == 5, parts[3] == "parameters" else { return nil }
    let (module, name) = (parts[2], parts[4])
    // Arguments are parsed after modprobe.d hands its options over, and win.
    if let value = commandLine.last("\(module).\(name)") {
      return NextBootValue(value: value, source: "/proc/cmdline")
    }
    return options.last { $0.module == module && $0.name == name }?.value
  }

  private func argument(for path: String) -> NextBootValue? {
    let arguments = [
      "/sys/kernel/mm/transparent_hugepage/enabled": "transparent_hugepage",
      "/proc/sys/kernel/numa_balancing": "numa_balancing",
    ]
    var key = arguments[path]
    if path.hasSuffix("/scaling_governor") { key = "cpufreq.default_governor" }
    guard let key, let value = commandLine.last(key) else { return nil }
    return NextBootValue(value: value, source: "/proc/cmdline")
  }

  // MARK: - Reading drop-ins

  /// The lines of all drop-ins of a kind in the order they take effect, without comments.
  static func lines(_ snapshot: Snapshot, _ directories: [String], _ end: String) -> [Line] {
    var files: [String: String] = [:]
    for directory in directories.reversed() {
      for name in snapshot.names(directory) ?? [] where name.hasSuffix(end) {
        files[name] = "\(directory)/\(name)"
      }
    }
    return files.sorted { $0.key < $1.key }.flatMap { _, path in
      Self.lines(of: path, snapshot.raw(path).value ?? "")
    }
  }

  private static func lines(of path: String, _ text: String) -> [Line] {
    joined(text).lines.compactMap { line in
      let words = line.words
      guard let first = words.first, first.first != "#", first.first != ";" else { return nil }
      return Line(file: path, words: words, text: line)
    }
  }

  /// Lines of sysctl.d. Debian links /etc/sysctl.conf in as 99-sysctl.conf, and sysctl --system
  /// reads it last.
  private static func sysctlLines(_ snapshot: Snapshot, _ prefixes: [String]) -> [Line] {
    let lines = Self.lines(snapshot, prefixes.map { $0 + "/sysctl.d" }, ".conf")
    let path = "/etc/sysctl.conf"
    guard let text = snapshot.raw(path).value,
      snapshot.raw("/etc/sysctl.d/99-sysctl.conf").value == nil
    else { return lines }
    return lines + Self.lines(of: path, text)
  }

  /// Lines that end in a backslash go on in the next one.
  private static func joined(_ text: String) -> String {
    guard text.utf8.contains(92) else { return text }
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      if byte == 10, bytes.last == 92 { bytes.removeLast() } else { bytes.append(byte) }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func sysctl(_ line: Line) -> (Glob, NextBootValue)? {
    guard let equals = line.text.utf8.firstIndex(of: 61) else { return nil }
    var key = line.text[..<equals].trimmedBlanks
    if key.hasPrefix("-") { key.removeFirst() }
    // The first separator decides: with dots, a slash stands for a dot in a name.
    let separator = key.utf8.first { $0 == 46 || $0 == 47 }
    if separator == 46 {
      key = String(
        decoding: key.utf8.map { $0 == 46 ? 47 : $0 == 47 ? 46 : $0 }, as: UTF8.self)
    }
    let value = line.text[line.text.utf8.index(after: equals)...].trimmedBlanks
    return (Glob(key), NextBootValue(value: value, source: line.file))
  }

  private static func tmpfile(_ line: Line) -> (Glob, NextBootValue)? {
    guard line.words.count >= 7, line.words[0].first == "w" else { return nil }
    let value = line.words[6...].joined(separator: " ")
    return (Glob(String(line.words[1])), NextBootValue(value: value, source: line.file))
  }

  private static func options(_ line: Line) -> [(
    module: String, name: String, value: NextBootValue
  )] {
    guard line.words.count >= 3, line.words[0] == "options" else { return [] }
    let module = String(decoding: line.words[1].utf8.map { $0 == 45 ? 95 : $0 }, as: UTF8.self)
    return line.words[2...].map { word in
      let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
      let value = NextBootValue(value: parts.count > 1 ? parts[1] : "Y", source: line.file)
      return (module, parts.first ?? "", value)
    }
  }
}
