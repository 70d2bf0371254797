// tuned-vm advise -w VCPUS:MIB: what libvirt asks numad for placement='auto'

import ArgumentParser
import TuneHost
import TuneKit

struct AdviseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "advise",
    abstract: "Say which nodes a VM about to start should have, as numad does.",
    discussion: """
      libvirt asks numad -w VCPUS:MIB where a domain says placement='auto'. Called by
      the name numad, this program is this command. It reads files only, never asks
      libvirt, which waits for it, and answers within a second.
      """)

  @Option(
    name: .customShort("w"),
    help: ArgumentHelp("The VM's vCPUs and memory.", valueName: "vcpus:mib"))
  var wanted: String

  @Option(
    help: ArgumentHelp("Read a captured tree instead of this machine.", valueName: "dir"))
  var root: String?

  func run() throws {
    guard let size = NumadRequest(wanted) else {
      throw Failure(.usage, "-w takes VCPUS:MIB, such as 4:8192, not \(wanted.quoted())")
    }
    try Self.answer(size, root: root ?? "/")
  }

  /// Milliseconds until every node is the answer.
  private static let limit = 900

  /// Prints the nodes.
  ///
  /// - Throws: 65 where no node is known.
  static func answer(_ size: NumadRequest, root: String) throws {
    let watch = Stopwatch()
    let nodes = try NodeNames.read(root: root)
    LastWord.arm(Array((nodes.description + "\n").utf8), milliseconds: limit)
    let snapshot = try HostProbe.placement(root: root)
    let advice = try? PlacementAdvice(
      Facts(snapshot), vcpus: size.vcpus, memoryMiB: size.memoryMiB
    ) { watch.seconds * 1000 / Double(limit - 200) }
    LastWord.claim()
    try Terminal.write((advice?.nodes ?? nodes).description + "\n")
  }
}

/// What follows `-w`, read as numad does: vCPUs, perhaps with decimals, and MiB.
struct NumadRequest {
  let vcpus: Int
  let memoryMiB: Int

  init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let vcpus = Self.number(first) else { return nil }
    var memory = 1
    if parts.count == 2 {
      guard let mib = Self.number(parts[1]) else { return nil }
      memory = mib
    }
    let isWhole = !first.dropFirst(Self.digits(first).count).hasPrefix(".")
    self.vcpus = isWhole ? vcpus : vcpus + 1
    memoryMiB = memory
  }

  private static func digits(_ text: Substring) -> Substring {
    text.prefix { $0.isASCII && $0.isNumber }
  }

  /// The number a text begins with; one that is too large counts as the largest.
  private static func number(_ text: Substring) -> Int? {
    let digits = digits(text)
    guard !digits.isEmpty else { return nil }
    return Int(digits) ?? Int.max
  }
}

/// The call by numad's name.
enum NumadCall {
  /// Where the package puts the numad that was there before.
  static let original = "/usr/bin/numad.distrib"

  /// Answers a call of numad; never returns.
  static func run(_ words: [String]) -> Never {
    guard let value = request(in: words) else {
      // The daemon and its options are numad's own business.
      Program.replace(by: original, words)
      Terminal.complain(["as numad only 'numad -w VCPUS:MIB' is answered here"])
      Program.end(1)
    }
    guard let size = NumadRequest(value) else {
      Terminal.complain(["Can't parse arg value(s): \(value)"])
      Program.end(1)
    }
    do {
      try AdviseCommand.answer(size, root: "/")
      Program.end(0)
    } catch {
      Program.end(1)
    }
  }

  private static func request(in words: [String]) -> String? {
    if let index = words.firstIndex(of: "-w"), index + 1 < words.count { return words[index + 1] }
    return words.first { $0.hasPrefix("-w") && $0.count > 2 }.map { String($0.dropFirst(2)) }
  }
}
