// tuned-vm advise -w VCPUS:MIB: what libvirt asks numad for placement='auto'

import ArgumentParser
import TuneHost
import TuneKit

struct AdviseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "advise",
    abstract: "Say which nodes a VM about to start should have, as numad does.",
    discussion: """
      libvirt asks numad -w VCPUS:MIB where a domain says placement='auto'. Called by the name numad,
      this program is this command. It reads files only and never asks libvirt, which waits for it.
      """)

  @Option(
    name: .customShort("w"),
    help: ArgumentHelp("The VM's vCPUs and memory.", valueName: "vcpus:mib"))
  var wanted: String

  @Option(
    help: ArgumentHelp("Read a captured tree instead of this machine.", valueName: "dir"))
  var root: String?

  func run() throws {
    let size = try VMSize(wanted, option: "-w")
    // A root of its own keeps libvirt out: definitions come from its files.
    let facts = Facts(try HostProbe.snapshot(ProbeRequest(root: root ?? "/")))
    let advice = try PlacementAdvice(facts, vcpus: size.vcpus, memoryMiB: size.memoryMiB ?? 1)
    try Terminal.write(advice.nodes.description + "\n")
  }
}
