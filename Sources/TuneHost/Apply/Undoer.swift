// Takes steps back one after the other and collects what stays.

import TuneKit

struct Undoer {
  private let runner: StepRunner
  private let force: Bool
  /// What was not given back.
  private(set) var left: [Leftover] = []
  /// How many steps were really taken back.
  private(set) var undone = 0
  /// Whether a step could not even be tried.
  private(set) var hadErrors = false
  /// Whether libvirt did not answer, so that steps wait for it.
  private(set) var lacksLibvirt = false

  init(_ runner: StepRunner, force: Bool) {
    self.runner = runner
    self.force = force
  }

  /// Takes one step back; gives whether it is settled.
  @discardableResult
  mutating func undo(_ step: Step, outcome: String?) -> Bool {
    do throws(SystemError) {
      switch try runner.undo(step, outcome: outcome, force: force) {
      case .undone: undone += 1
      case .nothingToDo: break
      case .left(let was, let now, let why):
        left.append(Leftover(target: step.target, was: was, is: now, why: why))
      }
      return true
    } catch {
      hadErrors = true
      guard !error.isMissingConnection else {
        lacksLibvirt = true
        return false
      }
      left.append(
        Leftover(target: step.target, was: "our value", is: "unknown", why: error.sentence))
      return false
    }
  }
}
