// What the mitigation rules share: one cause for people (rules.md annex h 20).

enum Mitigations {
  static let directory = "/sys/devices/system/cpu/vulnerabilities/"

  /// Kernel arguments that switch protections off, each with the files that say whether the
  /// processor needs them (all of them where empty).
  static func disabling(_ line: KernelCommandLine) -> [(argument: String, files: [String])] {
    line.effective.compactMap { argument in
      let key = argument.key.replacing("-", with: "_")
      switch (key, argument.value) {
      case ("mitigations", let value?) where value.split(separator: ",").contains("off"):
        return (argument.text, [])
      case ("nospectre_v2", _), ("spectre_v2", "off"): return (argument.text, ["spectre_v2"])
      case ("l1tf", "off"): return (argument.text, ["l1tf"])
      case ("mds", "off"): return (argument.text, ["mds"])
      case ("nopti", _), ("pti", "off"): return (argument.text, ["meltdown"])
      case (let key, "never") where key.hasPrefix("kvm") && key.contains("."):
        return (argument.text, key.hasSuffix("l1d_flush") ? ["l1tf"] : ["itlb_multihit"])
      default: return nil
      }
    }
  }

  /// The common cause of findings about missing mitigations.
  static func cause(_ context: Context) -> String {
    let off = context.facts.commandLine.value.map { !disabling($0).isEmpty } ?? false
    return off ? "sec.mitigations-off" : "sec.vulnerabilities"
  }

  static func evidence(_ vulnerability: Vulnerability, expected: String? = nil) -> Evidence {
    Evidence(vulnerability.source, observed: vulnerability.text, expected: expected)
  }
}
