// Ending and replacing this process.

import Glibc

/// This process.
public enum Program {
  /// Becomes another program; returns where that isn't there.
  public static func replace(by path: String, _ arguments: [String]) {
    var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
    words.append(nil)
    execv(path, words)
    for word in words { free(word) }
  }

  /// Ends at once.
  public static func end(_ status: Int32) -> Never { exit(status) }
}
