// How much of a node's memory could become huge pages at once.

extension Facts {
  /// What is free on a node or gives way at once, in KiB: free memory, file cache and slabs, less the
  /// sixty-fourth of the node that the kernel keeps for itself. Shared memory (tmpfs) is no file
  /// cache here. Nil where the kernel doesn't say what is free (Documentation/filesystems/proc.rst).
  func spareKiB(ofNode node: Int) -> Int? {
    let path = "/sys/devices/system/node/node\(node)/meminfo"
    guard let text = snapshot.raw(path).value else { return nil }
    var fields: [Substring: Int] = [:]
    for line in text.lines {
      // `Node 0 MemFree: 12 kB`.
      let words = line.words
      guard words.count >= 4, let value = Int(words[3]), value >= 0, value < 1 << 50 else {
        continue
      }
      fields[words[2]] = value
    }
    guard let free = fields["MemFree:"], let total = fields["MemTotal:"] else { return nil }
    let cache = ["Active(file):", "Inactive(file):", "SReclaimable:"].reduce(0) {
      $0 + (fields[$1] ?? 0)
    }
    return max(0, free + cache - total / 64)
  }
}
