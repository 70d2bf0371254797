// `capture --redact`: names, addresses and serial numbers become others, the same ones everywhere.

import TuneKit

/// Replaces what identifies a host, its guests and its network.
struct Redaction {
  /// Lines of the kernel's log that rules look for; others carry serial numbers and names.
  static let logWords = [
    "kvm", "vmx", "svm", "clocksource", "tsc", "dmar", "iommu", "amd-vi", "edac", "mce",
    "hardware error", "linux version", "hugepages", "numa", "microcode", "mitigation", "vulnerab",
  ]

  /// Names of domains, longest first, with what stands for them.
  private let domainNames: [(name: [UInt8], replacement: [UInt8])]
  /// The host's name; as the device mapper writes it too, which doubles hyphens: installers name a
  /// volume group after the host.
  private let hostNames: [[UInt8]]
  private let machineID: String?
  private let identifiers = Identifiers()

  init(_ snapshot: Snapshot) {
    let names = snapshot.domains.compactMap { source -> String? in
      let text = source.persistent?.value ?? source.live?.value ?? ""
      return (try? XMLDocument(text))?.root.first("name")?.text
    }
    let unique = Set(names).filter { !$0.isEmpty }.sorted()
    domainNames = unique.enumerated()
      .map { (Array($0.element.utf8), Array("domain\($0.offset + 1)".utf8)) }
      .sorted { $0.0.count > $1.0.count }
    let name = snapshot.text("/proc/sys/kernel/hostname").value ?? ""
    let mapped = name.split(separator: "-", omittingEmptySubsequences: false)
      .joined(separator: "--")
    hostNames = Set([name, mapped]).filter { !$0.isEmpty }.map { Array($0.utf8) }
      .sorted { $0.count > $1.count }
    machineID = snapshot.text("/etc/machine-id").value
  }

  /// The tree with everything replaced.
  func applied(to tree: CaptureTree) -> CaptureTree {
    var tree = tree
    tree.remove("/etc/machine-id")
    // Arguments of QEMU hold names, addresses and serials in forms of their own.
    for path in tree.nodes.keys where path.hasPrefix("/proc/") && path.hasSuffix("/cmdline") {
      if path != "/proc/cmdline" { tree.remove(path) }
    }
    // Sorted, so that the numbering of replacements depends on the content alone.
    var changed: [String: [UInt8]] = [:]
    for (path, node) in tree.nodes.sorted(by: { $0.key < $1.key }) {
      if case .file(let bytes) = node { changed[path] = file(path, bytes) }
    }
    tree.mapFiles { path, bytes in changed[path] ?? bytes }
    return tree.renamed { path in
      var bytes = Array(path.utf8)
      // The names of the files below /tuned-vm are ours: a guest called "vm" or "images" keeps them.
      if Self.mayName(path), !path.hasPrefix("/tuned-vm/") { bytes = named(path) }
      if path.hasPrefix("/dev/mapper/") || path.hasPrefix("/etc/lvm/") { bytes = host(bytes) }
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  /// Whether domain names may stand in a file or its path. Elsewhere a domain called "kvm" would
  /// rename kernel modules.
  private static func mayName(_ path: String) -> Bool {
    path.contains("libvirt") || path.hasPrefix("/tuned-vm/") || path.hasSuffix("/cgroup")
      || path.contains("machine.slice") || path == "/proc/mounts"
  }

  private func file(_ path: String, _ bytes: [UInt8]) -> [UInt8] {
    if path.hasSuffix("/" + HwlocPlan.configuration) { return bytes }
    switch path {
    case "/proc/sys/kernel/hostname": return Array("host\n".utf8)
    case "/proc/net/route", "/proc/net/tcp", "/proc/net/tcp6", "/proc/net/ipv6_route":
      return identifiers.hexAddresses(bytes)
    // Words such as a domain's name are parts of hwloc's own language there.
    case HwlocXML.path: return identifiers.replaced(in: HwlocXML.redacted(bytes), machineID)
    case "/tuned-vm/kernel-log.txt": return identifiers.replaced(in: host(log(bytes)), machineID)
    default: break
    }
    var bytes = bytes
    if path.hasSuffix(".xml") { bytes = XMLRedaction.applied(to: bytes) }
    if path.hasPrefix("/etc/") || path.hasPrefix("/run/") || path == "/proc/mounts"
      || path == "/tuned-vm/filesystems.json"
    {
      bytes = servers(bytes)
    }
    if path.hasPrefix("/sys/") && path.hasSuffix("/dm/name") { return host(bytes) }
    if path.hasPrefix("/sys/") && !path.hasSuffix("/address") { return bytes }
    if Self.mayName(path) {
      bytes = path.hasSuffix(".xml") ? XMLRedaction.reworded(bytes, names) : names(bytes)
    }
    if Self.mayNameHost(path) { bytes = host(bytes) }
    return identifiers.replaced(in: bytes, machineID)
  }

  /// Whether the host's name may stand in a file: in what people or installers wrote, and in paths of
  /// volumes.
  private static func mayNameHost(_ path: String) -> Bool {
    path.hasPrefix("/etc/") || path.hasPrefix("/run/") || path.hasPrefix("/var/")
      || ["filesystems", "images", "lvm"].contains { path == "/tuned-vm/\($0).json" }
      || path == "/proc/mounts" || path == "/proc/cmdline"
  }

  private func host(_ bytes: [UInt8]) -> [UInt8] {
    hostNames.reduce(bytes) { Self.replaceWord($1, with: Array("host".utf8), in: $0) }
  }

  private func names(_ bytes: [UInt8]) -> [UInt8] {
    domainNames.reduce(bytes) { Self.replaceWord($1.name, with: $1.replacement, in: $0) }
  }

  /// Directories that are libvirt's own, whatever a guest is called.
  private static let directories: Set<Substring> = [
    "etc", "run", "var", "lib", "sys", "fs", "cgroup", "libvirt", "qemu", "autostart", "networks",
    "hooks", "images", "nvram", "save", "snapshot", "storage", "secrets",
  ]

  private func named(_ path: String) -> [UInt8] {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let renamed = parts.map { part in
      Self.directories.contains(part) ? Array(part.utf8) : names(Array(part.utf8))
    }
    return Array(renamed.joined(separator: [UInt8(ascii: "/")]))
  }

  private func log(_ bytes: [UInt8]) -> [UInt8] {
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    let kept = lines.filter { line in
      let text = line.lowercased()
      return Self.logWords.contains { text.contains($0) }
    }
    return Array(kept.map { $0 + "\n" }.joined().utf8)
  }

  /// `server:/export` of network file systems, `pool time.example.org` of time services.
  private func servers(_ bytes: [UInt8]) -> [UInt8] {
    let lines = String(decoding: bytes, as: UTF8.self)
      .split(separator: "\n", omittingEmptySubsequences: false)
    let changed = lines.map { line -> Substring in
      let words = line.split(separator: " ", omittingEmptySubsequences: true)
      if let first = words.first, words.count > 1, ["server", "pool", "peer"].contains(first) {
        return "\(first) redacted.invalid"
      }
      guard let word = words.first(where: { Self.isExport($0) }) else { return line }
      return Substring(
        line.replacing(word, with: word.hasPrefix("\"") ? "\"server:/export\"," : "server:/export"))
    }
    return Array(changed.joined(separator: "\n").utf8)
  }

  private static func isExport(_ word: Substring) -> Bool {
    let plain = word.hasPrefix("\"") ? word.dropFirst() : word
    guard let sign = plain.firstRange(of: ":/"), sign.lowerBound != plain.startIndex else {
      return false
    }
    return plain[..<sign.lowerBound].allSatisfy {
      $0.isLetter || $0.isNumber || ".-[]:".contains($0)
    }
      && !plain.contains("://") && !plain.hasPrefix("/")
  }

  /// Replaces a word that no letter or digit touches; systemd writes `-` before a name as `\x2d`.
  static func replaceWord(_ word: [UInt8], with new: [UInt8], in bytes: [UInt8]) -> [UInt8] {
    guard let first = word.first, bytes.count >= word.count else { return bytes }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var at = 0
    while at < bytes.count {
      let end = at + word.count
      if bytes[at] == first, end <= bytes.count, bytes[at..<end].elementsEqual(word),
        end == bytes.count || !Identifiers.isWord(bytes[end]),
        at == 0 || !Identifiers.isWord(bytes[at - 1])
          || (at >= 4 && bytes[(at - 4)..<at].elementsEqual("\\x2d".utf8))
      {
        result += new
        at = end
      } else {
        result.append(bytes[at])
        at += 1
      }
    }
    return result
  }
}
