// What /proc/cpuinfo and the vulnerability files say of the processors.

/// Machine architectures as far as rules tell them apart.
public enum Architecture: String, Sendable {
  /// x86, 64 bits.
  case x86 = "x86_64"
  /// ARM, 64 bits.
  case arm64 = "aarch64"
  /// IBM POWER.
  case power = "ppc64"
  /// IBM Z.
  case s390 = "s390x"
  /// RISC-V, 64 bits.
  case riscv = "riscv64"
  /// Itanium.
  case itanium = "ia64"
}

/// What the kernel says of one hardware vulnerability.
public struct Vulnerability: Sendable, Equatable {
  /// The answer by its prefix (Documentation/ABI/testing/sysfs-devices-system-cpu).
  public enum State: Sendable, Equatable {
    /// `Not affected`.
    case notAffected
    /// `Mitigation: …`, also behind `KVM: `.
    case mitigated
    /// `Vulnerable…`, also behind `KVM: `.
    case vulnerable
    /// `Unknown: …` or any other text.
    case unknown
  }

  /// The file's name, for instance `l1tf`.
  public let name: String
  /// The whole text.
  public let text: String

  /// The answer.
  public var state: State {
    var rest = Substring(text)
    if rest.hasPrefix("KVM: ") { rest = rest.dropFirst(5) }
    if rest.hasPrefix("Not affected") { return .notAffected }
    if rest.hasPrefix("Mitigation") { return .mitigated }
    if rest.hasPrefix("Vulnerable") { return .vulnerable }
    return .unknown
  }

  /// The file it came from.
  public var source: String { "/sys/devices/system/cpu/vulnerabilities/\(name)" }
}

/// The processors of the host.
public struct Processor: Sendable, Equatable {
  /// The architecture; nil where nobody can tell.
  public let architecture: Architecture?
  /// The vendor as x86 writes it (`GenuineIntel`), else the implementer's name.
  public let vendor: String?
  /// The model's name.
  public let model: String?
  /// Feature words (`flags` of x86, `Features` of ARM) that every CPU has.
  public let flags: Known<Set<String>>
  /// The distinct microcode revisions; empty where the architecture shows none.
  public let microcode: Set<String>
  /// The vulnerability files by name; missing where the directory can't be read.
  public let vulnerabilities: Known<[Vulnerability]>

  /// Whether this is an Intel processor.
  public var isIntel: Bool { vendor == "GenuineIntel" }
  /// Whether this is an AMD (or Hygon) processor.
  public var isAMD: Bool { vendor == "AuthenticAMD" || vendor == "HygonGenuine" }

  /// The vulnerability file of that name.
  public func vulnerability(_ name: String) -> Vulnerability? {
    vulnerabilities.value?.first { $0.name == name }
  }

  init(_ snapshot: Snapshot) {
    let info = CPUInfo(snapshot.raw("/proc/cpuinfo").value ?? "")
    architecture = Self.architecture(info, snapshot)
    vendor =
      info["vendor_id"] ?? info["vendor"] ?? info["CPU implementer"].flatMap(CPUNames.implementer)
    model = Self.model(info)
    let path = "/proc/cpuinfo"
    switch snapshot.raw(path).state {
    case .missing(let reason): flags = Known(missing: reason, from: path)
    case .value:
      if let words = info.commonFlags {
        flags = Known(words, from: path)
      } else {
        flags = Known(missing: "holds no line of feature flags", from: path)
      }
    }
    microcode = info.values("microcode")
    vulnerabilities = Self.vulnerabilities(snapshot)
  }

  private static func vulnerabilities(_ snapshot: Snapshot) -> Known<[Vulnerability]> {
    let directory = "/sys/devices/system/cpu/vulnerabilities"
    let prefix = directory + "/"
    let listed = snapshot.names(directory).map { Set($0) } ?? []
    let read = snapshot.files.keys.filter { $0.hasPrefix(prefix) }.map {
      String($0.dropFirst(prefix.count))
    }
    let found = listed.union(read).sorted().compactMap { name in
      snapshot.text(prefix + name).value.map { Vulnerability(name: name, text: $0) }
    }
    guard !found.isEmpty else {
      return Known(missing: "no vulnerability file could be read", from: directory)
    }
    return Known(found, from: directory)
  }

  private static func architecture(_ info: CPUInfo, _ snapshot: Snapshot) -> Architecture? {
    switch snapshot.text("/proc/sys/kernel/arch").value {
    case "x86_64": return .x86
    case "aarch64": return .arm64
    case "ppc64", "ppc64le": return .power
    case "s390x": return .s390
    case "riscv64": return .riscv
    default: break
    }
    if info["flags"] != nil { return .x86 }
    if info["isa"]?.hasPrefix("rv64") == true { return .riscv }
    if info["vendor_id"]?.hasPrefix("IBM/S390") == true { return .s390 }
    if info["CPU architecture"].map({ $0 == "8" || $0.hasPrefix("AArch64") }) == true {
      return .arm64
    }
    if info["cpu"]?.hasPrefix("POWER") == true { return .power }
    if info["arch"] == "IA-64" { return .itanium }
    return nil
  }

  private static func model(_ info: CPUInfo) -> String? {
    if let name = info["model name"], !name.isEmpty { return name }
    if let name = info["cpu"], !name.isEmpty { return name }
    if let implementer = info["CPU implementer"] {
      return CPUNames.arm(implementer: implementer, part: info["CPU part"] ?? "")
    }
    if let vendor = info["vendor_id"], vendor.hasPrefix("IBM/S390") {
      return info.s390Machine.map { "\(vendor) \($0)" } ?? vendor
    }
    return info["uarch"] ?? info["Processor"] ?? info["family"] ?? info["isa"]
  }
}

/// The lines of /proc/cpuinfo.
struct CPUInfo {
  private var first: [String: String] = [:]
  private var all: [String: Set<String>] = [:]
  private(set) var commonFlags: Set<String>?
  private(set) var s390Machine: String?
  /// `processor` numbers with their package and core, where shown.
  private(set) var processors: [(cpu: Int, package: Int?, core: Int?)] = []

  init(_ text: String) {
    var lastFlags: Substring?
    for line in text.lines {
      // Hundreds of CPUs repeat the same thirty lines: only a few of them differ usefully.
      if processors.count > 1, !Self.matters(line) { continue }
      guard let colon = line.utf8.firstIndex(of: 58) else { continue }
      let key = line[..<colon].trimmedBlanks
      let value = line[line.utf8.index(after: colon)...]
      switch key {
      case "processor":
        if let cpu = Int(value.trimmedBlanks) { processors.append((cpu, nil, nil)) }
      case "physical id", "core id":
        place(key, value)
      case "flags", "Features", "features":
        // All CPUs have the same line almost always: compare before splitting.
        if let lastFlags, lastFlags == value { break }
        lastFlags = value
        let words = Set(value.split(separator: " ").map { $0.trimmedBlanks })
        commonFlags = commonFlags.map { $0.intersection(words) } ?? words
      case "microcode":
        all[key, default: []].insert(value.trimmedBlanks)
      default:
        if key.hasPrefix("processor ") { readS390(value) }
      }
      if first[key] == nil { first[key] = value.trimmedBlanks }
    }
  }

  private mutating func place(_ key: String, _ value: Substring) {
    guard let number = Int(value.trimmedBlanks), !processors.isEmpty else { return }
    if key == "core id" {
      processors[processors.count - 1].core = number
    } else {
      processors[processors.count - 1].package = number
    }
  }

  /// `processor 0: version = FF,  identification = 123456,  machine = 2964`.
  private mutating func readS390(_ value: Substring) {
    guard s390Machine == nil, let machine = value.split(separator: ",").last,
      let equals = machine.utf8.firstIndex(of: 61)
    else { return }
    s390Machine = machine[machine.utf8.index(after: equals)...].trimmedBlanks
  }

  private static func matters(_ line: Substring) -> Bool {
    guard let first = line.utf8.first, "pcfFm".utf8.contains(first) else { return false }
    return ["processor", "physical id", "core id", "flags", "Features", "features", "microcode"]
      .contains { line.hasPrefix($0) }
  }

  subscript(key: String) -> String? { first[key] }

  func values(_ key: String) -> Set<String> { all[key] ?? [] }
}
