// Stable names of findings across runs and hosts.

enum Fingerprint {
  /// 16 hexadecimal digits of rule, subject kind and name. For the host itself the word `host`
  /// stands for its name: like hosts share it, and a rename keeps it.
  static func of(rule: String, _ subject: Subject) -> String {
    let name = subject.kind == .host ? "host" : subject.name
    var bytes = Array(rule.utf8)
    bytes.append(0)
    bytes += subject.kind.rawValue.utf8
    bytes.append(0)
    bytes += name.utf8
    return SHA256.hexadecimal(SHA256.digest(bytes).prefix(8))
  }
}
