// Huge-page pools on a snapshot: the per-node files, and every other file that shows their sums.

extension Snapshot {
  /// The directory of a pool.
  static func poolDirectory(node: Int, sizeKiB: Int) -> String {
    "/sys/devices/system/node/node\(node)/hugepages/hugepages-\(sizeKiB)kB"
  }

  /// Every file that shows a pool or its part of a sum.
  static func poolFiles(node: Int, sizeKiB: Int) -> [String] {
    let sum = "/sys/kernel/mm/hugepages/hugepages-\(sizeKiB)kB"
    return [poolDirectory(node: node, sizeKiB: sizeKiB), sum].flatMap {
      [$0 + "/nr_hugepages", $0 + "/free_hugepages"]
    } + [
      "/proc/meminfo", "/sys/devices/system/node/node\(node)/meminfo",
      "/proc/sys/vm/nr_hugepages", "/proc/sys/vm/nr_hugepages_mempolicy",
    ]
  }

  /// Sets a node's pool to `count` pages, as the kernel would show it.
  mutating func reserve(_ count: Int, ofKiB size: Int, on node: Int) throws(ModelError) {
    let pool = Self.poolDirectory(node: node, sizeKiB: size)
    guard count >= 0, let total = integer(pool + "/nr_hugepages").value else {
      throw ModelError("node \(node) has no pool of \(size) KiB pages")
    }
    let free = integer(pool + "/free_hugepages").value
    // Pages in use stay.
    let used = free.map { max(0, total - $0) } ?? 0
    let granted = max(count, used)
    let grown = granted - total
    guard grown != 0 else { return }

    set(pool + "/nr_hugepages", to: granted)
    add(grown, to: pool + "/free_hugepages")
    let sum = "/sys/kernel/mm/hugepages/hugepages-\(size)kB"
    add(grown, to: sum + "/nr_hugepages")
    add(grown, to: sum + "/free_hugepages")
    countInMeminfo(grown, sizeKiB: size)
    let (bytes, tooLarge) = grown.multipliedReportingOverflow(by: size)
    if !tooLarge { addInMeminfo("MemFree:", -bytes, "/proc/meminfo") }
    if !tooLarge {
      addInMeminfo("MemFree:", -bytes, "/sys/devices/system/node/node\(node)/meminfo")
    }
    addInMeminfo(
      "HugePages_Total:", defaultPageSizeKiB == size ? grown : 0,
      "/sys/devices/system/node/node\(node)/meminfo")
    addInMeminfo(
      "HugePages_Free:", defaultPageSizeKiB == size ? grown : 0,
      "/sys/devices/system/node/node\(node)/meminfo")
  }

  private var defaultPageSizeKiB: Int? {
    raw("/proc/meminfo").value.flatMap { Self.meminfo($0, "Hugepagesize:") }
  }

  /// The default size alone has counters in meminfo and a sysctl.
  private mutating func countInMeminfo(_ grown: Int, sizeKiB: Int) {
    guard defaultPageSizeKiB == sizeKiB else { return }
    addInMeminfo("HugePages_Total:", grown, "/proc/meminfo")
    addInMeminfo("HugePages_Free:", grown, "/proc/meminfo")
    add(grown, to: "/proc/sys/vm/nr_hugepages")
    add(grown, to: "/proc/sys/vm/nr_hugepages_mempolicy")
  }

  private mutating func add(_ difference: Int, to path: String) {
    guard let value = integer(path).value else { return }
    let (sum, tooLarge) = value.addingReportingOverflow(difference)
    if !tooLarge { set(path, to: max(0, sum)) }
  }

  private mutating func set(_ path: String, to value: Int) {
    guard let current = raw(path).value else { return }
    files[path] = .text(KnobText.written("\(value)", over: current) ?? "\(value)\n")
  }

  private mutating func addInMeminfo(_ field: String, _ difference: Int, _ path: String) {
    guard difference != 0, let text = raw(path).value, let value = Self.meminfo(text, field)
    else { return }
    let (sum, tooLarge) = value.addingReportingOverflow(difference)
    guard !tooLarge else { return }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      guard let name = line.firstRange(of: field) else { return String(line) }
      let rest = line[name.upperBound...]
      guard let digits = rest.firstIndex(where: \.isNumber) else { return String(line) }
      let end = rest[digits...].firstIndex { !$0.isNumber } ?? rest.endIndex
      // Columns are kept as wide as they were.
      let room = line.distance(from: name.upperBound, to: end)
      let number = "\(max(0, sum))"
      let pad = String(repeating: " ", count: max(1, room - number.count))
      return line[..<name.upperBound] + pad + number + line[end...]
    }
    files[path] = .text(lines.joined(separator: "\n"))
  }

  /// A field of /proc/meminfo or of a node's meminfo (`Node 0 MemFree: 12 kB`).
  static func meminfo(_ text: String, _ field: String) -> Int? {
    for line in text.split(separator: "\n") {
      guard let range = line.firstRange(of: field) else { continue }
      let rest = line[range.upperBound...].trimmedBlanks
      return rest.split(separator: " ").first.flatMap { Int($0) }
    }
    return nil
  }
}
