// From a snapshot to its stable facts. Counters, free memory, times, process numbers, interrupts,
// current frequencies and the places of threads are left out: they move by themselves.

extension StableFacts {
  /// The stable facts of a host and its domains.
  public init(_ facts: Facts) {
    var collector = FactCollector(facts)
    collector.collect()
    self = collector.result
  }
}

/// Goes over the files of a snapshot once and sorts what is stable into facts.
struct FactCollector {
  static let host = Subject(.host, "host")

  let facts: Facts
  let snapshot: Snapshot
  var result = StableFacts()
  /// Values that many CPUs share are one fact of the host: key → value → CPUs, and the files.
  private var grouped: [String: (values: [String: CPUSet], sources: [String])] = [:]

  init(_ facts: Facts) {
    self.facts = facts
    snapshot = facts.snapshot
  }

  mutating func collect() {
    let hasNodePools = snapshot.files.keys.contains {
      $0.hasPrefix("/sys/devices/system/node/node") && $0.hasSuffix("/nr_hugepages")
    }
    for (path, reading) in snapshot.files.sorted(by: { $0.key < $1.key }) {
      let parts = path.split(separator: "/").map(String.init)
      guard let first = parts.first else { continue }
      switch first {
      case "sys": sys(path, parts, reading, hasNodePools: hasNodePools)
      case "proc": proc(path, parts, reading)
      case "etc": configuration(path, reading)
      default: break
      }
    }
    closeGroups()
    hostItself()
    inventory()
    domains()
  }

  private mutating func domains() {
    let id = FactID(Self.host, StableFacts.domains)
    if let reason = snapshot.domainsMissing {
      result.unreadable[id] = reason
    } else {
      result.add(Self.host, StableFacts.domains, "read", "domains")
    }
    for domain in facts.domains { DomainFactCollector(domain).collect(into: &result) }
    for failure in facts.domainFailures {
      let id = FactID(Subject(.domain, failure.name), StableFacts.presence)
      result.unreadable[id] = "\(failure.origin): \(failure.reason)"
    }
  }

  // MARK: - Adding

  /// Adds what a file says, or remembers that it could not be read.
  mutating func put(
    _ subject: Subject, _ key: String, _ path: String, _ reading: Snapshot.Reading,
    _ normalise: (String) -> String? = { $0 }
  ) {
    switch reading {
    case .text(let text):
      guard let value = normalise(text.trimmedBlanks) else { return }
      result.add(subject, key, value, path)
    case .missing(let reason):
      guard reason != "no such file" else { return }
      result.unreadable[FactID(subject, key)] = "\(path): \(reason)"
    }
  }

  /// Adds what a file says for some CPUs to the fact they share.
  mutating func putShared(
    _ key: String, _ cpus: CPUSet, _ path: String, _ reading: Snapshot.Reading
  ) {
    switch reading {
    case .text(let text):
      let value = text.trimmedBlanks
      var group = grouped[key] ?? ([:], [])
      group.values[value] = (group.values[value] ?? CPUSet()).union(cpus)
      group.sources.append(path)
      grouped[key] = group
    case .missing(let reason):
      guard reason != "no such file" else { return }
      result.unreadable[FactID(Self.host, key)] = "\(path): \(reason)"
    }
  }

  /// One value for all CPUs stands alone, so that a CPU that goes offline moves nothing here.
  private mutating func closeGroups() {
    for (key, group) in grouped {
      let values = group.values.sorted { left, right in
        (left.value.count, right.key) > (right.value.count, left.key)
      }
      let text =
        values.count == 1
        ? values[0].key
        : values.map { "\($0.key) on \($0.value.count == 1 ? "CPU" : "CPUs") \($0.value)" }.joined(
          separator: "; ")
      result.facts[FactID(Self.host, key)] = StableFact(value: text, sources: group.sources)
    }
  }

  // MARK: - /proc

  private mutating func proc(_ path: String, _ parts: [String], _ reading: Snapshot.Reading) {
    if parts.count > 3, parts[1] == "sys" {
      let key = parts.dropFirst(2).joined(separator: ".")
      guard !Self.volatileSysctls.contains(key) else { return }
      // `/proc/sys/kernel/osrelease` is the kernel, not a knob.
      let name = key == "kernel.osrelease" ? "host.kernel" : key
      put(Self.host, name, path, reading) { $0.words.joined(separator: " ") }
      return
    }
    switch path {
    case "/proc/cmdline": commandLine(path, reading)
    case "/proc/cpuinfo": processor(path, reading)
    case "/proc/swaps":
      put(Self.host, "swap", path, reading) { text in
        let areas = text.lines.dropFirst().compactMap { $0.words.first.map(String.init) }
        return areas.isEmpty ? "none" : areas.sorted().joined(separator: " ")
      }
    case "/proc/irq/default_smp_affinity":
      put(Self.host, "irq.default_smp_affinity", path, reading) { text in
        CPUSet(mask: text).map { "\($0)" } ?? text
      }
    default: break
    }
  }

  private static let volatileSysctls: Set<String> = [
    "kernel.hostname", "kernel.ostype", "kernel.arch", "kernel.tainted", "fs.aio-nr",
    // The pools of the nodes say the same.
    "vm.nr_hugepages", "vm.nr_overcommit_hugepages",
  ]

  private mutating func commandLine(_ path: String, _ reading: Snapshot.Reading) {
    guard case .text(let text) = reading else {
      return put(Self.host, "cmdline", path, reading)
    }
    var values: [String: [String]] = [:]
    // What follows "--" is for init.
    for word in text.words.prefix(512).prefix(while: { $0 != "--" }) {
      let pair = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let key = String(pair.first ?? "")
      // A kernel update is `host.kernel`.
      guard !key.isEmpty, key != "BOOT_IMAGE", key != "initrd" else { continue }
      values[key, default: []].append(pair.count > 1 ? String(pair[1]) : "set")
    }
    for (key, list) in values {
      result.add(Self.host, "cmdline.\(key)", list.joined(separator: " "), path)
    }
  }

  private mutating func processor(_ path: String, _ reading: Snapshot.Reading) {
    guard case .text(let text) = reading else { return }
    var seen: Set<String> = []
    for line in text.lines.prefix(64) {
      let pair = line.split(separator: ":", maxSplits: 1)
      let name = pair.first.map { $0.trimmedBlanks } ?? ""
      guard pair.count == 2, ["microcode", "flags", "Features"].contains(name),
        seen.insert(name).inserted
      else { continue }
      let value = pair[1].trimmedBlanks
      if name == "microcode" {
        result.add(Self.host, "cpu.microcode", value, path)
      } else {
        let flags = value.words.map(String.init).sorted().joined(separator: "\n")
        result.add(Self.host, "cpu.flags", flags, path)
      }
    }
  }

  // MARK: - /etc

  /// A configuration file is one fact: its lines without comments and blanks.
  private mutating func configuration(_ path: String, _ reading: Snapshot.Reading) {
    guard path != "/etc/machine-id", !path.hasPrefix("/etc/tuned-vm/") else { return }
    if path == "/etc/os-release" {
      return put(Self.host, "host.os", path, reading) { text in
        let line = text.lines.first { $0.hasPrefix("PRETTY_NAME=") }
        return line.map { String($0.dropFirst(12)).replacing("\"", with: "") }
      }
    }
    put(Self.host, path, path, reading) { text in
      text.lines.map(\.trimmedBlanks)
        .filter { !$0.isEmpty && !$0.hasPrefix("#") && !$0.hasPrefix(";") }
        .filter { !$0.contains("passw") }
        .joined(separator: "\n")
    }
  }

  // MARK: - The host

  private mutating func hostItself() {
    if let model = facts.host.cpuModel {
      result.add(Self.host, "cpu.model", model, "/proc/cpuinfo")
    }
    for (name, unit) in facts.units.all.value ?? [:] {
      let value = unit.active + (unit.enabled.map { ", \($0)" } ?? "")
      result.add(Self.host, "unit.\(name)", value, "/tuned-vm/units.json")
    }
    for module in ["kvm", "kvm_intel", "kvm_amd"] {
      guard let modules = snapshot.names("/sys/module") else { break }
      let value = modules.contains(module) ? "loaded" : "not loaded"
      result.add(Self.host, "module.\(module)", value, "/sys/module/\(module)")
    }
    for device in ["kvm", "vhost-net"] {
      guard let there = snapshot.exists("/dev/\(device)") else { continue }
      result.add(Self.host, "dev.\(device)", there ? "there" : "missing", "/dev/\(device)")
    }
    if let groups = snapshot.names("/sys/kernel/iommu_groups") {
      result.add(
        Self.host, "iommu", groups.isEmpty ? "off" : "on", "/sys/kernel/iommu_groups")
    }
  }
}
