// Rewrites a copy of the sources so that one build holds every mutant: `a < b` becomes
// `Mutant.less(17, a, b)`, which is `a <= b` while mutant 17 is on. Built by scripts/mutate with the
// parser that comes with the toolchain; no part of the package.
//
//     mutator SKIPPED CATALOGUE TREE
//
// SKIPPED lists places (`FILE:LINE`) left alone because their mutants didn't compile. CATALOGUE is
// written: one mutant a line, tab-separated: number, kind, place, what is exchanged.

import Foundation
import SwiftOperators
import SwiftParser
import SwiftSyntax

/// What is written around a piece of source.
struct Wrap {
  let start: Int
  let end: Int
  let before: String
  let after: String
}

/// Collects the mutants of one file.
final class Mutator: SyntaxVisitor {
  static var next = 1
  static var catalogue: [String] = []

  private let file: String
  private let places: SourceLocationConverter
  private let skipped: Set<Int>
  private let isRule: Bool
  var wraps: [Wrap] = []
  var replacements: [(range: Range<Int>, text: String)] = []

  init(_ tree: SourceFileSyntax, file: String, skipped: Set<Int>) {
    self.file = file
    self.skipped = skipped
    places = SourceLocationConverter(fileName: file, tree: tree)
    isRule = file.contains("Sources/TuneKit/Rules/")
    super.init(viewMode: .sourceAccurate)
  }

  private func line(_ node: some SyntaxProtocol) -> Int {
    places.location(for: node.positionAfterSkippingLeadingTrivia).line
  }

  private func span(_ node: some SyntaxProtocol) -> (Int, Int) {
    (
      node.positionAfterSkippingLeadingTrivia.utf8Offset,
      node.endPositionBeforeTrailingTrivia.utf8Offset
    )
  }

  /// Gives a mutant its number; nil where the place is left alone.
  private func enlist(_ kind: String, _ node: some SyntaxProtocol, _ what: String = "") -> Int? {
    let first = line(node)
    let last = places.location(for: node.endPositionBeforeTrailingTrivia).line
    guard skipped.isDisjoint(with: first...last) else { return nil }
    let text = node.trimmedDescription.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    Self.catalogue.append(
      "\(Self.next)\t\(kind)\t\(file):\(first)\t\(text.prefix(120))\(what.isEmpty ? "" : " → " + what)"
    )
    Self.next += 1
    return Self.next - 1
  }

  private func wrap(_ node: some SyntaxProtocol, _ call: String, _ number: Int, _ more: String = "")
  {
    let (start, end) = span(node)
    wraps.append(
      Wrap(start: start, end: end, before: "Mutant.\(call)(\(number), ", after: more + ")"))
  }

  // MARK: Conditions

  /// Both ways of a whole condition.
  private func condition(_ node: ExprSyntax) {
    guard isRule, !node.is(BooleanLiteralExprSyntax.self) else { return }
    if let yes = enlist("condition", node, "true"), enlist("condition", node, "false") != nil {
      wrap(node, "condition", yes)
    }
  }

  override func visit(_ node: ConditionElementSyntax) -> SyntaxVisitorContinueKind {
    if case .expression(let expression) = node.condition { condition(expression) }
    return .visitChildren
  }

  override func visit(_ node: WhereClauseSyntax) -> SyntaxVisitorContinueKind {
    condition(node.condition)
    return .visitChildren
  }

  override func visit(_ node: TernaryExprSyntax) -> SyntaxVisitorContinueKind {
    condition(node.condition)
    return .visitChildren
  }

  override func visit(_ node: OptionalBindingConditionSyntax) -> SyntaxVisitorContinueKind {
    guard isRule else { return .visitChildren }
    if let value = node.initializer?.value {
      if let number = enlist("binding", value, "nil") { wrap(value, "missing", number) }
    } else if let name = node.pattern.as(IdentifierPatternSyntax.self),
      let number = enlist("binding", name, "nil")
    {
      let (_, end) = span(name)
      wraps.append(
        Wrap(
          start: end, end: end, before: " = Mutant.missing(\(number), \(name.identifier.text))",
          after: ""))
    }
    return .visitChildren
  }

  override func visit(_ node: InfixOperatorExprSyntax) -> SyntaxVisitorContinueKind {
    if isText(ExprSyntax(node)) { return text(ExprSyntax(node)) }
    guard isRule, let symbol = node.operator.as(BinaryOperatorExprSyntax.self)?.operator.text else {
      return .visitChildren
    }
    switch symbol {
    case "&&", "||":
      for operand in [node.leftOperand, node.rightOperand] where !isChain(operand, symbol) {
        let neutral = symbol == "&&"
        if let number = enlist("operand", operand, "\(neutral)") {
          wrap(operand, neutral ? "anyway" : "never", number)
        }
      }
    case "<", "<=", ">", ">=":
      let names = ["<": "less", "<=": "atMost", ">": "more", ">=": "atLeast"]
      if let name = names[symbol], !node.leftOperand.is(TupleExprSyntax.self),
        let number = enlist("boundary", node)
      {
        let (from, to) = span(node.operator)
        let (start, end) = span(node)
        wraps.append(Wrap(start: start, end: end, before: "Mutant.\(name)(\(number), ", after: ")"))
        replacements.append((from..<to, ","))
      }
    case "==", "!=":
      guard !isCondition(node) else { break }
      if let number = enlist("equality", node) { wrap(node, "not", number) }
    case "??":
      if let number = enlist("default", node.leftOperand, "nil") {
        wrap(node.leftOperand, "missing", number)
      }
    default: break
    }
    return .visitChildren
  }

  private func isChain(_ operand: ExprSyntax, _ symbol: String) -> Bool {
    operand.as(InfixOperatorExprSyntax.self)?.operator.as(BinaryOperatorExprSyntax.self)?
      .operator.text == symbol
  }

  /// Whether both ways of an expression are tried anyway.
  private func isCondition(_ node: InfixOperatorExprSyntax) -> Bool {
    guard let parent = node.parent else { return false }
    if parent.is(ConditionElementSyntax.self) || parent.is(WhereClauseSyntax.self) { return true }
    return parent.as(TernaryExprSyntax.self)?.condition.id == ExprSyntax(node).id
  }

  // MARK: Verdicts, severities, numbers, words

  private static let verdicts = [
    "satisfied": "notApplicable", "violated": "satisfied", "notApplicable": "satisfied",
    "unknown": "notApplicable",
  ]
  private static let severities = [
    "off": "info", "info": "warning", "warning": "critical", "critical": "warning",
  ]
  private static let statuses: Set<String> = [
    "success", "findings", "usage", "malformed", "noInput", "unavailable", "software",
    "cannotCreate", "ioError", "busy", "notPermitted", "configuration",
  ]
  private static let examples: Set<String> = ["Snapshot", "Example", "[Example]"]

  override func visit(_ node: FunctionCallExprSyntax) -> SyntaxVisitorContinueKind {
    if isRule, let member = node.calledExpression.as(MemberAccessExprSyntax.self),
      member.base == nil,
      let other = Self.verdicts[member.declName.baseName.text], node.arguments.count == 1,
      let number = enlist("verdict", node, other)
    {
      wrap(node, "verdict", number)
    }
    return .visitChildren
  }

  override func visit(_ node: MemberAccessExprSyntax) -> SyntaxVisitorContinueKind {
    let name = node.declName.baseName.text
    let base = node.base?.trimmedDescription
    if isRule, base == nil || base == "Severity", let other = Self.severities[name],
      let number = enlist("severity", node, other)
    {
      wrap(node, "severity", number)
    }
    if Self.statuses.contains(name), base == "ExitStatus" || base == nil && isStatus(node),
      let number = enlist("status", node, "70")
    {
      wrap(node, "status", number)
    }
    return .visitChildren
  }

  /// Whether a bare member stands where an exit code does.
  private func isStatus(_ node: MemberAccessExprSyntax) -> Bool {
    var below = Syntax(node)
    for above in sequence(first: node.parent, next: { $0?.parent }).compactMap({ $0 }) {
      if let call = above.as(FunctionCallExprSyntax.self),
        call.calledExpression.trimmedDescription.hasSuffix("Failure"),
        call.arguments.first.map(Syntax.init)?.id == below.id
      {
        return true
      }
      if let variable = above.as(VariableDeclSyntax.self) {
        return variable.bindings.first?.typeAnnotation?.type.trimmedDescription == "ExitStatus"
      }
      if above.is(FunctionDeclSyntax.self) { return false }
      if above.parent?.is(LabeledExprListSyntax.self) == true
        || above.is(LabeledExprListSyntax.self)
        || above.is(LabeledExprSyntax.self) || above.is(TernaryExprSyntax.self)
      {
        below = above.is(LabeledExprSyntax.self) ? above : below
      }
    }
    return false
  }

  override func visit(_ node: IntegerLiteralExprSyntax) -> SyntaxVisitorContinueKind {
    if isRule, let number = enlist("number", node, "+ 1") { wrap(node, "number", number) }
    return .skipChildren
  }

  override func visit(_ node: StringLiteralExprSyntax) -> SyntaxVisitorContinueKind {
    if isText(ExprSyntax(node)) { return text(ExprSyntax(node)) }
    guard isRule else { return .visitChildren }
    let value = node.representedLiteralValue
    // One character may be a Character, what has a bracket is a piece of an example.
    if let value, value.count > 1, !value.contains(where: { " \n<{".contains($0) }), !isProof(node),
      let number = enlist("word", node)
    {
      wrap(node, "word", number)
    }
    return .skipChildren
  }

  /// Whether a word only tells where something was seen.
  private func isProof(_ node: StringLiteralExprSyntax) -> Bool {
    sequence(first: node.parent, next: { $0?.parent }).contains { above in
      let name = above?.as(FunctionCallExprSyntax.self)?.calledExpression.trimmedDescription
      return name.map { $0.hasSuffix("evidence") || $0.hasSuffix("Evidence") } ?? false
    }
  }

  // MARK: What people read

  private static let sayers: Set<String> = [
    "complain", "problem", "fail", "wrong", "refuse", "refusal", "malformed", "unexpected",
    "damaged",
    "circle", "cut", "death", "unreadable",
  ]

  private static func isErrorName(_ name: String) -> Bool {
    ["Error", "Problem", "Failure", "Refusal", "Refused"].contains { name.hasSuffix($0) }
  }

  /// A string, or several joined by `+`, that stands in an error.
  private func isText(_ node: ExprSyntax) -> Bool {
    guard !isRule, isString(node) else { return false }
    if node.parent?.is(InfixOperatorExprSyntax.self) == true { return false }
    // What is compared or looked up is no text.
    for above in sequence(first: node.parent, next: { $0?.parent }).compactMap({ $0 }) {
      if above.is(ThrowStmtSyntax.self) { return true }
      if let call = above.as(FunctionCallExprSyntax.self) {
        let name = call.calledExpression.trimmedDescription.split(separator: ".").last.map(
          String.init)
        if let name, Self.sayers.contains(name) || Self.isErrorName(name) { return true }
      }
      if let function = above.as(FunctionDeclSyntax.self) {
        let result = function.signature.returnClause?.type.trimmedDescription ?? ""
        if Self.isErrorName(result) || Self.sayers.contains(function.name.text) { return true }
      }
      if let variable = above.as(VariableDeclSyntax.self),
        let name = variable.bindings.first?.pattern.trimmedDescription,
        ["messages", "description", "message", "reason", "text", "refusal", "hint"].contains(name),
        isErrorMember(variable)
      {
        return true
      }
      if above.is(InfixOperatorExprSyntax.self) || above.is(ConditionElementSyntax.self) {
        return false
      }
    }
    return false
  }

  private func isErrorMember(_ node: VariableDeclSyntax) -> Bool {
    for above in sequence(first: node.parent, next: { $0?.parent }).compactMap({ $0 }) {
      if let type = above.as(StructDeclSyntax.self) { return Self.isErrorName(type.name.text) }
      if let type = above.as(EnumDeclSyntax.self) {
        return Self.isErrorName(type.name.text)
          || type.inheritanceClause?.description.contains("Error") == true
      }
      if let type = above.as(ExtensionDeclSyntax.self) {
        return Self.isErrorName(type.extendedType.trimmedDescription)
      }
    }
    return false
  }

  private func isString(_ node: ExprSyntax) -> Bool {
    if let literal = node.as(StringLiteralExprSyntax.self) {
      // An empty one, and one that is only the text handed on.
      return literal.segments.contains { segment in
        segment.as(StringSegmentSyntax.self)?.content.text.contains(where: \.isLetter) == true
      }
    }
    guard let sum = node.as(InfixOperatorExprSyntax.self),
      sum.operator.as(BinaryOperatorExprSyntax.self)?.operator.text == "+"
    else { return false }
    return isString(sum.leftOperand) || isString(sum.rightOperand)
  }

  private func text(_ node: ExprSyntax) -> SyntaxVisitorContinueKind {
    if let number = enlist("text", node) { wrap(node, "text", number) }
    return .skipChildren
  }

  // MARK: What is left alone

  override func visit(_ node: SwitchCaseItemSyntax) -> SyntaxVisitorContinueKind {
    if let expression = node.pattern.as(ExpressionPatternSyntax.self),
      expression.expression.is(StringLiteralExprSyntax.self)
    {
      walk(expression.expression)
    }
    if let clause = node.whereClause { walk(clause) }
    return .skipChildren
  }

  override func visit(_ node: MatchingPatternConditionSyntax) -> SyntaxVisitorContinueKind {
    walk(node.initializer)
    return .skipChildren
  }

  override func visit(_ node: ForStmtSyntax) -> SyntaxVisitorContinueKind {
    walk(node.sequence)
    if let clause = node.whereClause { walk(clause) }
    walk(node.body)
    return .skipChildren
  }

  override func visit(_ node: EnumCaseDeclSyntax) -> SyntaxVisitorContinueKind { .skipChildren }
  override func visit(_ node: AttributeSyntax) -> SyntaxVisitorContinueKind { .skipChildren }

  override func visit(_ node: LabeledExprSyntax) -> SyntaxVisitorContinueKind {
    let texts: [String?] = ["examples", "id", "sources", "title", "rationale", "cost", "notWhen"]
    if isRule, texts.contains(node.label?.text) { return .skipChildren }
    return .visitChildren
  }

  override func visit(_ node: FunctionDeclSyntax) -> SyntaxVisitorContinueKind {
    if isRule, let result = node.signature.returnClause?.type.trimmedDescription,
      Self.examples.contains(result)
    {
      return .skipChildren
    }
    return .visitChildren
  }

  /// Constants are made at each reading, for they hold mutants; where their type can't be told they
  /// are left alone, and so are examples.
  override func visit(_ node: VariableDeclSyntax) -> SyntaxVisitorContinueKind {
    guard isRule, node.bindings.count == 1, let binding = node.bindings.first,
      let value = binding.initializer,
      node.modifiers.contains(where: { $0.name.text == "static" })
        || node.parent?.is(CodeBlockItemSyntax.self) == true
          && node.parent?.parent?.parent?.is(SourceFileSyntax.self) == true
    else { return .visitChildren }
    let name = binding.pattern.trimmedDescription
    let type = binding.typeAnnotation?.type.trimmedDescription ?? Self.type(of: value.value)
    guard let type, name != "examples", !Self.examples.contains(type) else { return .skipChildren }
    let before = wraps.count
    walk(value.value)
    guard wraps.count > before || ["[RuleInstance]", "[SettingRow]"].contains(type) else {
      return .skipChildren
    }
    let (keyword, keywordEnd) = span(node.bindingSpecifier)
    replacements.append((keyword..<keywordEnd, "var"))
    let (equal, equalEnd) = span(value.equal)
    replacements.append(
      (equal..<equalEnd, (binding.typeAnnotation == nil ? ": \(type) " : "") + "{"))
    let (start, end) = span(value.value)
    wraps.insert(Wrap(start: start, end: end, before: "", after: " }"), at: before)
    return .skipChildren
  }

  private static func type(of value: ExprSyntax) -> String? {
    if value.is(StringLiteralExprSyntax.self) { return "String" }
    if value.is(IntegerLiteralExprSyntax.self) { return "Int" }
    if let array = value.as(ArrayExprSyntax.self) {
      guard let first = array.elements.first, let inner = type(of: first.expression) else {
        return nil
      }
      return "[\(inner)]"
    }
    if let sum = value.as(InfixOperatorExprSyntax.self) {
      return type(of: sum.rightOperand) == "String" ? "String" : nil
    }
    guard let call = value.as(FunctionCallExprSyntax.self),
      let name = call.calledExpression.as(DeclReferenceExprSyntax.self)?.baseName.text,
      name.first?.isUppercase == true
    else { return nil }
    return name
  }

  // MARK: Writing

  func rewritten(_ source: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    var opening: [Int: [Wrap]] = [:]
    var closing: [Int: [Wrap]] = [:]
    for wrap in wraps {
      opening[wrap.start, default: []].append(wrap)
      closing[wrap.end, default: []].append(wrap)
    }
    var at = 0
    let taken = Dictionary(
      replacements.map { ($0.range.lowerBound, $0) }, uniquingKeysWith: { first, _ in first })
    while at <= source.count {
      // Inner ones close first, outer ones open first; of equals the later was the inner one.
      for wrap in (closing[at] ?? []).reversed().sorted(by: { $0.start > $1.start })
      where wrap.start < at {
        result += Array(wrap.after.utf8)
      }
      for wrap in (opening[at] ?? []).sorted(by: { $0.end > $1.end }) {
        result += Array(wrap.before.utf8)
        if wrap.start == wrap.end { result += Array(wrap.after.utf8) }
      }
      if let replacement = taken[at] {
        result += Array(replacement.text.utf8)
        at = replacement.range.upperBound
        continue
      }
      if at < source.count { result.append(source[at]) }
      at += 1
    }
    return result
  }
}

@main
enum Program {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 4 else {
      FileHandle.standardError.write(Data("usage: mutator SKIPPED CATALOGUE TREE\n".utf8))
      exit(64)
    }
    var skipped: [String: Set<Int>] = [:]
    for line in try String(contentsOfFile: arguments[1], encoding: .utf8).split(separator: "\n") {
      let parts = line.split(separator: ":")
      guard parts.count >= 2, let number = Int(parts[1]) else { continue }
      skipped[String(parts[0]), default: []].insert(number)
    }
    let tree = URL(fileURLWithPath: arguments[3])
    let sources = tree.appendingPathComponent("Sources")
    let names = (FileManager.default.enumerator(atPath: sources.path)?.allObjects ?? [])
      .compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }.sorted()
    for name in names where !isLeftAlone(name) {
      let file = sources.appendingPathComponent(name)
      let text = try String(contentsOf: file, encoding: .utf8)
      let parsed = Parser.parse(source: text)
      guard
        let folded = OperatorTable.standardOperators.foldAll(parsed, errorHandler: { _ in })
          .as(SourceFileSyntax.self)
      else { continue }
      let mutator = Mutator(
        folded, file: "Sources/" + name, skipped: skipped["Sources/" + name] ?? [])
      mutator.walk(folded)
      guard !mutator.wraps.isEmpty else { continue }
      var result = mutator.rewritten(Array(text.utf8))
      // On the first line, so that the compiler's places are those of the source.
      if !name.hasPrefix("TuneKit/") { result = Array("import TuneKit; ".utf8) + result }
      try Data(result).write(to: file)
    }
    try (Mutator.catalogue.joined(separator: "\n") + "\n").write(
      toFile: arguments[2], atomically: true, encoding: .utf8)
  }

  /// Makers of examples, and texts that are generated or have no judgement in them.
  private static func isLeftAlone(_ name: String) -> Bool {
    let file = name.split(separator: "/").last ?? ""
    return file.hasPrefix("Example") || file.hasPrefix("Shipped") || name.hasPrefix("C")
  }
}
