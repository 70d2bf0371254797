// The program: its name, version and commands, and the one place where errors become messages and
// exit codes.

import ArgumentParser
import TuneKit

@main
struct TunedVM: ParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "tuned-vm",
    abstract: "Audit, tune and place virtual machines on a KVM host.",
    version: version,
    subcommands: [
      AuditCommand.self,
      TopologyCommand.self,
      CaptureCommand.self,
      RulesCommand.self,
      Explain.self,
      BaselineCommand.self,
      DriftCommand.self, FleetCommand.self,
      PlaceCommand.self,
      AdviseCommand.self,
      HookCommand.self,
      PlanCommand.self,
      ApplyCommand.self,
      HistoryCommand.self,
      RollbackCommand.self,
      RecoverCommand.self,
      TrialCommand.self,
      ProfilesCommand.self,
    ])

  static func main() {
    Terminal.survivesClosedPipes()
    let words = Array(CommandLine.arguments.dropFirst())
    // By numad's name it is the adviser libvirt asks.
    if CommandLine.arguments.first?.split(separator: "/").last == "numad" { NumadCall.run(words) }
    do {
      // Swift takes them from /proc; without it every command would be none.
      guard !CommandLine.arguments.isEmpty else {
        throw Failure(
          .ioError, "cannot read '/proc/self/cmdline', where the arguments stand",
          "  nothing was done. Mount /proc, in a chroot too.")
      }
      var command = try parseAsRoot(words)
      try command.run()
      Progress.clear()
    } catch let error as any ReportableError {
      Terminal.complain(error.messages)
      exit(withStatus: error.status)
    } catch {
      Progress.clear()
      exit(withError: UsageHint.improve(error, arguments: words))
    }
  }

  private static func exit(withStatus status: ExitStatus) -> Never {
    exit(withError: ExitCode(status.rawValue))
  }
}
