// An independent judge of JSON outputs: Python's jsonschema against the schemas in docs/schema.

import Foundation

/// Validates JSON with Python where it is installed.
public enum SchemaCheck {
  /// Where the package's sources are.
  public static let packageRoot = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Whether python3 and its jsonschema are there.
  public static let isAvailable: Bool = (try? run("import jsonschema", "", []))?.isEmpty == true

  /// The first complaints about a JSON text, one a line; empty where it is valid.
  ///
  /// - Parameters:
  ///   - json: The output, complete.
  ///   - schema: A name below docs/schema, without `.json`.
  public static func complaints(about json: String, schema: String) throws -> String {
    let file = packageRoot.appendingPathComponent("docs/schema/\(schema).json").path
    return try run(
      """
      import json, sys, jsonschema
      schema = json.load(open(sys.argv[1]))
      jsonschema.Draft202012Validator.check_schema(schema)
      document = json.loads(sys.stdin.buffer.read())
      for error in list(jsonschema.Draft202012Validator(schema).iter_errors(document))[:10]:
          print("/".join(map(str, error.absolute_path)), error.message[:300])
      """, json, [file])
  }

  /// Standard output and standard error of a program in Python.
  private static func run(
    _ program: String, _ input: String, _ arguments: [String]
  ) throws -> String {
    let file = FileManager.default.temporaryDirectory
      .appendingPathComponent("schema-check-\(UUID().uuidString).json")
    try Data(input.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["python3", "-W", "ignore", "-c", program] + arguments
    process.standardInput = try FileHandle(forReadingFrom: file)
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    let text = String(decoding: output, as: UTF8.self)
    return process.terminationStatus == 0 || !text.isEmpty
      ? text : "python3 exited with \(process.terminationStatus)"
  }
}
