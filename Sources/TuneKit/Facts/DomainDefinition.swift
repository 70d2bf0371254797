// One definition of a domain, parsed.

/// One parsed domain definition.
///
/// A class only so that handing it on costs one count instead of one for each of its texts: it never
/// changes.
public final class DomainDefinition: Sendable {
  /// The `<os>` of a definition.
  public struct System: Sendable {
    /// The element; nil where absent.
    public let node: XMLNode?
    /// `hvm`, `linux`, `exe` …
    public let type: String?
    /// `type/@arch`.
    public let arch: String?
    /// `type/@machine`, as written.
    public let machine: String?
    /// `@firmware`: `efi` or `bios`.
    public let firmware: String?
    /// The firmware image's path.
    public let loader: String?
    /// Whether the guest starts from UEFI firmware.
    public let isUEFI: Bool
  }

  /// What the metadata says.
  public struct Tags: Sendable, Equatable {
    /// libosinfo's id of the guest's system: `http://debian.org/debian/12`.
    public var osID: String?
    /// Its profile.
    public var profile: String?
    /// Its trust tier.
    public var trust: String?
    /// hypervisor, template, lab, ephemeral.
    public var role: String?
    /// Whether its memory must be encrypted.
    public var confidential: Bool?
  }

  /// The namespace of this program's tags in a definition's metadata.
  public static let namespace = "https://tuned-vm.org/domain/1"

  /// The `<domain>` element.
  public let node: XMLNode
  /// `<name>`.
  public let name: String
  /// `<uuid>`; nil where absent.
  public let uuid: String?
  /// `@type`: `kvm`, `qemu`, `xen` …
  public let type: String
  /// The guest's machine and firmware.
  public let system: System
  /// vCPUs, IOThreads, pins.
  public let cputune: DomainCPUTune
  /// Where its vCPUs may run.
  let pins: DomainPins
  /// The guest's processor; nil where `<cpu>` is absent.
  public let cpu: DomainCPU?
  /// Its memory.
  public let memory: DomainMemory
  /// Features and clock.
  public let features: DomainFeatures
  /// Its devices.
  public let devices: DomainDevices
  /// `launchSecurity/@type`; nil where absent.
  public let launchSecurity: XMLNode?
  /// Security labels.
  public let securityLabels: [XMLNode]
  /// What the metadata says.
  public let tags: Tags
  /// Whether arguments are handed to QEMU past libvirt.
  public let hasQEMUCommandLine: Bool

  /// Parses the definition in a document, `<domain>` or a live status file's `<domstatus>`.
  ///
  /// - Throws: `DomainError` where it is no domain or a value has the wrong type.
  init(_ document: XMLDocument, key: String? = nil) throws(DomainError) {
    let node = document.baseNode
    guard node.name == "domain" else {
      let place = document.root.place
      throw DomainError(
        line: place.line, column: place.column,
        problem: "is a <\(XMLCharacters.printable(document.root.name))>; expected a <domain>")
    }
    self.node = node
    guard let nameNode = node.first("name"), !nameNode.text.isEmpty else {
      let place = node.first("name")?.place ?? node.place
      throw DomainError(
        line: place.line, column: place.column, problem: "the domain has no name; expected a <name>"
      )
    }
    name = nameNode.text
    guard !name.utf8.contains(10) else {
      throw nameNode.wrong(name, attribute: nil, expected: "a name on one line")
    }
    uuid = node.first("uuid")?.text.trimmedBlanks
    type = node["type"] ?? ""
    system = Self.system(node)
    cputune = try DomainCPUTune(node)
    pins = DomainPins(cputune)
    cpu = try node.first("cpu").map { node throws(DomainError) in try DomainCPU(node) }
    memory = try DomainMemory(node, cells: cpu?.cells ?? [])
    features = try DomainFeatures(node)
    devices = try DomainDevices(node, key: key ?? name)
    launchSecurity = node.first("launchSecurity")
    securityLabels = node.all("seclabel")
    tags = Self.tags(node.first("metadata"))
    hasQEMUCommandLine = node.children.contains { $0.localName == "commandline" }
  }

  private static func system(_ domain: XMLNode) -> System {
    let os = domain.first("os")
    let loader = os?.first("loader")
    let path = loader?.text.trimmedBlanks
    let firmware = os?["firmware"]
    return System(
      node: os, type: os?.first("type")?.text.trimmedBlanks, arch: os?.first("type")?["arch"],
      machine: os?.first("type")?["machine"], firmware: firmware, loader: path,
      isUEFI: firmware == "efi" || loader?["type"] == "pflash"
        || os?.first("nvram") != nil || path.map(Self.isUEFI(loader:)) == true)
  }

  /// Firmware without a variable store (SEV, TDX, microvm) is one ROM; its name tells.
  private static func isUEFI(loader path: String) -> Bool {
    let name = path.lowercased()
    return ["ovmf", "edk2", "aavmf", "uefi", "qemu_efi", "tdvf"].contains { name.contains($0) }
  }

  private static func tags(_ metadata: XMLNode?) -> Tags {
    var tags = Tags()
    guard let metadata else { return tags }
    for node in metadata.descendants {
      if node.localName == "os", let id = node["id"], tags.osID == nil { tags.osID = id }
    }
    for node in metadata.children where node.namespace == namespace {
      let text = node.text.trimmedBlanks
      switch node.localName {
      case "profile": tags.profile = text
      case "trust": tags.trust = text
      case "role": tags.role = text
      case "confidential": tags.confidential = !["false", "no", "0"].contains(text.lowercased())
      default: break
      }
    }
    return tags
  }
}
