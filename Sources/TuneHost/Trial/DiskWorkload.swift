// Random reads or writes of a file, past the page cache.

import Glibc
import TuneKit

/// 32 threads, each with one 4 KiB request under way.
final class DiskWorkload: Workload {
  let name: String
  let metrics: [TrialMetric]
  private let descriptor: Int32
  private let writes: Bool
  private let seconds: Double

  private static let size = 64 << 20
  private static let block = 4096
  private static let depth = 32
  /// O_DIRECT, which the module hides (asm/fcntl.h).
  #if arch(arm64) || arch(arm)
    private static let direct: Int32 = 0o200000
  #elseif arch(powerpc64) || arch(powerpc64le)
    private static let direct: Int32 = 0o400000
  #else
    private static let direct: Int32 = 0o40000
  #endif

  /// Makes a file of 64 MiB that has no name any more, so that it is gone whatever happens.
  ///
  /// - Throws: `Failure` 66, 73 or 77 where the file can't be made.
  init(writes: Bool, directory: String, seconds: Double) throws(Failure) {
    self.writes = writes
    self.seconds = seconds
    name = writes ? "disk-write" : "disk-read"
    metrics = [
      TrialMetric(
        writes ? "random 4 KiB writes, 32 at once" : "random 4 KiB reads, 32 at once",
        unit: "IOPS", better: .higher)
    ]
    let path = directory + "/.tuned-vm-trial-\(getpid())"
    descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | Self.direct | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      let status: ExitStatus =
        errno == ENOENT ? .noInput : errno == EACCES ? .notPermitted : .cannotCreate
      throw Failure(
        status,
        "cannot make a file for direct reading in \(directory.quoted()): "
          + String(cString: strerror(errno)))
    }
    unlink(path)
    try fill()
  }

  deinit { close(descriptor) }

  /// Blocks that were never written are not read from the disk.
  private func fill() throws(Failure) {
    let chunk = 1 << 20
    guard let buffer = Self.buffer(chunk) else { throw Failure(.ioError, "no memory") }
    defer { free(buffer) }
    memset(buffer, 0x5A, chunk)
    var offset = 0
    while offset < Self.size {
      // A disk that fills up takes a part first; only the next call says why.
      let count = pwrite(descriptor, buffer, min(chunk, Self.size - offset), off_t(offset))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        throw Failure(
          .cannotCreate, "cannot write 64 MiB for the trial: \(String(cString: strerror(errno)))")
      }
      offset += count
    }
    fsync(descriptor)
  }

  private static func buffer(_ size: Int) -> UnsafeMutableRawPointer? {
    var memory: UnsafeMutableRawPointer?
    return posix_memalign(&memory, block, size) == 0 ? memory : nil
  }

  func measure() throws(Failure) -> [Double] {
    let counter = Counter(Self.depth)
    let (descriptor, writes) = (descriptor, writes)
    let start = Stopwatch.now()
    let end = start + seconds
    WorkThreads.run(
      (0..<Self.depth).map { number in
        {
          guard let buffer = Self.buffer(Self.block) else { return counter.fail() }
          defer { free(buffer) }
          memset(buffer, Int32(number), Self.block)
          var random = SeededRandom(seed: UInt64(number) &+ UInt64(start * 1e6))
          var done = 0
          while Stopwatch.now() < end {
            let offset = off_t(random.below(Self.size / Self.block) * Self.block)
            let count =
              writes
              ? pwrite(descriptor, buffer, Self.block, offset)
              : pread(descriptor, buffer, Self.block, offset)
            guard count == Self.block else { return counter.fail() }
            done += 1
          }
          counter.set(number, done)
        }
      })
    let elapsed = Stopwatch.now() - start
    guard let total = counter.total, total > 0 else {
      throw Failure(.ioError, "a read or write of the trial's file failed")
    }
    return [Double(total) / elapsed]
  }

  /// One place for each thread.
  private final class Counter: @unchecked Sendable {
    private let places: UnsafeMutablePointer<Int>
    private let count: Int

    init(_ count: Int) {
      self.count = count
      places = .allocate(capacity: count)
      places.initialize(repeating: -1, count: count)
    }

    deinit { places.deallocate() }

    func set(_ place: Int, _ value: Int) { places[place] = value }

    /// A thread that fails leaves its place as it was.
    func fail() {}

    /// The sum; nil where a thread failed.
    var total: Int? {
      let values = (0..<count).map { places[$0] }
      return values.contains(-1) ? nil : values.reduce(0, +)
    }
  }
}
