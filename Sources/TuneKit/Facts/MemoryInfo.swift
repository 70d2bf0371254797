// Memory of the whole host: /proc/meminfo, swap, pressure, counters, huge-page pools.

/// Memory of the host.
public struct MemoryInfo: Sendable, Equatable {
  /// A swap device or file.
  public struct Swap: Sendable, Equatable {
    /// Its path.
    public let path: String
    /// Size in KiB.
    public let sizeKiB: Int
    /// Whether it lies in compressed memory.
    public var isZram: Bool { path.hasPrefix("/dev/zram") }
  }

  /// A huge-page pool of the whole host.
  public struct Pool: Sendable, Equatable {
    /// Page size in KiB.
    public let pageSizeKiB: Int
    /// Its directory.
    public let path: String
    /// `nr_hugepages`.
    public let total: Known<Int>
    /// `free_hugepages`.
    public let free: Known<Int>
    /// `resv_hugepages`: promised, not yet touched.
    public let reserved: Known<Int>
    /// `surplus_hugepages`.
    public let surplus: Known<Int>
  }

  /// MemTotal in KiB.
  public let totalKiB: Known<Int>
  /// MemAvailable in KiB.
  public let availableKiB: Known<Int>
  /// The default huge-page size in KiB.
  public let defaultPageKiB: Known<Int>
  /// Swap in use; an empty list where there is none.
  public let swaps: Known<[Swap]>
  /// `some avg60` of memory pressure, per cent; nil entries where the kernel has no PSI.
  public let pressureAvg60: Known<Double>
  /// Pools by size upwards; missing where the directory wasn't read.
  public let pools: Known<[Pool]>

  init(_ snapshot: Snapshot) {
    let path = "/proc/meminfo"
    let info = snapshot.raw(path).map { Self.kibibytes($0) }
    func value(_ key: String) -> Known<Int> { info.parsed(as: "a list with \(key)") { $0[key] } }
    totalKiB = value("MemTotal")
    availableKiB = value("MemAvailable")
    defaultPageKiB = value("Hugepagesize")
    swaps = snapshot.raw("/proc/swaps").map { Self.swaps($0) }
    pressureAvg60 = snapshot.raw("/proc/pressure/memory")
      .parsed(as: "a pressure file") { Self.average60($0) }
    let directory = "/sys/kernel/mm/hugepages"
    if snapshot.names(directory) != nil {
      pools = Known(
        HugePageSizes.list(snapshot, directory).map { Self.pool(snapshot, directory, $0) },
        from: directory)
    } else {
      pools = Known(missing: "was not read", from: directory)
    }
  }

  /// The pool of a size.
  public func pool(pageSizeKiB: Int) -> Pool? {
    pools.value?.first { $0.pageSizeKiB == pageSizeKiB }
  }

  private static func pool(_ snapshot: Snapshot, _ directory: String, _ size: Int) -> Pool {
    let path = "\(directory)/hugepages-\(size)kB"
    func count(_ name: String) -> Known<Int> {
      snapshot.integer("\(path)/\(name)").parsed(as: "a number of pages") {
        HugePageSizes.isPlausible($0, sizeKiB: size) ? $0 : nil
      }
    }
    return Pool(
      pageSizeKiB: size, path: path, total: count("nr_hugepages"), free: count("free_hugepages"),
      reserved: count("resv_hugepages"), surplus: count("surplus_hugepages"))
  }

  static func kibibytes(_ text: String) -> [String: Int] {
    var result: [String: Int] = [:]
    for line in text.lines {
      let words = line.words
      guard words.count >= 2, words[0].hasSuffix(":"), let value = Int(words[1]),
        value >= 0, value < 1 << 50
      else { continue }
      result[String(words[0].dropLast())] = value
    }
    return result
  }

  private static func swaps(_ text: String) -> [Swap] {
    text.lines.dropFirst().compactMap { line in
      let words = line.words
      guard words.count >= 3, let size = Int(words[2]) else { return nil }
      return Swap(path: String(words[0]), sizeKiB: size)
    }
  }

  private static func average60(_ text: String) -> Double? {
    for line in text.lines where line.hasPrefix("some ") {
      for word in line.words where word.hasPrefix("avg60=") { return Double(word.dropFirst(6)) }
    }
    return nil
  }
}
