// What QEMU was really started with, as far as it can be compared with a definition.

/// The arguments of a guest's process that a definition decides.
struct QEMUArguments: Sendable, Equatable {
  /// `kvm`, `tcg` …; nil where no argument says it (QEMU then emulates).
  private(set) var accelerator: String?
  /// The machine's name.
  private(set) var machine: String?
  /// The CPU model: `host`, `qemu64` …
  private(set) var cpu: String?
  /// The maximum number of vCPUs.
  private(set) var vcpus: Int?
  /// The memory at the start.
  private(set) var memoryKiB: Int?

  init(_ arguments: [String]) {
    for (option, value) in zip(arguments, arguments.dropFirst()) {
      // QEMU takes one dash and two.
      switch option.hasPrefix("--") ? String(option.dropFirst()) : option {
      case "-machine", "-M":
        machine = Self.first(value) ?? Self.value("type", value) ?? machine
        accelerator = Self.value("accel", value) ?? accelerator
      case "-accel": accelerator = Self.first(value) ?? Self.value("accel", value) ?? accelerator
      case "-cpu": cpu = Self.first(value)
      case "-smp":
        let count = Self.value("maxcpus", value) ?? Self.first(value) ?? Self.value("cpus", value)
        vcpus = count.flatMap { Int($0) }
      case "-m": memoryKiB = Self.memory(Self.value("size", value) ?? Self.first(value))
      default: continue
      }
    }
    if arguments.contains("-enable-kvm") { accelerator = "kvm" }
  }

  /// The word before the first comma, where it is no `key=value`.
  private static func first(_ value: String) -> String? {
    let word = value.prefix { $0 != "," }
    return word.isEmpty || word.contains("=") ? nil : String(word)
  }

  private static func value(_ key: String, _ text: String) -> String? {
    for part in text.split(separator: ",") where part.hasPrefix(key + "=") {
      return String(part.dropFirst(key.count + 1))
    }
    return nil
  }

  /// MiB where no suffix says otherwise.
  private static func memory(_ text: String?) -> Int? {
    guard let text, let last = text.lowercased().last else { return nil }
    let factors: [Character: Int] = ["k": 1, "m": 1 << 10, "g": 1 << 20, "t": 1 << 30]
    guard let number = Int(last.isNumber ? text[...] : text.dropLast()), number >= 0 else {
      return nil
    }
    let (product, overflow) = number.multipliedReportingOverflow(by: factors[last] ?? 1 << 10)
    return overflow ? nil : product
  }

  /// Where the process differs from a definition: the argument, what it says, what was defined.
  func differences(from definition: DomainDefinition) -> [(String, String, String)] {
    var result: [(String, String, String)] = []
    func compare(_ option: String, _ actual: String?, _ wanted: String?) {
      if let actual, let wanted, actual != wanted { result.append((option, actual, wanted)) }
    }
    if definition.type == "kvm", let accelerator, !accelerator.hasPrefix("kvm") {
      result.append(("-accel", accelerator, "kvm"))
    }
    compare("-smp", vcpus.map { "\($0)" }, "\(definition.vcpus)")
    if let own = definition.machineVersion?.description {
      compare("-machine", machine.flatMap { MachineVersion($0)?.description }, own)
    }
    if definition.cpu?.mode == "host-passthrough" { compare("-cpu", cpu, "host") }
    if definition.memory.devices.isEmpty {
      // libvirt rounds up to whole MiB.
      let wanted = definition.memory.totalKiB.map { ($0 + 1023) / 1024 }
      compare("-m", memoryKiB.map { "\($0 / 1024) MiB" }, wanted.map { "\($0) MiB" })
    }
    return result
  }
}
