// What was changed before, from the journals. Values of definitions are not shown: they may hold
// passwords.

import TuneKit

/// A transaction as history lists it.
public struct PastTransaction: Sendable, Equatable {
  /// A change it made.
  public struct Change: Sendable, Equatable {
    /// The change's id.
    public let id: String
    /// The rule.
    public let rule: String
    /// The kind of change.
    public let kind: String
    /// When it takes effect.
    public let effect: String
    /// The file or domain.
    public let target: String
    /// The value before.
    public let before: String?
    /// The value after.
    public let after: String?
  }
  /// Its number.
  public let id: Int
  /// When it began, RFC 3339.
  public let started: String
  /// The profile.
  public let profile: String
  /// Which host or tree.
  public let target: String
  /// Where it stands.
  public let state: String
  /// Why it was taken back, if it was.
  public let why: String?
  /// Its changes.
  public let changes: [Change]
}

/// Lists transactions.
public enum History {
  /// All transactions, the latest first, and journals that can't be read.
  public static func read(_ state: StateDirectory) -> (past: [PastTransaction], damaged: [Failure])
  {
    var past: [PastTransaction] = []
    var damaged: [Failure] = []
    for number in state.numbers() {
      do throws(Failure) {
        let file = try JournalFile(number, in: state)
        if file.state != .empty { past.append(PastTransaction(file)) }
      } catch {
        damaged.append(error)
      }
    }
    return (past, damaged)
  }

  /// What a rollback would take back.
  ///
  /// - Throws: `Failure` 66 where there is nothing.
  public static func rollbackCandidate(_ id: Int?, _ state: StateDirectory) throws(Failure)
    -> PastTransaction
  {
    PastTransaction(try Session.committed(id, in: state))
  }

  /// Whether an interrupted transaction waits for `recover`.
  public static func hasUnfinished(_ state: StateDirectory) -> Bool {
    state.numbers().contains { JournalFile.isUnfinished($0, in: state) }
  }
}

extension PastTransaction {
  init(_ file: JournalFile) {
    id = file.number
    started = file.header["started"] ?? ""
    profile = file.header["profile"] ?? ""
    target = file.header["target"] ?? ""
    state = file.state.rawValue
    why = file.records.last { $0.word == "end" }?["why"]
    changes = file.records.filter { $0.word == "change" }.map { record in
      Change(
        id: record["id"] ?? "", rule: record["rule"] ?? "", kind: record["kind"] ?? "",
        effect: record["class"] ?? "", target: record["target"] ?? "", before: record["before"],
        after: record["after"])
    }
  }
}

extension Journal {
  /// Notes a planned change, for history.
  func note(_ change: PlannedChange) throws(SystemError) {
    try add(
      JournalRecord(
        "change",
        [
          ("id", change.id), ("rule", change.rule), ("kind", change.kind.rawValue),
          ("class", change.effect.rawValue), ("subject", change.subject.name),
          ("target", change.target), ("before", change.before), ("after", change.after),
        ]))
  }
}

extension JournalFile {
  /// Whether the last whole record is none that ends a transaction; only the end is looked at.
  static func isUnfinished(_ number: Int, in state: StateDirectory) -> Bool {
    guard let bytes = read(state.file(of: number)) else { return false }
    let lines = bytes.split(separator: 10)
    guard let last = lines.last, bytes.last == 10, let record = JournalRecord(line: last) else {
      return true
    }
    return record.word != "commit" && record.word != "end"
  }
}
