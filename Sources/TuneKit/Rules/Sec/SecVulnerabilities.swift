/// Vulnerabilities that the kernel names and doesn't mitigate.
struct SecVulnerabilities: Rule {
  static let about = RuleInfo(
    id: "sec.vulnerabilities", title: "No hardware vulnerability is left open",
    severity: Severities(.warning, [.secure: .critical]),
    rationale: "The kernel says itself which leaks it can't close, mostly for want of microcode.",
    cost: "A reboot; the mitigation's own cost.",
    notWhen: "A mitigation is on, even where its text goes on with 'SMT vulnerable' (rules of "
      + "their own); in a guest the outer host decides (info).",
    sources: [
      .article("§10.2"),
      .link("https://docs.kernel.org/admin-guide/hw-vuln/index.html"),
    ])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost {
      let known = context.facts.processor.vulnerabilities
      guard let files = known.value else { return .unknown(known.unknownReason) }
      if let unread = unread(context.facts.snapshot, files) { return .unknown(unread) }
      let open = files.filter { $0.state == .vulnerable }
      guard !open.isEmpty else {
        let unclear = files.filter { $0.state == .unknown }
        guard unclear.isEmpty else {
          return .unknown(
            unclear.map { "\($0.source): \($0.text)" }.joined(separator: "; ").printable)
        }
        return .satisfied(files.map { Mitigations.evidence($0) })
      }
      let names = open.map(\.name).joined(separator: ", ")
      return .violated(
        Violation(
          "the kernel calls this machine vulnerable: \(names.printable)",
          severity: context.facts.hostIsGuest ? .info : nil,
          evidence: open.map {
            Mitigations.evidence($0, expected: "Mitigation: … or Not affected")
          },
          remedy: Remedy(
            .nextHostBoot,
            context.facts.hostIsGuest
              ? "update the outer host: its kernel and microcode decide"
              : "update microcode and kernel, then reboot"),
          cause: Mitigations.cause(context)))
    }
  }

  /// A file that is listed and can't be read.
  private static func unread(_ snapshot: Snapshot, _ files: [Vulnerability]) -> String? {
    let read = Set(files.map(\.name))
    let names = snapshot.names(String(Mitigations.directory.dropLast())) ?? []
    let failed = names.filter { !read.contains($0) }.compactMap { name -> String? in
      let path = Mitigations.directory + name
      guard case .missing(let reason) = snapshot.files[path] else { return nil }
      return "\(path): \(reason)"
    }
    return failed.min()
  }

  private static func host(_ name: String, _ text: String) -> Snapshot {
    .exampleHost().with(Mitigations.directory + name, text + "\n")
  }

  static let examples = [
    Example("all mitigated", .exampleHost(), .satisfied),
    Example(
      "'vulnerable' later in a mitigation's text",
      host("mds", "Mitigation: Clear CPU buffers; SMT vulnerable"), .satisfied),
    Example("no microcode for it", host("retbleed", "Vulnerable"), .violated(.warning)),
    Example("tenants", host("retbleed", "Vulnerable"), under: .secure, .violated(.critical)),
    Example(
      "KVM's own line", host("itlb_multihit", "KVM: Vulnerable"), .violated(.warning)),
    Example("the kernel can't tell", host("srbds", "Unknown: No mitigations"), .unknown),
    Example(
      "unreadable", .exampleHost().without("/sys/devices/system/cpu/vulnerabilities"), .unknown),
    Example(
      "unreadable", Snapshot.exampleHost().withUnreadable(Mitigations.directory + "retbleed"),
      .unknown),
  ]
}
