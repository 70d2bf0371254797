// Answers that a person has read and accepted, kept in files.

import Foundation

/// Compares with the accepted answers. `make record` accepts the present ones; read its diff.
public enum Reviewed {
  /// Whether the present answers are accepted instead of compared.
  public static let isRecording = ProcessInfo.processInfo.environment["RECORD"] != nil

  /// What is gone from a file and what came, a line each; nil where the text is as accepted.
  public static func difference(_ now: String, from file: String) throws -> String? {
    if isRecording {
      try FileManager.default.createDirectory(
        atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      try now.write(toFile: file, atomically: true, encoding: .utf8)
      return nil
    }
    let reviewed = (try? String(contentsOfFile: file, encoding: .utf8)) ?? ""
    if now == reviewed { return nil }
    let (new, old) = (now.split(separator: "\n"), reviewed.split(separator: "\n"))
    let gone = old.filter { !new.contains($0) }.map { "- " + $0 }
    let came = new.filter { !old.contains($0) }.map { "+ " + $0 }
    return "if these are right, run 'make record':\n\((gone + came).joined(separator: "\n"))"
  }
}
