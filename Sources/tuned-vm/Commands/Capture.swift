// tuned-vm capture

import ArgumentParser
import TuneHost

struct CaptureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "capture",
    abstract: "Write down everything an audit reads of this host, to audit it elsewhere.",
    usage: "tuned-vm capture <path> <options>",
    discussion: """
      The directory, or the unpacked archive, is what --root takes. Passwords are left
      out. Run as root, or what only root can read is missing in it.
      """)

  @Argument(help: ArgumentHelp("FILE.tar.gz, or a new directory.", valueName: "path"))
  var path: String

  @Option(help: ArgumentHelp("Capture a captured tree again.", valueName: "dir"))
  var root: String?

  @Option(
    name: [.short, .long],
    help: ArgumentHelp(
      "libvirt URI; default qemu:///system, host only if that doesn't answer.", valueName: "uri"))
  var connect: String?

  @Flag(help: "Replace names of host and guests, addresses, UUIDs and serial numbers.")
  var redact = false

  @Flag(name: [.short, .long], help: "No notices.")
  var quiet = false

  func run() throws {
    Progress.begin(.reading)
    let capture = try Capture(
      ProbeRequest(root: root, connect: connect), redact: redact, version: TunedVM.version)
    try capture.write(to: path)
    if !quiet { Terminal.complain(capture.notices) }
  }
}
