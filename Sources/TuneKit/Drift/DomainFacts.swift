// A domain's definition as facts: every element and attribute by its way, with what identifies an
// element in brackets, so that a device that moves in the file has not moved.

/// Flattens one domain.
struct DomainFactCollector {
  let domain: Domain

  init(_ domain: Domain) { self.domain = domain }

  /// No definition needs more; the rest of a hostile one is not remembered.
  private static let limit = 20_000

  func collect(into result: inout StableFacts) {
    result.add(domain.subject, StableFacts.presence, "defined", domain.source.origin)
    if let autostart = domain.source.autostart {
      result.add(domain.subject, "autostart", autostart ? "on" : "off", domain.source.origin)
    }
    flatten(domain.definition.node, "", domain.subject, into: &result)
    guard let live = domain.live, domain.source.persistent != nil else { return }
    // Of the running guest only what a tuner changes: the rest is as the definition was at its start.
    for child in live.node.children where ["cputune", "numatune", "vcpu"].contains(child.name) {
      flatten(child, "live/\(child.name)", domain.subject, into: &result)
    }
  }

  // MARK: - Elements

  private func flatten(
    _ node: XMLNode, _ way: String, _ subject: Subject, into result: inout StableFacts
  ) {
    guard result.facts.count < Self.limit * 50 else { return }
    // Being there is a fact of its own: <hugepages/> has no other.
    if !way.isEmpty { result.add(subject, way, node.text.trimmedBlanks, way) }
    for attribute in node.element.attributes where !Self.secrets.contains(attribute.name) {
      guard !attribute.name.hasPrefix("xmlns"), let value = node[attribute.name] else { continue }
      let name = way.isEmpty ? "@\(attribute.name)" : "\(way)/@\(attribute.name)"
      result.add(subject, name, value, name)
    }
    var places: [String: Int] = [:]
    for child in node.children where !isVolatile(child, below: way) {
      let identity = Self.identity(child)
      let step = child.name + (identity.map { "[\($0)]" } ?? "")
      let place = places[step, default: 0] + 1
      places[step] = place
      let name = place == 1 ? step : "\(step)#\(place)"
      let inner = way.isEmpty ? name : "\(way)/\(name)"
      let (childSubject, start) = self.subject(of: child, way: way, inner: inner, subject)
      if start { result.add(childSubject, StableFacts.presence, "defined", inner) }
      flatten(child, inner, childSubject, into: &result)
    }
  }

  private static let secrets: Set<String> = ["passwd", "password", "passwdValidTo"]

  /// Names and addresses that libvirt gives anew, and what other programs keep there.
  private func isVolatile(_ node: XMLNode, below way: String) -> Bool {
    switch node.name {
    case "alias", "seclabel": return way.hasPrefix("devices") || node["type"] == "dynamic"
    case "uuid", "name", "title", "description": return way.isEmpty
    case "metadata": return false
    default:
      guard way == "metadata" else { return false }
      return !(node.document.namespace(of: node) ?? node.name).contains("tuned-vm")
    }
  }

  // MARK: - Subjects

  /// A disk, an interface or a device handed over is a subject of its own.
  private func subject(
    of node: XMLNode, way: String, inner: String, _ subject: Subject
  ) -> (Subject, Bool) {
    guard way == "devices" else { return (subject, false) }
    let fallback = inner.split(separator: "/").last.map(String.init) ?? node.name
    switch node.name {
    case "disk":
      let target = node.first("target")?["dev"] ?? fallback
      return (Subject(.domainDisk, "\(domain.key)/\(target)"), true)
    case "interface":
      let address = node.first("mac")?["address"] ?? fallback
      return (Subject(.domainInterface, "\(domain.key)/\(address)"), true)
    case "hostdev":
      let name = Self.pciAddress(node.descend("source/address")) ?? fallback
      return (Subject(.domainDevice, "\(domain.key)/\(name)"), true)
    default: return (subject, false)
    }
  }

  /// What tells an element from its siblings of the same name.
  private static func identity(_ node: XMLNode) -> String? {
    switch node.name {
    case "disk": node.first("target")?["dev"]
    case "interface": node.first("mac")?["address"]
    case "hostdev": pciAddress(node.descend("source/address"))
    case "controller": node["type"].map { "\($0) \(node["index"] ?? "0")" }
    case "vcpupin": node["vcpu"]
    case "iothreadpin": node["iothread"]
    case "vcpusched", "iothreadsched": node["vcpus"] ?? node["iothreads"]
    case "iothread", "cell": node["id"]
    case "memnode": node["cellid"]
    case "feature", "timer": node["name"]
    case "page":
      [node["size"], node["unit"], node["nodeset"]].compactMap { $0 }.joined(separator: " ")
    case "boot", "serial", "console", "channel", "graphics": node["dev"] ?? node["type"]
    default: nil
    }
  }

  private static func pciAddress(_ node: XMLNode?) -> String? {
    guard let node, let bus = digits(node["bus"], 2), let slot = digits(node["slot"], 2) else {
      return nil
    }
    let domain = digits(node["domain"] ?? "0", 4) ?? "0000"
    return "\(domain):\(bus):\(slot).\(digits(node["function"] ?? "0", 1) ?? "0")"
  }

  private static func digits(_ text: String?, _ count: Int) -> String? {
    guard let text else { return nil }
    let value = text.hasPrefix("0x") ? Int(text.dropFirst(2), radix: 16) : Int(text)
    guard let value, value >= 0 else { return nil }
    let hex = String(value, radix: 16)
    return String(repeating: "0", count: max(0, count - hex.utf8.count)) + hex
  }
}

extension XMLDocument {
  /// The namespace address of an element's prefix, looked up from the element outwards; nil where
  /// it has none.
  fileprivate func namespace(of node: XMLNode) -> String? {
    guard let colon = node.name.firstIndex(of: ":") else { return nil }
    let attribute = "xmlns:" + node.name[..<colon]
    if let own = node[attribute] { return own }
    return root.descendants.lazy.compactMap { $0[attribute] }.first ?? root[attribute]
  }
}
