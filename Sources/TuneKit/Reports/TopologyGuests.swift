// The domains as the character drawing names them.

/// Letters for domains, and where their vCPUs and memory are.
struct TopologyGuests {
  /// A domain.
  struct Guest {
    /// Its letter.
    let tag: String
    /// Name, size, and how it is placed.
    let summary: String
  }

  /// All domains, in their order.
  let all: [Guest]
  private let places: GuestPlaces
  private let actual: [Int: [(guest: Int, kibibytes: Int)]]

  init(_ facts: Facts) {
    places = GuestPlaces(facts)
    var actual: [Int: [(guest: Int, kibibytes: Int)]] = [:]
    var guests: [Guest] = []
    for (index, domain) in facts.domains.enumerated() {
      let definition = domain.current
      var parts = [
        Escape.text(domain.key), "\(definition.vcpus) vCPU\(definition.vcpus == 1 ? "" : "s")",
      ]
      if let memory = definition.memory.totalKiB { parts.append(TopologyText.size(memory)) }
      if let runs = domain.runs { parts.append(runs ? "running" : "shut off") }
      if places.floating.contains(index) { parts.append("not pinned") }
      guests.append(Guest(tag: Self.tag(index), summary: parts.joined(separator: ", ")))
      let memory = facts.process(of: domain)?.memoryByNode.value ?? [:]
      for (node, size) in memory where size >= 1024 {
        actual[node, default: []].append((index, size))
      }
    }
    all = guests
    self.actual = actual
  }

  /// `a` … `z`, `A` … `Z`, then `aa`, `ab` …
  static func tag(_ index: Int) -> String {
    let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    guard index >= letters.count else { return String(letters[index]) }
    let rest = index - letters.count
    return String(letters[rest / letters.count % letters.count])
      + String(letters[rest % letters.count])
  }

  /// Who is pinned to a CPU: `a3` is vCPU 3 of a; `a` a wider pin of a; `+` more guests.
  func user(of cpu: Int) -> String {
    guard let uses = places.byCPU[cpu], let first = uses.first else { return "" }
    let name = Self.tag(first.guest) + (first.vcpu.map { "\($0)" } ?? "")
    return uses.count > 1 ? name + "+" : name
  }

  /// Guests' memory on a node: what lies there, else what is bound to it.
  func memory(on node: Int) -> [String] {
    if let actual = actual[node], !actual.isEmpty {
      return actual.sorted { $0.guest < $1.guest }.map { guest, size in
        "\(Self.tag(guest)) \(TopologyText.size(size))"
      }
    }
    return (places.byNode[node] ?? []).map { share in
      Self.tag(share.guest)
        + (share.sizeKiB.map { " \(TopologyText.size($0)) bound" } ?? " bound")
    }
  }
}
