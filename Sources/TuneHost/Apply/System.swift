// Every call of this program that changes something, in one place, so that tests can make each of
// them fail, stop short, or be the last one before the process dies.

import CLinux
import Glibc
import TuneKit

/// A changing call that failed.
public struct SystemError: Error, Sendable, Equatable {
  /// What was tried: "write", "rename" …
  public let call: String
  /// On what.
  public let path: String
  /// The error number; 0 where there is none.
  public let code: Int32
  /// The reason in words.
  public let reason: String

  init(_ call: String, _ path: String, _ code: Int32) {
    self.call = call
    self.path = path
    self.code = code
    reason = String(cString: strerror(code))
  }

  init(_ call: String, _ path: String, reason: String) {
    self.call = call
    self.path = path
    code = 0
    self.reason = reason
  }

  /// Whether libvirt does not answer, which may be different later.
  var isMissingConnection: Bool { call == "connect to" }

  /// `cannot write '/sys/…': Permission denied`.
  public var sentence: String { "cannot \(call) '\(Escape.text(path))': \(reason)" }
}

/// What a test makes of a call instead of letting it happen.
public enum Fault: Sendable, Equatable {
  /// It fails with this error number.
  case error(Int32)
  /// A write that takes only a part.
  case short
  /// The process dies before the call: this and every later call fail, and nobody cleans up.
  case death
}

/// The changing calls. Used from one thread.
public final class System {
  /// Decides what becomes of the n-th changing call, from 1; nil lets it happen.
  public typealias Interference = (_ number: Int, _ call: String, _ path: String) -> Fault?

  private let interference: Interference?
  /// Changing calls so far.
  public private(set) var calls = 0
  /// Whether a test let the process die.
  public private(set) var isDead = false

  /// Creates the real thing.
  public init() { interference = nil }

  /// Creates one with faults.
  public init(_ interference: @escaping Interference) { self.interference = interference }

  // MARK: - Files

  /// Creates a file that must not be there.
  func create(_ name: String, in directory: Int32, mode: mode_t, path: String)
    throws(SystemError) -> Int32
  {
    try number("create", path) {
      openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode)
    }
  }

  /// Opens a file that is there for writing, without cutting it.
  func openForWriting(_ name: String, in directory: Int32, path: String) throws(SystemError)
    -> Int32
  {
    try number("open", path) {
      openat(directory, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY)
    }
  }

  /// Opens a file for appending, created where it is missing.
  func openForAppending(_ path: String, mode: mode_t) throws(SystemError) -> Int32 {
    try number("open", path) {
      open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, mode)
    }
  }

  /// Writes all bytes; a call that takes a part is followed by another.
  func write(_ bytes: [UInt8], to file: Int32, path: String) throws(SystemError) {
    var offset = 0
    while offset < bytes.count {
      offset += try writeOnce(bytes[offset...], to: file, path: path)
    }
  }

  /// Writes a kernel file: one call takes all, or it failed.
  func writeValue(_ bytes: [UInt8], to file: Int32, path: String) throws(SystemError) {
    let count = try writeOnce(bytes[...], to: file, path: path)
    guard count == bytes.count else {
      throw SystemError("write", path, reason: "only \(count) of \(bytes.count) bytes were taken")
    }
  }

  private func writeOnce(_ bytes: ArraySlice<UInt8>, to file: Int32, path: String)
    throws(SystemError) -> Int
  {
    while true {
      var length = bytes.count
      switch fault("write", path) {
      case nil: break
      case .short: length = max(1, length / 2)
      case .error(EINTR): continue
      case .error(let code): throw SystemError("write", path, code)
      case .death: throw death("write", path)
      }
      let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, length) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw SystemError("write", path, count < 0 ? errno : EIO) }
      return count
    }
  }

  /// Cuts a file.
  func truncate(_ file: Int32, to size: Int, path: String) throws(SystemError) {
    _ = try number("truncate", path) { ftruncate(file, off_t(size)) }
  }

  /// Makes sure that a file's or directory's content is on the disk. Kernel files and some file
  /// systems have nothing to sync.
  func sync(_ file: Int32, path: String) throws(SystemError) {
    do throws(SystemError) {
      _ = try number("sync", path) { fsync(file) }
    } catch {
      guard error.code == EINVAL || error.code == EROFS else { throw error }
    }
  }

  /// Renames within a directory.
  func rename(_ old: String, to new: String, in directory: Int32, path: String)
    throws(SystemError)
  {
    _ = try number("rename", path) { renameat(directory, old, directory, new) }
  }

  /// Removes a file; one that isn't there is fine.
  func unlink(_ name: String, in directory: Int32, path: String) throws(SystemError) {
    do throws(SystemError) {
      _ = try number("remove", path) { unlinkat(directory, name, 0) }
    } catch {
      guard error.code == ENOENT else { throw error }
    }
  }

  /// Makes a directory; one that is there is fine.
  func makeDirectory(_ name: String, in directory: Int32, mode: mode_t, path: String)
    throws(SystemError)
  {
    do throws(SystemError) {
      _ = try number("make directory", path) { mkdirat(directory, name, mode) }
    } catch {
      guard error.code == EEXIST else { throw error }
    }
  }

  /// Removes an empty directory; one that isn't there is fine.
  func removeDirectory(_ name: String, in directory: Int32, path: String) throws(SystemError) {
    do throws(SystemError) {
      _ = try number("remove directory", path) { unlinkat(directory, name, AT_REMOVEDIR) }
    } catch {
      guard error.code == ENOENT else { throw error }
    }
  }

  /// Gives a file the owner and the mode of another.
  func setOwner(_ file: Int32, like old: stat, path: String) throws(SystemError) {
    var now = stat()
    guard fstat(file, &now) == 0 else { throw SystemError("stat", path, errno) }
    if now.st_uid != old.st_uid || now.st_gid != old.st_gid {
      _ = try number("change owner of", path) { fchown(file, old.st_uid, old.st_gid) }
    }
    // After the owner, which clears the set-id bits.
    _ = try number("change mode of", path) { fchmod(file, old.st_mode & 0o7777) }
  }

  /// Sets a file's mode, whatever the umask was.
  func setMode(_ file: Int32, _ mode: mode_t, path: String) throws(SystemError) {
    _ = try number("change mode of", path) { fchmod(file, mode) }
  }

  /// Sets a directory's mode.
  func setMode(ofDirectory path: String, _ mode: mode_t) throws(SystemError) {
    _ = try number("change mode of", path) { chmod(path, mode) }
  }

  /// Sets an extended attribute, for instance the security label.
  func setAttribute(_ name: String, _ value: [UInt8], of file: Int32, path: String)
    throws(SystemError)
  {
    _ = try number("label", path) { fsetxattr(file, name, value, value.count, 0) }
  }

  /// A change that is no system call of ours, for instance of libvirt's.
  func other<Value>(_ call: String, _ path: String, _ body: () throws -> Value)
    throws(SystemError) -> Value
  {
    switch fault(call, path) {
    case .error(let code): throw SystemError(call, path, code)
    case .death: throw death(call, path)
    case .short, nil: break
    }
    do {
      return try body()
    } catch let error as LibvirtError {
      throw SystemError(call, path, reason: error.reason)
    } catch let error as SystemError {
      throw error
    } catch {
      throw SystemError(call, path, reason: "\(error)")
    }
  }

  // MARK: - Faults

  private func number(_ call: String, _ path: String, _ body: () -> Int32) throws(SystemError)
    -> Int32
  {
    while true {
      switch fault(call, path) {
      case nil, .short: break
      case .error(EINTR): continue
      case .error(let code): throw SystemError(call, path, code)
      case .death: throw death(call, path)
      }
      let result = body()
      if result >= 0 { return result }
      if errno == EINTR { continue }
      throw SystemError(call, path, errno)
    }
  }

  private func fault(_ call: String, _ path: String) -> Fault? {
    calls += 1
    if isDead { return .death }
    guard let fault = interference?(calls, call, path) else { return nil }
    if fault == .death { isDead = true }
    return fault
  }

  private func death(_ call: String, _ path: String) -> SystemError {
    SystemError(call, path, reason: "the process is gone")
  }
}
