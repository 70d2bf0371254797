// How many small packets the host's network stack moves.

import Glibc
import TuneKit

/// Datagrams of 64 bytes from one thread to another through the loopback interface.
struct PacketWorkload: Workload {
  let name = "packets"
  let metrics = [TrialMetric("64-byte datagrams, loopback", unit: "packets/s", better: .higher)]
  let seconds: Double

  func measure() throws(Failure) -> [Double] {
    let receiver = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    let sender = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    defer {
      close(receiver)
      close(sender)
    }
    guard receiver >= 0, sender >= 0, Self.connect(sender, to: receiver) else {
      throw Failure(.ioError, "no loopback socket: \(String(cString: strerror(errno)))")
    }
    let received = Count()
    let duration = seconds
    let start = Stopwatch.now()
    WorkThreads.run([
      {
        var buffer = [UInt8](repeating: 0, count: 64)
        let end = start + duration
        while Stopwatch.now() < end {
          for _ in 0..<64 { _ = send(sender, &buffer, buffer.count, 0) }
        }
        // An empty datagram is the end; it may be lost, then the receiver's patience ends it.
        for _ in 0..<8 { _ = send(sender, &buffer, 0, 0) }
      },
      {
        var buffer = [UInt8](repeating: 0, count: 64)
        while recv(receiver, &buffer, buffer.count, 0) > 0 { received.value += 1 }
      },
    ])
    let elapsed = Stopwatch.now() - start
    guard received.value > 0 else { throw Failure(.ioError, "no packet came through loopback") }
    return [Double(received.value) / elapsed]
  }

  private final class Count: @unchecked Sendable {
    var value = 0
  }

  private static func connect(_ sender: Int32, to receiver: Int32) -> Bool {
    var patience = timeval(tv_sec: 0, tv_usec: 200_000)
    setsockopt(
      receiver, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    return withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { plain in
        bind(receiver, plain, length) == 0 && getsockname(receiver, plain, &length) == 0
          && Glibc.connect(sender, plain, length) == 0
      }
    }
  }
}
