/// What was written and waits for a boot.
struct HostPendingBoot: Rule {
  static let about = RuleInfo(
    id: "host.pending-boot", title: "Nothing waits for a boot",
    severity: Severities(.info),
    rationale: "Module options and kernel arguments that were written are right, and without "
      + "effect until the host starts anew.",
    cost: "A boot.",
    notWhen: "Nothing was written for the next boot.",
    sources: [.link("https://docs.kernel.org/admin-guide/kernel-parameters.html")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost { verdict(context.facts) }
  }

  private static func verdict(_ facts: Facts) -> Verdict {
    let files = [DropIn.modprobe, .modulesLoad, .grub].filter {
      facts.snapshot.raw($0.path).value != nil
    }
    guard !files.isEmpty else {
      return .notApplicable("nothing was written for the next boot")
    }
    let pending = options(facts) + modules(facts) + arguments(facts)
    guard !pending.isEmpty else {
      return .satisfied(files.map { Evidence($0.path, observed: "in effect") })
    }
    let names = pending.prefix(3).map { $0.expected ?? "" }.joined(separator: ", ")
    return .violated(
      Violation(
        "\(names.printable)\(pending.count > 3 ? " and \(pending.count - 3) more" : "") "
          + "wait for the next boot", evidence: pending,
        remedy: .advice("boot the host when its guests can be moved or stopped")))
  }

  private static func lines(_ file: DropIn, _ facts: Facts) -> [Substring] {
    (facts.snapshot.raw(file.path).value ?? "").lines.filter { !$0.hasPrefix("#") }
  }

  private static func options(_ facts: Facts) -> [Evidence] {
    lines(.modprobe, facts).flatMap { line -> [Evidence] in
      let words = line.words
      guard words.count >= 3, words[0] == "options" else { return [] }
      return words[2...].compactMap { word in
        let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { return nil }
        let now = facts.modules.parameter(String(words[1]), parts[0])
        guard let value = now.value, KnobValue.normal(value) != KnobValue.normal(parts[1]) else {
          return nil
        }
        return Evidence(
          now.source, observed: value.printable, expected: "\(words[1]).\(parts[0])=\(parts[1])")
      }
    }
  }

  private static func modules(_ facts: Facts) -> [Evidence] {
    lines(.modulesLoad, facts).map { String($0).trimmedBlanks }
      .filter { facts.modules.isPresent($0) == false }
      .map { Evidence("/sys/module/\($0.printable)", observed: "absent", expected: $0) }
  }

  private static func arguments(_ facts: Facts) -> [Evidence] {
    guard let now = facts.commandLine.value else { return [] }
    let added = facts.nextBoot.arguments.arguments.dropFirst(now.arguments.count)
    return added.filter { !now.arguments.contains($0) }.map { argument in
      Evidence(
        "/proc/cmdline", observed: now.last(argument.key)?.printable ?? "absent",
        expected: argument.text)
    }
  }

  private static let modprobe = DropIn.modprobe.path
  private static let grub = DropIn.grub.path

  static let examples = [
    Example("nothing was written", .exampleHost(), .notApplicable),
    Example(
      "in effect already", .exampleHost().with(modprobe, "options kvm_intel nested=N ept=1\n"),
      .satisfied),
    Example(
      "a module option", .exampleHost().with(modprobe, "options kvm_intel nested=1\n"),
      .violated(.info)),
    Example(
      "a kernel argument",
      .exampleHost().with(grub, "GRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX nosmt\"\n"),
      .violated(.info)),
  ]
}
