// The kernel's log from /dev/kmsg, without waiting for new lines.

import Glibc
import TuneKit

/// Reads the kernel's log.
enum KernelLog {
  /// What is kept of its end, in bytes.
  static let limit = 512 << 10
  /// Records looked at; the kernel's ring holds far fewer.
  static let recordLimit = 200_000

  /// The messages, one a line, without time and level.
  static func read() -> Snapshot.Reading {
    let descriptor = retrying {
      open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    }
    guard descriptor >= 0 else { return .missing("/dev/kmsg: " + reason(errno)) }
    defer { close(descriptor) }
    var log: [UInt8] = []
    let failure = withUnsafeTemporaryAllocation(byteCount: 8192, alignment: 1) { buffer in
      for _ in 0..<recordLimit {
        let count = retrying { Glibc.read(descriptor, buffer.baseAddress, buffer.count) }
        if count > 0 {
          append(UnsafeRawBufferPointer(rebasing: buffer[..<count]), to: &log)
        } else if count == 0 || errno == EAGAIN {
          return Int32(0)
        } else if errno != EPIPE {
          // EPIPE: the oldest record was overwritten; the next read goes on behind it.
          return errno
        }
      }
      return 0
    }
    guard failure == 0 || !log.isEmpty else { return .missing("/dev/kmsg: " + reason(failure)) }
    return .text(String(decoding: log.suffix(limit), as: UTF8.self))
  }

  /// A record is `priority,sequence,time,flags;message\n KEY=value\n…`.
  static func append(_ record: UnsafeRawBufferPointer, to log: inout [UInt8]) {
    guard let start = record.firstIndex(of: 59) else { return }
    let message = record[(start + 1)...].prefix { $0 != 10 }
    log.append(contentsOf: message)
    log.append(10)
    if log.count > 2 * limit { log.removeFirst(log.count - limit) }
  }
}
