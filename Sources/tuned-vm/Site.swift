// The site's configuration and the host's profile, of this machine or of the tree below --root.

import TuneHost
import TuneKit

/// The site's configuration and the host's profile.
struct Site {
  let configuration: Configuration
  let profile: EffectiveProfile
  private let files: SiteFiles

  init(_ input: InputOptions) throws {
    files = try SiteFiles(input.root)
    configuration = try Self.configuration(input.config, files)
    let name = input.profile ?? configuration.profile ?? "general"
    profile = try Self.profile(name, files)
  }

  /// A profile by name or file.
  func profile(_ name: String) throws -> EffectiveProfile { try Self.profile(name, files) }

  private static func configuration(_ named: String?, _ files: SiteFiles) throws -> Configuration {
    if let named {
      switch TextFile.read(named) {
      case .text(let text): return try ConfigurationParser.parse(text, file: named)
      case .missing(let reason): throw ProfileError.unreadable(file: named, reason: reason)
      }
    }
    let path = files.shown("/etc/tuned-vm/config.yaml")
    switch files.read(path) {
    case .text(let text): return try ConfigurationParser.parse(text, file: path)
    case .missing(let reason): throw ProfileError.unreadable(file: path, reason: reason)
    case nil: return Configuration()
    }
  }

  private static func profile(_ name: String, _ files: SiteFiles) throws -> EffectiveProfile {
    guard name.contains("/") || name.hasSuffix(".yaml") else {
      let site = files.shown("/etc/tuned-vm/profiles/\(name).yaml")
      if ProfileLibrary.text(name) == nil, case .text(let text) = files.read(site) {
        return try ProfileLibrary.load(text, file: site) { files.read($0) ?? .noSuchFile }
      }
      return try ProfileLibrary.effective(name)
    }
    switch TextFile.read(name) {
    case .text(let text):
      return try ProfileLibrary.load(text, file: name, reader: TextFile.read)
    case .missing(let reason): throw ProfileError.unreadable(file: name, reason: reason)
    }
  }
}

/// Files that belong to a site: this machine's, or those of a tree, of which nothing outside is
/// ever read, whatever its links say.
struct SiteFiles {
  private let tree: (path: String, root: Root)?

  /// - Throws: `ProbeError.input` where the tree can't be opened.
  init(_ tree: String?) throws {
    self.tree = try tree.map { ($0, try Root($0)) }
  }

  /// A path of the host as messages show it: with the tree's path before it.
  func shown(_ path: String) -> String { (tree?.path ?? "") + path }

  /// The text of a file by its shown path; nil where there is none.
  func read(_ shown: String) -> Snapshot.Reading? {
    guard let tree else {
      return TextFile.isAbsent(shown) ? nil : TextFile.read(shown)
    }
    guard shown.hasPrefix(tree.path) else { return nil }
    return tree.root.read(String(shown.dropFirst(tree.path.count)))
  }
}

extension Snapshot.Reading {
  fileprivate static let noSuchFile = Snapshot.Reading.missing("no such file")
}
