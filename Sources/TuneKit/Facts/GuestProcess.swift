// What a running guest's process really does: where its threads may run and where its memory lies.

/// The process of a running guest.
public struct GuestProcess: Sendable, Equatable {
  /// What a thread is for.
  public enum Role: Sendable, Equatable {
    /// A vCPU.
    case vcpu(Int)
    /// An IOThread by its libvirt number.
    case iothread(Int)
    /// The main thread, to which emulatorpin applies.
    case emulator
    /// A helper (workers, RCU, VNC …), made later and not moved by a live emulatorpin.
    case helper
  }

  /// A thread.
  public struct Thread: Sendable, Equatable {
    /// Its number.
    public let tid: Int
    /// Its name.
    public let name: String
    /// What it is for.
    public let role: Role
    /// Where it may run.
    public let cpus: Known<CPUSet>
    /// From which nodes it may take memory.
    public let nodes: Known<CPUSet>
  }

  /// Its number.
  public let pid: Int
  /// Its threads; missing where the task directory wasn't read.
  public let threads: Known<[Thread]>
  /// KiB of anonymous, memfd and huge-page memory by node.
  public let memoryByNode: Known<[Int: Int]>
  /// KiB of the same memory by page size in KiB.
  public let memoryByPageSize: Known<[Int: Int]>
  /// KiB of transparent huge pages (`AnonHugePages`).
  public let transparentHugeKiB: Known<Int>
  /// Its effective user; nil where unreadable.
  public let effectiveUID: Int?
  /// Its control groups.
  public let cgroup: GuestCgroup
  /// QEMU's arguments; missing where they were not read.
  public let arguments: Known<[String]>

  init(_ snapshot: Snapshot, pid: Int) {
    self.pid = pid
    let base = "/proc/\(pid)"
    threads = Self.threads(snapshot, pid)
    let maps = snapshot.raw(base + "/numa_maps").map { NUMAMaps($0) }
    memoryByNode = maps.map(\.byNode)
    memoryByPageSize = maps.map(\.byPageSize)
    transparentHugeKiB = snapshot.raw(base + "/smaps").map { Self.sum($0, "AnonHugePages:") }
    cgroup = GuestCgroup(snapshot, pid: pid)
    arguments = snapshot.raw(base + "/cmdline").parsed(as: "a command line") { text in
      let words = text.split(separator: "\0", omittingEmptySubsequences: false).map(String.init)
      return words.count > 1 ? words : nil
    }
    effectiveUID = Self.line(snapshot, base + "/status", "Uid:")
      .value.flatMap { $0.words.dropFirst().first }.flatMap { Int($0) }
  }

  private static func threads(_ snapshot: Snapshot, _ pid: Int) -> Known<[Thread]> {
    let directory = "/proc/\(pid)/task"
    guard let names = snapshot.names(directory) else {
      return Known(missing: "was not read", from: directory)
    }
    let threads = names.compactMap { Int($0) }.sorted().map { tid in
      let base = "\(directory)/\(tid)"
      let name = snapshot.text(base + "/comm").value ?? ""
      return Thread(
        tid: tid, name: name, role: role(name, isMain: tid == pid),
        cpus: line(snapshot, base + "/status", "Cpus_allowed_list:")
          .parsed(as: "a CPU list") { CPUSet(list: $0) },
        nodes: line(snapshot, base + "/status", "Mems_allowed_list:")
          .parsed(as: "a node list") { CPUSet(list: $0) })
    }
    return Known(threads, from: directory)
  }

  /// QEMU names its threads: `CPU 3/KVM`, `CPU 0/TCG`, `IO iothread2`, `IO mon_iothread`.
  static func role(_ name: String, isMain: Bool) -> Role {
    if isMain { return .emulator }
    if name.hasPrefix("CPU ") {
      let digits = name.dropFirst(4).prefix { $0.isASCII && $0.isNumber }
      if let vcpu = Int(digits) { return .vcpu(vcpu) }
      // One thread for all vCPUs: `ALL CPUs/TCG`.
    }
    if name.hasPrefix("IO iothread"), let id = Int(name.dropFirst("IO iothread".count)) {
      return .iothread(id)
    }
    return .helper
  }

  private static func line(_ snapshot: Snapshot, _ path: String, _ key: String) -> Known<String> {
    snapshot.raw(path).parsed(as: "a status file with \(key)") { text in
      text.lines.first { $0.hasPrefix(key) }.map { $0.dropFirst(key.count).trimmedBlanks }
    }
  }

  private static func sum(_ text: String, _ key: String) -> Int {
    var total = 0
    for line in text.lines where line.hasPrefix(key) {
      let words = line.words
      if words.count > 1, let value = Int(words[1]), value >= 0, value < 1 << 50 { total &+= value }
    }
    return total
  }
}

extension GuestProcess {
  /// Whether a line of numa_maps is guest memory: anonymous, a memfd, shared memory or huge pages.
  /// Libraries are mapped files.
  public static func isGuestMemory(_ line: Substring) -> Bool {
    line.words.contains { word in
      word == "heap" || word == "huge" || word.hasPrefix("anon=") || word.hasPrefix("file=/memfd:")
        || word.hasPrefix("file=/dev/shm/") || word.hasPrefix("file=") && word.contains("/ram-node")
    }
  }

  /// KiB of guest memory by node, from the text of a numa_maps file.
  public static func memoryByNode(numaMaps text: String) -> [Int: Int] { NUMAMaps(text).byNode }
}

/// Sums over a numa_maps file.
struct NUMAMaps {
  private(set) var byNode: [Int: Int] = [:]
  private(set) var byPageSize: [Int: Int] = [:]

  init(_ text: String) {
    for line in text.lines { add(line) }
  }

  private mutating func add(_ line: Substring) {
    var pageKiB = 4
    var pages: [(node: Int, count: Int)] = []
    for word in line.words {
      guard let equals = word.utf8.firstIndex(of: 61) else { continue }
      let key = word[..<equals]
      let value = word[word.utf8.index(after: equals)...]
      if key == "kernelpagesize_kB" {
        pageKiB = Int(value) ?? 4
      } else if key.first == "N", let node = Int(key.dropFirst()), let count = Int(value) {
        pages.append((node, count))
      }
    }
    guard GuestProcess.isGuestMemory(line), pageKiB > 0, pageKiB < 1 << 30 else { return }
    for (node, count) in pages where count >= 0 && count < 1 << 32 && node < CPUSet.limit {
      byNode[node, default: 0] &+= count * pageKiB
      byPageSize[pageKiB, default: 0] &+= count * pageKiB
    }
  }
}
