// tuned-vm hook: what libvirt's QEMU hook runs; a guest that comes here gets pins for this host

import ArgumentParser
import TuneHost
import TuneKit

struct HookCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hook",
    abstract: "Answer libvirt's QEMU hook: give an incoming guest pins for this host.",
    discussion: """
      libvirt calls /etc/libvirt/hooks/qemu.d/* with GUEST OPERATION SUB-OPERATION
      EXTRA and the definition on standard input. For the operation migrate the
      definition comes back with the pins and memory nodes that fit this host;
      unchanged where there are none, where they fit, in any doubt, and after 0.9
      seconds. For all other operations nothing is printed. Always ends with 0, and
      never calls libvirt.
      """)

  @Option(
    help: ArgumentHelp("Read a captured tree instead of this machine.", valueName: "dir"))
  var root: String?

  @Argument(parsing: .remaining, help: "What libvirt passes.")
  var words: [String] = []

  /// Milliseconds until the definition is handed back as it came.
  private static let limit = 900

  func run() throws {
    let watch = Stopwatch()
    guard words.count > 1, words[1] == "migrate" else {
      // libvirt writes the definition all the same.
      _ = try? InputFile.standardInput(limit: 16 << 20)
      return
    }
    guard let bytes = try? InputFile.standardInput(limit: 16 << 20) else { return }
    LastWord.arm(bytes, milliseconds: Self.limit)
    let text = String(decoding: bytes, as: UTF8.self)
    let answer = Array(text.utf8) == bytes ? rewritten(text, watch) : nil
    LastWord.claim()
    try? Terminal.write(answer ?? text)
  }

  private func rewritten(_ text: String, _ watch: Stopwatch) -> String? {
    guard let input = try? InputOptions.parse(root.map { ["--root", $0] } ?? []),
      let site = try? Site(input),
      let snapshot = try? HostProbe.placement(root: root ?? "/")
    else { return nil }
    let guest = IncomingGuest(
      text, on: snapshot,
      elapsedShare: { watch.seconds * 1000 / Double(Self.limit - 250) },
      context: { facts in
        let tags = try? DomainTags(facts.domains, site)
        return Context(
          facts: facts, profile: site.profile, domainProfiles: tags?.profiles ?? [:],
          configuration: site.configuration, today: Clock.today())
      })
    return guest.rewritten()
  }
}
