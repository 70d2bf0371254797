// Finds profiles by name or file and works out what they inherit.

/// The shipped profiles and those of files.
public enum ProfileLibrary {
  /// Gives the text of a profile file, or why it can't be read.
  public typealias Reader = (String) -> Snapshot.Reading

  /// Names of the shipped profiles, in the order of the reference.
  public static let names: [String] = ProfileFamily.allCases.map(\.rawValue)

  /// The text of a shipped profile as it stands in `profiles/`.
  public static func text(_ name: String) -> String? {
    ShippedProfiles.all.first { $0.name == name }?.text
  }

  /// A shipped profile with what it inherits.
  public static func effective(
    _ name: String, rules: [String] = knownRules
  ) throws(ProfileError) -> EffectiveProfile {
    guard let text = text(name) else {
      throw .unknownName(name, nearest: Nearest.match(name, in: names), known: names)
    }
    return try load(text, file: "profiles/\(name).yaml", rules: rules)
  }

  /// A profile of a file's text with what it inherits. `inherits` names a shipped profile, a file
  /// (`./base.yaml`), or a file `NAME.yaml` beside this one; `reader` reads those files.
  public static func load(
    _ text: String, file: String, rules: [String] = knownRules,
    reader: Reader = { _ in .missing("files are not read here") }
  ) throws(ProfileError) -> EffectiveProfile {
    let (profile, problems) = ProfileParser.read(text, file: file, rules: rules)
    let first = profile.map { own in
      Link(profile: own, file: file, isShipped: Self.text(own.name) == text)
    }
    guard problems.isEmpty, let first else {
      throw .content((problems + (first.map { baseProblems($0, rules, reader) } ?? [])).sorted())
    }
    var chain = [first]
    while let base = chain[chain.count - 1].profile.inherits {
      let link = chain[chain.count - 1]
      let next = try resolve(base, from: link, rules: rules, reader)
      if chain.contains(where: { $0.profile.name == next.profile.name }) {
        throw circle(chain, next)
      }
      chain.append(next)
    }
    return merge(chain)
  }

  /// Ids that profiles and the configuration may name: the catalogue's, those with parameters, and
  /// those that knobs are judged by.
  public static let knownRules: [String] = {
    let ids = Set(Catalogue.all.map(\.about.id)).union(RuleParameter.table.keys)
      .union(Knob.table.compactMap(\.rule))
    return ids.sorted()
  }()

  private struct Link {
    let profile: RawProfile
    let file: String
    let isShipped: Bool
  }

  private static func resolve(
    _ base: String, from link: Link, rules: [String], _ reader: Reader
  ) throws(ProfileError) -> Link {
    let isFile = base.contains("/") || base.hasSuffix(".yaml")
    if !isFile, let text = text(base) {
      // A profile that bears a shipped name and inherits it would name itself.
      if link.profile.name == base { throw circle([link], link) }
      let file = "profiles/\(base).yaml"
      return Link(
        profile: try ProfileParser.parse(text, file: file, rules: rules), file: file,
        isShipped: true)
    }
    let path = beside(link.file, isFile ? base : base + ".yaml")
    guard !link.isShipped, case .text(let text) = reader(path) else {
      let hint = isFile ? "" : Nearest.hint(base, in: names)
      throw .content([
        problem(link, "there is no profile \(base.quoted()) to inherit from\(hint)")
      ])
    }
    return Link(
      profile: try ProfileParser.parse(text, file: path, rules: rules), file: path,
      isShipped: false)
  }

  /// What is wrong with the base of a profile that has other mistakes as well.
  private static func baseProblems(
    _ link: Link, _ rules: [String], _ reader: Reader
  ) -> [ContentProblem] {
    guard let base = link.profile.inherits else { return [] }
    do {
      _ = try resolve(base, from: link, rules: rules, reader)
      return []
    } catch .content(let problems) {
      return problems
    } catch {
      return []
    }
  }

  private static func beside(_ file: String, _ name: String) -> String {
    guard !name.hasPrefix("/"), let slash = file.lastIndex(of: "/") else { return name }
    return String(file[...slash]) + name
  }

  private static func circle(_ chain: [Link], _ next: Link) -> ProfileError {
    let names = chain.map(\.profile.name) + [next.profile.name]
    return .content([
      problem(
        chain[chain.count - 1],
        "'inherits' goes in a circle: \(names.map(\.printable).joined(separator: " → "))")
    ])
  }

  private static func problem(_ link: Link, _ message: String) -> ContentProblem {
    ContentProblem(
      file: link.file, line: link.profile.inheritsPlace.line,
      column: link.profile.inheritsPlace.column, message: message)
  }

  private static func merge(_ chain: [Link]) -> EffectiveProfile {
    let own = chain[0].profile
    let family = chain.lazy.compactMap { ProfileFamily(rawValue: $0.profile.name) }.first
    var result = EffectiveProfile(
      name: own.name, family: family ?? .general, about: own.about,
      lineage: chain.map(\.profile.name))
    for link in chain.reversed() {
      for setting in link.profile.settings { apply(setting, of: link, to: &result) }
      result.severities += link.profile.severities
      for (rule, values) in link.profile.parameters {
        result.parameters[rule, default: [:]].merge(values) { $1 }
      }
      let ids = Set(link.profile.checks.map(\.id))
      result.checks.removeAll { ids.contains($0.id) }
      result.checks += link.profile.checks
    }
    return result
  }

  private static func apply(
    _ setting: RawSetting, of link: Link, to result: inout EffectiveProfile
  ) {
    let place = "\(link.file):\(setting.place.line):\(setting.place.column)"
    let index = result.settings.firstIndex {
      $0.knob == setting.knob.name && $0.selector == setting.selector
    }
    guard let value = setting.value else {
      // Without a selector the knob is left alone altogether.
      result.settings.removeAll {
        $0.knob == setting.knob.name
          && (setting.selector.isEmpty || $0.selector == setting.selector)
      }
      return
    }
    let assignment = SettingAssignment(
      knob: setting.knob.name, selector: setting.selector, value: value, place: place)
    if let index {
      result.settings[index] = assignment
    } else {
      result.settings.append(assignment)
    }
  }
}
