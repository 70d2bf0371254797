// A plan as a shell script, for those who would rather do it by hand. Every value is quoted, and
// nothing is written unless the host still shows what the plan saw.

extension Plan {
  /// The script; POSIX shell.
  ///
  /// - Parameters:
  ///   - root: where the host's files are: empty for the live host, else the tree's directory.
  ///   - domainsAreNamedFiles: definitions are files that the user named, not below the root.
  public func script(root: String = "", domainsAreNamedFiles: Bool = false) -> String {
    let domains = domainsAreNamedFiles ? "" : root
    var lines = [
      "#!/bin/sh",
      "# The changes of a tuned-vm plan for profile \(profile.onOneLine). Read before running.",
      "# It stops at the first value that is no longer what the plan saw.",
      "set -eu",
      "",
      "# knob PATH WAS WANTED",
      "knob() {",
      "  now=$(cat \"$1\")",
      "  case \" $now \" in",
      "    *\"[$2]\"*) ;;",
      "    \" $2 \") ;;",
      "    *) echo \"$1 is '$now', not '$2'\" >&2; exit 1 ;;",
      "  esac",
      "  printf '%s\\n' \"$3\" > \"$1\"",
      "}",
      "",
      "# line FILE OLD NEW: replaces a line of a drop-in, or adds it",
      "line() {",
      "  mkdir -p \"$(dirname \"$1\")\"",
      "  touch \"$1\"",
      "  if [ -n \"$2\" ]; then",
      "    grep -vxF -e \"$2\" \"$1\" > \"$1.new\" || true",
      "    cat \"$1.new\" > \"$1\"",
      "    rm -f \"$1.new\"",
      "  fi",
      "  printf '%s\\n' \"$3\" >> \"$1\"",
      "}",
    ]
    for change in changes { lines += step(change, root, domains) }
    return lines.joined(separator: "\n") + "\n"
  }

  private func step(_ change: PlannedChange, _ root: String, _ domains: String) -> [String] {
    let title = "# \(change.rule.onOneLine): \(change.summary.onOneLine)"
    let path = shellQuoted(root + change.target)
    switch change.kind {
    case .advice: return ["", title, "# advice only: nothing is written"]
    case .write, .hugePages:
      return [
        "", title,
        "knob \(path) \(shellQuoted(change.before ?? "")) \(shellQuoted(change.after ?? ""))",
      ]
    case .persist:
      return [
        "", title,
        "line \(path) \(shellQuoted(change.before ?? "")) \(shellQuoted(change.after ?? ""))",
      ]
    case .domainXML: return ["", title] + definition(change, domains)
    }
  }

  /// The diff is applied to the definition as libvirt prints it, or to the file.
  private func definition(_ change: PlannedChange, _ root: String) -> [String] {
    guard let diff = change.diff, !diff.isEmpty else { return ["# nothing to edit"] }
    var mark = "END_OF_DIFF"
    while diff.contains(mark) { mark += "_" }
    let patch = (diff.utf8.last == 10 ? diff : diff + "\n") + mark
    if change.target.contains("/") {
      return [
        "patch --no-backup-if-mismatch \(shellQuoted(root + change.target)) <<'\(mark)'", patch,
      ]
    }
    return [
      "xml=$(mktemp)",
      "virsh dumpxml --inactive --security-info -- \(shellQuoted(change.target)) > \"$xml\"",
      "patch --no-backup-if-mismatch \"$xml\" <<'\(mark)'",
      patch,
      "virsh define --validate \"$xml\"",
      "rm -f \"$xml\"",
    ]
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
