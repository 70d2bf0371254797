// The program: its name, version and commands.

import ArgumentParser

@main
struct TunedVM: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tuned-vm",
    abstract: "Audit, tune and place virtual machines on a KVM host.",
    version: "0.1.0",
    subcommands: [])
}
