// Small helpers around Glibc's calls: retry on EINTR, errors in an operator's words.

import Glibc

/// `O_PATH`, which Glibc's headers show only with _GNU_SOURCE; the same on every Linux port that
/// Swift knows.
let openPathOnly: Int32 = 0o10000000

/// Repeats a call that a signal interrupted. A failing call gives -1 and sets `errno`.
@inline(__always)
func retrying<Result: SignedInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result != -1 || errno != EINTR { return result }
  }
}

/// An error number in words, beginning in lower case: "permission denied".
func reason(_ code: Int32) -> String {
  guard let text = strerror(code) else { return "error \(code)" }
  let words = String(cString: text)
  return words.prefix(1).lowercased() + words.dropFirst()
}

/// What kind of thing a mode names.
enum FileKind: Equatable {
  case regular, directory, link, fifo, socket, characterDevice, blockDevice, other

  init(mode: mode_t) {
    switch mode & S_IFMT {
    case S_IFREG: self = .regular
    case S_IFDIR: self = .directory
    case S_IFLNK: self = .link
    case S_IFIFO: self = .fifo
    case S_IFSOCK: self = .socket
    case S_IFCHR: self = .characterDevice
    case S_IFBLK: self = .blockDevice
    default: self = .other
    }
  }

  /// Why such a thing isn't read.
  var refusal: String {
    switch self {
    case .regular: return "is a regular file"
    case .directory: return "is a directory, not a file"
    case .link: return "is a link"
    case .fifo: return "is a FIFO, not a regular file"
    case .socket: return "is a socket, not a regular file"
    case .characterDevice, .blockDevice: return "is a device, not a regular file"
    case .other: return "is not a regular file"
    }
  }
}
