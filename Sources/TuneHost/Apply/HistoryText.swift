// History for people.

import TuneKit

/// Renders past transactions as text.
public enum HistoryText {
  /// One line a transaction.
  public static func list(_ past: [PastTransaction], verbose: Bool) -> String {
    if past.isEmpty { return "No transactions.\n" }
    return past.map { verbose ? details($0) : line($0) }.joined()
  }

  private static func line(_ item: PastTransaction) -> String {
    let count = item.changes.count == 1 ? "1 change" : "\(item.changes.count) changes"
    return "\(item.id)  \(Escape.text(item.started))  \(Escape.text(item.state))  \(count), "
      + "profile \(Escape.text(item.profile)), \(Escape.text(item.target))\n"
  }

  /// A transaction with its changes.
  public static func details(_ item: PastTransaction) -> String {
    var text = line(item)
    let groups = item.changes.gathered { change in
      [change.rule, change.kind, change.before ?? "\0", change.after ?? "\0"]
    }
    for group in groups {
      guard let change = group.first else { continue }
      let before = change.before.map(Escape.text) ?? "(absent)"
      let after = change.after.map(Escape.text) ?? "(absent)"
      text +=
        "    \(Escape.text(change.rule)) \(Escape.text(PathPattern.joined(group.map(\.target)))): "
        + "\(before) -> \(after)\n"
    }
    return text
  }
}
