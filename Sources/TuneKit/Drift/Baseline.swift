// A remembered good state: its facts, which rules were violated, and the file it is kept in.

/// A baseline of one host.
public struct Baseline: Sendable, Equatable {
  /// A rule that was violated on a subject.
  public struct Violated: Sendable, Hashable {
    /// The rule's id.
    public let rule: String
    /// On what.
    public let subject: Subject
  }

  /// When it was saved, RFC 3339 UTC.
  public var savedAt: String
  /// The host's name then.
  public var hostName: String?
  /// The host's id; nil where there was none.
  public var hostID: String?
  /// The profile that judged.
  public var profile: String
  /// Values by fact.
  public var facts: [FactID: String]
  /// What was violated, waived findings included: they are known.
  public var violated: Set<Violated>

  /// The state of a host now.
  public init(_ facts: StableFacts, _ report: Report) {
    savedAt = report.generatedAt
    hostName = report.host.name
    hostID = report.host.id
    profile = report.profile
    self.facts = facts.facts.mapValues(\.value)
    violated = Set(
      report.findings.map { Violated(rule: $0.rule, subject: FactID($0.subject, "").subject) })
  }

  /// The name of its file, without a directory: by id, which a rename keeps, else by name.
  public var fileName: String { Self.fileName(id: hostID, name: hostName) }

  /// The name of a host's baseline file. Names are hashed, for they may hold anything.
  public static func fileName(id: String?, name: String?) -> String {
    if let id { return "\(id).baseline" }
    return "name-\(SHA256.hexadecimal(SHA256.digest((name ?? "").utf8).prefix(8))).baseline"
  }
}

/// A baseline file that can't be trusted.
public enum BaselineError: ReportableError, Equatable {
  /// Its content is malformed or doesn't match its checksum.
  case damaged(file: String, line: Int, column: Int, problem: String)

  /// 65.
  public var status: ExitStatus { .malformed }

  /// What is wrong and what to do.
  public var messages: [String] {
    switch self {
    case .damaged(let file, let line, let column, let problem):
      [
        "\(file.printable):\(line):\(column): \(problem)",
        "  the baseline is not used; 'tuned-vm baseline save' makes a new one of the state now.",
      ]
    }
  }
}

extension Baseline {
  static let schema = "tuned-vm/baseline/v1"

  // MARK: - Writing

  /// The file's text: a line that names the format and the checksum of the next line, and the body.
  public var text: String {
    let body = Self.body(self).text()
    let head: JSONValue = [
      "schema": .string(Self.schema), "sha256": .string(SHA256.hex(body.utf8)),
    ]
    return head.text() + "\n" + body + "\n"
  }

  private static func body(_ baseline: Baseline) -> JSONValue {
    let facts = baseline.facts.sorted { $0.key < $1.key }.map { id, value in
      JSONValue.array([
        .string(id.subject.kind.rawValue), .string(id.subject.name), .string(id.key),
        .string(value),
      ])
    }
    let violated = baseline.violated.sorted { ($0.rule, $0.subject) < ($1.rule, $1.subject) }
    return .object(pairs: [
      ("savedAt", .string(baseline.savedAt)),
      ("host", ["name": .optional(baseline.hostName), "id": .optional(baseline.hostID)]),
      ("profile", .string(baseline.profile)),
      ("facts", .array(facts)),
      (
        "violated",
        .array(
          violated.map {
            [.string($0.rule), .string($0.subject.kind.rawValue), .string($0.subject.name)]
          })
      ),
    ])
  }

  /// `baseline show --format json`: the body with its schema.
  public var json: String {
    guard case .object(let members) = Self.body(self) else { return "{}\n" }
    return JSONValue.object([JSONMember("schema", .string(Self.schema))] + members).text() + "\n"
  }

  // MARK: - Reading

  /// Reads a file's bytes.
  ///
  /// - Throws: `BaselineError.damaged` for anything that `text` did not write.
  public init(parsing bytes: [UInt8], file: String) throws(BaselineError) {
    func damaged(_ line: Int, _ column: Int, _ problem: String) -> BaselineError {
      .damaged(file: file, line: line, column: column, problem: problem)
    }
    guard let end = bytes.firstIndex(of: 10), bytes.last == 10 else {
      throw damaged(1, 1, "the file is cut off; expected two lines")
    }
    let head = try Self.parse(Array(bytes[..<end]), line: 1, file)
    guard let schema = head["schema"]?.stringValue else {
      throw damaged(1, 1, "this is no baseline; expected '\(Self.schema)'")
    }
    guard schema == Self.schema else {
      throw damaged(1, 1, "the format is \(schema.quoted()); this version reads '\(Self.schema)'")
    }
    let body = Array(bytes[bytes.index(after: end)...].dropLast())
    guard head["sha256"]?.stringValue == SHA256.hex(body) else {
      throw damaged(2, 1, "the content does not match its checksum")
    }
    let value = try Self.parse(body, line: 2, file)
    guard let baseline = Self(value) else { throw damaged(2, 1, "a part is missing or malformed") }
    self = baseline
  }

  private static func parse(
    _ bytes: [UInt8], line: Int, _ file: String
  ) throws(BaselineError) -> JSONValue {
    do {
      return try JSONValue(parsing: bytes)
    } catch {
      throw .damaged(
        file: file, line: line + error.line - 1, column: error.column, problem: error.message)
    }
  }

  private init?(_ value: JSONValue) {
    guard let savedAt = value["savedAt"]?.stringValue, Timestamp.seconds(savedAt) != nil,
      let profile = value["profile"]?.stringValue, let host = value["host"],
      let rows = value["facts"]?.arrayValue, let violated = value["violated"]?.arrayValue
    else { return nil }
    self.savedAt = savedAt
    self.profile = profile
    hostName = host["name"]?.stringValue
    hostID = host["id"]?.stringValue
    facts = [:]
    self.violated = []
    for row in rows {
      guard let subject = Self.subject(row, from: 0), let key = row[2]?.stringValue,
        let value = row[3]?.stringValue
      else { return nil }
      facts[FactID(subject, key)] = value
    }
    for row in violated {
      guard let rule = row[0]?.stringValue, let subject = Self.subject(row, from: 1) else {
        return nil
      }
      self.violated.insert(Violated(rule: rule, subject: subject))
    }
  }

  private static func subject(_ row: JSONValue, from index: Int) -> Subject? {
    guard let kind = row[index]?.stringValue.flatMap(Subject.Kind.init(rawValue:)),
      let name = row[index + 1]?.stringValue
    else { return nil }
    return Subject(kind, name)
  }
}
