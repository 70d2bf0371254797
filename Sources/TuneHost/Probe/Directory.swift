// An opened directory and what is read relative to it. No call follows a link unless
// asked to, for a file that a user named.

import CLinux
import Glibc

/// Why something was not opened.
enum Refusal: Error, Equatable {
  /// Nothing of that name is there.
  case absent
  /// The call failed with this error number.
  case failed(Int32)
  /// It is there and is not read, and why.
  case refused(String)

  init(_ code: Int32) {
    self = code == ENOENT || code == ENOTDIR || code == ESRCH ? .absent : .failed(code)
  }

  /// The reason in words.
  var reason: String {
    switch self {
    case .absent: return "no such file"
    case .failed(let code): return TuneHost.reason(code)
    case .refused(let why): return why
    }
  }
}

/// A handle to a directory below a root. Closed when the last user lets go of it.
final class Directory {
  /// Names beyond this many make a directory a missing fact: no directory of the plan is this long.
  static let nameLimit = 65_536

  /// The open descriptor.
  let descriptor: Int32
  /// The directory it was opened in; nil for a root.
  let parent: Directory?
  /// Its name there; empty for a root.
  let name: String
  /// Where it is below the root, no link on the way: "" for the root itself, else "/sys/block".
  var path: String { parent.map { $0.path + "/" + name } ?? "" }

  /// Whether the descriptor itself may be listed, once; else it is opened again for that.
  private var isListable: Bool

  init(owning descriptor: Int32) {
    self.descriptor = descriptor
    parent = nil
    name = ""
    isListable = false
  }

  private init(_ descriptor: Int32, _ name: String, in parent: Directory, listable: Bool) {
    self.descriptor = descriptor
    self.parent = parent
    self.name = name
    isListable = listable
  }

  deinit { close(descriptor) }

  /// What a name is, links not followed unless asked for.
  func status(of name: String, followingLink: Bool = false) throws(Refusal) -> stat {
    var status = stat()
    let flags = followingLink ? 0 : AT_SYMLINK_NOFOLLOW
    guard retrying({ fstatat(descriptor, name, &status, flags) }) == 0 else {
      throw Refusal(errno)
    }
    return status
  }

  /// The same by a C string, without following links.
  func status(of name: UnsafePointer<CChar>) throws(Refusal) -> stat {
    var status = stat()
    guard retrying({ fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) }) == 0 else {
      throw Refusal(errno)
    }
    return status
  }

  /// Opens a directory that is no link. `listing` asks for the right to list it.
  func open(_ name: String, listing: Bool = false) throws(Refusal) -> Directory {
    let access = listing ? O_RDONLY | O_NONBLOCK : openPathOnly
    let opened = retrying {
      openat(descriptor, name, access | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    }
    guard opened >= 0 else { throw Refusal(errno) }
    return Directory(opened, name, in: self, listable: listing)
  }

  /// Opens a directory that is no link; nil where the name is something else.
  func enter(_ name: String) throws(Refusal) -> Directory? {
    let opened = retrying {
      openat(descriptor, name, openPathOnly | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    }
    if opened >= 0 { return Directory(opened, name, in: self, listable: false) }
    // A link is either, depending on the kernel.
    guard errno == ENOTDIR || errno == ELOOP else { throw Refusal(errno) }
    return nil
  }

  /// The directory of this name in `parent`, where it is this one or one that this one lies in.
  func step(from parent: Directory, to name: String) -> Directory? {
    var next: Directory? = self
    while let here = next {
      if here.parent === parent { return here.name == name ? here : nil }
      next = here.parent
    }
    return nil
  }

  /// The text of a link.
  func readLink(_ name: String) throws(Refusal) -> String {
    let capacity = Int(PATH_MAX)
    var failure: Int32 = 0
    let text = withUnsafeTemporaryAllocation(of: UInt8.self, capacity: capacity) { buffer in
      let count = buffer.withMemoryRebound(to: CChar.self) { chars in
        chars.baseAddress.map { base in
          retrying { readlinkat(descriptor, name, base, capacity) }
        } ?? -1
      }
      guard count >= 0 else {
        failure = errno
        return ""
      }
      return String(decoding: buffer[..<count], as: UTF8.self)
    }
    guard failure == 0 else { throw Refusal(failure) }
    return text
  }

  /// One name of a directory and, where the file system tells at once, its kind.
  struct Entry {
    let name: String
    let kind: FileKind?
  }

  /// The names in this directory, sorted, without "." and "..".
  func list() throws(Refusal) -> [Entry] {
    var entries: [Entry] = []
    try forEach { (name, kind) throws(Refusal) in
      guard entries.count < Self.nameLimit else {
        throw .refused("holds more than \(Self.nameLimit) names")
      }
      entries.append(Entry(name: String(cString: name), kind: kind))
    }
    entries.sort { $0.name < $1.name }
    return entries
  }

  /// Calls back for each name but "." and "..", in no order. The name is gone afterwards.
  func forEach(
    _ body: (UnsafePointer<CChar>, FileKind?) throws(Refusal) -> Void
  ) throws(Refusal) {
    var source = descriptor
    if !isListable {
      let access = O_RDONLY | O_NONBLOCK | O_DIRECTORY | O_CLOEXEC
      source = retrying { openat(descriptor, ".", access) }
      guard source >= 0 else { throw Refusal(errno) }
    }
    isListable = false
    defer { if source != descriptor { close(source) } }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 32 << 10, alignment: 8)
    defer { buffer.deallocate() }
    while true {
      let count = retrying {
        tuned_vm_getdents64(source, buffer.baseAddress, UInt(buffer.count))
      }
      guard count >= 0 else { throw Refusal(errno) }
      guard count > 0, let base = buffer.baseAddress else { return }
      var at = 0
      while at + 20 <= count {
        let length = Int(buffer.loadUnaligned(fromByteOffset: at + 16, as: UInt16.self))
        guard length >= 20, at + length <= count else { return }
        let name = UnsafeRawPointer(base + at + 19).assumingMemoryBound(to: CChar.self)
        if strcmp(name, ".") != 0, strcmp(name, "..") != 0 {
          try body(name, Self.kind(buffer[at + 18]))
        }
        at += length
      }
    }
  }

  private static func kind(_ type: UInt8) -> FileKind? {
    switch Int(type) {
    case Int(DT_REG): return .regular
    case Int(DT_DIR): return .directory
    case Int(DT_LNK): return .link
    case Int(DT_FIFO): return .fifo
    case Int(DT_SOCK): return .socket
    case Int(DT_CHR): return .characterDevice
    case Int(DT_BLK): return .blockDevice
    default: return nil
    }
  }
}
