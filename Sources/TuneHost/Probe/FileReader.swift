// Reads small files fast: one reused buffer, as few calls as the kernel allows.

import Glibc
import TuneKit

/// Reads regular files relative to an opened directory. Not for use from two threads at once.
final class FileReader {
  /// All texts of one probe together, in bytes: more is no host.
  static let totalLimit = 512 << 20

  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
  private var total = 0

  deinit { buffer.deallocate() }

  /// The text of a regular file that is no link, or with `followingLink` of one that a user named.
  ///
  /// - Throws: `Refusal.absent` where it isn't there, also when it vanished meanwhile;
  ///   `.failed`, `.refused` where it can't or won't be read.
  func read(
    _ name: String, in directory: Directory, limit: Int, followingLink: Bool = false
  ) throws(Refusal) -> Snapshot.Reading {
    let status = try directory.status(of: name, followingLink: followingLink)
    let kind = FileKind(mode: status.st_mode)
    // Asked before opening: to open a device can change it.
    guard kind == .regular else { throw .refused(kind.refusal) }
    guard status.st_size <= limit else { throw .refused(Self.tooLarge(limit)) }
    let descriptor = try open(name, in: directory, followingLink: followingLink)
    defer { close(descriptor) }
    return .text(try text(descriptor, size: Int(status.st_size), limit: limit))
  }

  /// The first bytes of a regular file that is no text.
  func readBytes(_ name: String, in directory: Directory, limit: Int) throws(Refusal) -> [UInt8] {
    let status = try directory.status(of: name)
    let kind = FileKind(mode: status.st_mode)
    guard kind == .regular else { throw .refused(kind.refusal) }
    let descriptor = try open(name, in: directory)
    defer { close(descriptor) }
    let wanted = min(limit, buffer.count)
    let count = retrying { Glibc.read(descriptor, buffer.baseAddress, wanted) }
    guard count >= 0 else { throw Refusal(errno) }
    return Array(buffer[..<count])
  }

  /// The text of a file that its directory's list calls regular, so that nothing is asked before.
  ///
  /// - Parameters:
  ///   - size: in bytes, 0 where it isn't known.
  ///   - inOneRead: whether less than a page is a file's end, as in sysfs and its copies.
  func readKnown(
    _ name: String, in directory: Directory, size: Int = 0, limit: Int, inOneRead: Bool = false
  ) throws(Refusal) -> Snapshot.Reading {
    guard size <= limit else { throw .refused(Self.tooLarge(limit)) }
    let descriptor = try open(name, in: directory)
    defer { close(descriptor) }
    return .text(try text(descriptor, size: size, limit: limit, inOneRead: inOneRead))
  }

  /// The last bytes of a regular file, from the first whole line on.
  func readEnd(_ name: String, in directory: Directory, bytes: Int) throws(Refusal)
    -> Snapshot.Reading
  {
    let status = try directory.status(of: name)
    let kind = FileKind(mode: status.st_mode)
    guard kind == .regular else { throw .refused(kind.refusal) }
    let descriptor = try open(name, in: directory)
    defer { close(descriptor) }
    let size = Int(status.st_size)
    guard size > bytes else {
      return .text(try text(descriptor, size: size, limit: bytes + (64 << 10)))
    }
    guard lseek(descriptor, off_t(size - bytes), SEEK_SET) >= 0 else { throw Refusal(errno) }
    // A log that grows while it is read may give a little more.
    let end = try text(descriptor, size: bytes, limit: bytes + (64 << 10))
    guard let line = end.utf8.firstIndex(of: 10) else { return .text(end) }
    return .text(String(end[end.utf8.index(after: line)...]))
  }

  private func open(
    _ name: String, in directory: Directory, followingLink: Bool = false
  ) throws(Refusal) -> Int32 {
    let flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | (followingLink ? 0 : O_NOFOLLOW)
    let descriptor = retrying { openat(directory.descriptor, name, flags) }
    guard descriptor >= 0 else { throw Refusal(errno) }
    return descriptor
  }

  private func text(
    _ descriptor: Int32, size: Int, limit: Int, inOneRead: Bool = false
  ) throws(Refusal) -> String {
    var large: [UInt8] = []
    var used = 0
    while true {
      let count = retrying {
        Glibc.read(descriptor, buffer.baseAddress.map { $0 + used }, buffer.count - used)
      }
      guard count >= 0 else { throw Refusal(errno) }
      used += count
      // A size of 0 (procfs) or a page (sysfs) says nothing; a true size saves the last read.
      let complete =
        count == 0 || (size > 0 && large.count + used == size)
        || (inOneRead && used < 4096)
      if complete && large.isEmpty {
        try account(used, limit)
        return String(decoding: UnsafeRawBufferPointer(rebasing: buffer[..<used]), as: UTF8.self)
      }
      if complete || used == buffer.count {
        large.append(contentsOf: buffer[..<used])
        used = 0
        guard large.count <= limit else { throw .refused(Self.tooLarge(limit)) }
      }
      if complete {
        try account(large.count, limit)
        return String(decoding: large, as: UTF8.self)
      }
    }
  }

  private func account(_ bytes: Int, _ limit: Int) throws(Refusal) {
    guard bytes <= limit else { throw .refused(Self.tooLarge(limit)) }
    total += bytes
    guard total <= Self.totalLimit else {
      throw .refused("everything read so far is larger than \(Self.totalLimit >> 20) MiB")
    }
  }

  private static func tooLarge(_ limit: Int) -> String {
    limit >= 1 << 20 ? "is larger than \(limit >> 20) MiB" : "is larger than \(limit >> 10) KiB"
  }
}
