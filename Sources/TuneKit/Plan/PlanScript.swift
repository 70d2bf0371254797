// A plan as a shell script, for those who would rather do it by hand. Every value is quoted, and
// nothing is written unless the host still shows what the plan saw.

extension Plan {
  /// The script; POSIX shell.
  ///
  /// - Parameters:
  ///   - snapshot: what the plan was made for.
  ///   - root: the tree's directory; nil for the live host.
  ///   - domainsAreNamedFiles: definitions are files that the user named, not below the root.
  public func script(
    for snapshot: Snapshot, root: String? = nil, domainsAreNamedFiles: Bool = false
  ) -> String {
    var writer = ScriptWriter(
      plan: self, snapshot: snapshot, root: root, domainsAreNamedFiles: domainsAreNamedFiles)
    return writer.script()
  }
}

/// Writes the script, with the host as the steps so far leave it.
private struct ScriptWriter {
  let plan: Plan
  var snapshot: Snapshot
  let root: String?
  let domainsAreNamedFiles: Bool

  private static let head = [
    "# It stops at the first value that is no longer what the plan saw.",
    "set -eu",
    "umask 022",
    "",
    "# is FILE WAS: the value of a kernel file, for a choice the one in brackets",
    "is() {",
    "  now=$(tr -s ' \\t' ' ' < \"$1\")",
    "  case \" $now \" in",
    "    *\"[$2]\"* | \" $2 \") ;;",
    "    *) echo \"$1 is '$now', not '$2'\" >&2; exit 1 ;;",
    "  esac",
    "}",
    "",
    "# has FILE TEXT: the whole file; no TEXT: it is not there",
    "has() {",
    "  if [ $# -eq 1 ]; then",
    "    [ ! -e \"$1\" ] || { echo \"$1 is there by now\" >&2; exit 1; }",
    "  else",
    "    [ \"$(cat \"$1\"; echo .)\" = \"$2.\" ] || { echo \"$1 has changed\" >&2; exit 1; }",
    "  fi",
    "}",
    "",
    "# put FILE TEXT",
    "put() {",
    "  mkdir -p \"$(dirname \"$1\")\"",
    "  printf '%s' \"$2\" > \"$1\"",
    "}",
  ]

  mutating func script() -> String {
    var lines = [
      "#!/bin/sh",
      "# The changes of a tuned-vm plan for profile \(plan.profile.onOneLine). Read before running.",
    ]
    var body: [String] = []
    let units = plan.changes.gathered { $0.kind == .persist ? $0.target : $0.id }
    for unit in units {
      body += [""] + unit.map { "# \($0.rule.onOneLine): \($0.summary.onOneLine)" }
      body += step(unit)
    }
    lines += Self.head + body
    return lines.joined(separator: "\n") + "\n"
  }

  private mutating func step(_ unit: [PlannedChange]) -> [String] {
    guard let change = unit.first else { return [] }
    switch change.kind {
    case .advice: return ["# advice only: nothing is written"]
    case .persist: return dropIn(unit)
    case .domainXML: return unit.flatMap { definition($0) }
    case .write, .hugePages: return write(change)
    }
  }

  private func quoted(_ path: String) -> String { shellQuoted((root ?? "") + path) }

  /// A knob. In a tree every file that the kernel would show otherwise is written as it would.
  private mutating func write(_ change: PlannedChange) -> [String] {
    guard let wanted = change.change else { return ["# nothing to write"] }
    if case .domain = wanted {
      return [
        "# 'migratepages PID all NODES' of numactl does it; tuned-vm apply shows how far it is"
      ]
    }
    let before = change.before.map { ["is \(quoted(change.target)) \(shellQuoted($0))"] } ?? []
    guard root != nil else {
      return before + [
        "printf '%s\\n' \(shellQuoted(change.after ?? "")) > \(quoted(change.target))"
      ]
    }
    guard let changed = try? snapshot.apply(wanted) else { return ["# the kernel refuses it"] }
    return before
      + changed.compactMap { path in
        guard case .text(let text) = snapshot.files[path] else { return nil }
        return "put \(quoted(path)) \(shellQuoted(text))"
      }
  }

  /// A drop-in as a whole, as `apply` writes it.
  private mutating func dropIn(_ unit: [PlannedChange]) -> [String] {
    let items = unit.compactMap { change -> Persistence? in
      if case .persist(let item) = change.change { return item }
      return nil
    }
    guard let first = items.first else { return [] }
    let file = DropIn(for: first)
    let old = snapshot.raw(file.path).value
    let text = file.text(
      adding: items, to: old, profile: plan.profile, hash: plan.profileHash)
    return [
      "has \(quoted(file.path))" + (old.map { " " + shellQuoted($0) } ?? ""),
      "put \(quoted(file.path)) \(shellQuoted(text))",
    ]
  }

  /// The diff is applied to the definition as libvirt prints it, or to the file.
  private func definition(_ change: PlannedChange) -> [String] {
    guard let shown = change.diff, !shown.isEmpty else { return ["# nothing to edit"] }
    guard let diff = DomainText.diffBesidePasswords(shown) else {
      return [
        "echo \"\(change.rule.onOneLine) edits a line with a password: use tuned-vm apply\" >&2",
        "exit 1",
      ]
    }
    var mark = "END_OF_DIFF"
    while diff.contains(mark) { mark += "_" }
    let patch = (diff.utf8.last == 10 ? diff : diff + "\n") + mark
    if change.target.contains("/") || root != nil || domainsAreNamedFiles {
      let place = domainsAreNamedFiles ? shellQuoted(change.target) : quoted(change.target)
      return ["patch -s --no-backup-if-mismatch \(place) <<'\(mark)'", patch]
    }
    return [
      "xml=$(mktemp)",
      "virsh dumpxml --inactive --security-info -- \(shellQuoted(change.target)) > \"$xml\"",
      "patch -s --no-backup-if-mismatch \"$xml\" <<'\(mark)'",
      patch,
      "virsh define --validate \"$xml\"",
      "rm -f \"$xml\"",
    ]
  }
}

extension DomainText {
  static let hiddenPassword = "(hidden)"

  /// A diff that `patch` can use although passwords stand as `(hidden)` in it: then without
  /// context. Nil where a changed line itself holds one.
  static func diffBesidePasswords(_ diff: String) -> String? {
    guard diff.contains(hiddenPassword) else { return diff }
    var result: [Substring] = []
    var (old, new) = (0, 0)
    var isInHunk = false
    var run: [Substring] = []
    func flush() {
      guard !run.isEmpty else { return }
      let removed = run.filter { $0.first == "-" }.count
      let added = run.filter { $0.first == "+" }.count
      // An empty range names the line before it.
      let from = removed == 0 ? old : old - removed + 1
      let to = added == 0 ? new : new - added + 1
      result.append(Substring("@@ -\(from),\(removed) +\(to),\(added) @@"))
      result += run
      run = []
    }
    for line in diff.split(separator: "\n", omittingEmptySubsequences: false) {
      switch line.first {
      case "@":
        flush()
        isInHunk = true
        let words = line.split(separator: " ")
        guard words.count > 2, let a = start(words[1]), let b = start(words[2]) else { return nil }
        (old, new) = (a, b)
      case "-" where isInHunk:
        if line.contains(hiddenPassword) { return nil }
        old += 1
        run.append(line)
      case "+" where isInHunk:
        if line.contains(hiddenPassword) { return nil }
        new += 1
        run.append(line)
      case " ":
        flush()
        old += 1
        new += 1
      case "\\":
        if run.isEmpty { continue }
        run.append(line)
      case nil: flush()
      default: result.append(line)
      }
    }
    flush()
    return result.joined(separator: "\n") + "\n"
  }

  /// Lines before a hunk: `-12,3` begins behind 11 lines, `-12,0` behind 12.
  private static func start(_ range: Substring) -> Int? {
    let parts = range.dropFirst().split(separator: ",")
    guard let line = parts.first.flatMap({ Int($0) }) else { return nil }
    return parts.count > 1 && parts[1] == "0" ? line : line - 1
  }
}

/// A text as one word of a POSIX shell.
func shellQuoted(_ text: String) -> String {
  let plain = text.utf8.allSatisfy { byte in
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
      || [45, 46, 47, 95, 58, 61, 43, 44].contains(byte)
  }
  if plain, !text.isEmpty { return text }
  return "'" + text.replacing("'", with: "'\\''") + "'"
}
