// A rule of the catalogue that is a row: which knobs, which targets, when it is silent.

/// A row of the setting table.
struct SettingRow: Sendable {
  /// What a row wants of the host.
  enum Wish: Sendable {
    /// No opinion, or a missing fact.
    case none(Verdict)
    /// These values.
    case values([KnobItem], KnobJudge.Wording)
  }

  /// The description.
  let about: RuleInfo
  /// The knobs as profiles name them.
  let knobs: [String]
  /// What is wanted under the context's profile.
  let wish: @Sendable (Context) -> Wish
  /// Compliant and violating cases.
  let examples: [Example]

  /// The row as the engine runs it.
  var instance: RuleInstance {
    RuleInstance(about: about, examples: examples) { context in
      context.onHost {
        switch wish(context) {
        case .none(let verdict): verdict
        case .values(let items, let wording):
          KnobJudge.verdict(items, context.facts.snapshot, wording)
        }
      }
    }
  }
}

/// The rows, in the order of the reference.
enum SettingTable {
  static let rows: [SettingRow] = [
    cpuTurbo, cpuMinPerf, cpuHaltPoll, numaZoneReclaim, memTHP, memTHPDefrag, memKSM,
    memSwappiness, memDirtyRatio, memAIOMax, netSysctl,
  ]

  /// All of them as rules; those about devices included.
  static let rules: [RuleInstance] = rows.map(\.instance) + [ioReadahead]

  /// The answer of a row whose profile leaves the knob alone.
  static func leftAlone(_ context: Context, _ knob: String) -> SettingRow.Wish {
    .none(.notApplicable("the profile '\(context.profile.name)' leaves \(knob) alone"))
  }
}
