// What can be changed: kernel knobs, what persists them, huge-page pools, domain definitions.
//
// A change is data. The same value is modelled on a snapshot (laws, dry runs), written into a
// captured tree, and carried out on the live host.

/// One change a remedy asks for.
public enum Change: Sendable, Equatable {
  /// Write a value into a kernel file of sysfs or procfs.
  case knob(path: String, value: String)
  /// Make a value come back at the next boot.
  case persist(Persistence)
  /// Reserve huge pages on a node.
  case hugePages(node: Int, pageSizeKiB: Int, count: Int)
  /// Edit a domain's definition.
  case domain(DomainChange)
}

/// How a value outlives a boot. The planner gathers all lines of one file (rules.md annex g).
public enum Persistence: Sendable, Equatable, Hashable {
  /// A line of `/etc/sysctl.d/60-tuned-vm.conf`.
  case sysctl(key: String, value: String)
  /// A `w` line of `/etc/tmpfiles.d/60-tuned-vm.conf`; the path may hold globs.
  case tmpfile(path: String, value: String)
  /// A line of `/etc/udev/rules.d/60-tuned-vm.rules`.
  case udev(rule: String)
  /// An option of `/etc/modprobe.d/60-tuned-vm.conf`.
  case modprobe(module: String, option: String, value: String)
  /// A line of `/etc/modules-load.d/60-tuned-vm.conf`.
  case modulesLoad(module: String)
  /// A kernel argument, `key=value` or `key`.
  case kernelArgument(key: String, value: String?)
}

/// Edits of one domain's definition that one rule asks for, with the live calls that bring the
/// running guest to the same state where libvirt can.
public struct DomainChange: Sendable, Equatable {
  /// Which domain (`Domain.key`).
  public let domain: String
  /// The edits, in order.
  public let edits: [XMLEdit]
  /// Calls for the running guest; empty where only the next start can change it.
  public let live: [LiveCall]

  /// Whether it moves memory of the running guest and nothing else.
  public var movesMemory: Bool {
    guard edits.isEmpty, case .moveMemory = live.first else { return false }
    return true
  }

  /// Creates a change.
  public init(domain: String, edits: [XMLEdit], live: [LiveCall] = []) {
    self.domain = domain
    self.edits = edits
    self.live = live
  }
}

/// A libvirt call on a running guest.
public enum LiveCall: Sendable, Equatable {
  /// `virDomainPinVcpuFlags`.
  case pinVCPU(Int, CPUSet)
  /// `virDomainPinEmulator`.
  case pinEmulator(CPUSet)
  /// `virDomainPinIOThread`.
  case pinIOThread(Int, CPUSet)
  /// `virDomainSetNumaParameters` with a node set.
  case memoryNodes(CPUSet)
  /// `move_pages` of what lies elsewhere; can't be given back.
  case moveMemory(CPUSet)
}

/// The way to an element below `<domain>`.
public struct XMLPath: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
  /// One element on the way.
  public struct Step: Sendable, Hashable {
    /// The element's name as written, with its prefix if it has one.
    public var name: String
    /// Attributes the element must have. Given when one is created for this step.
    public var attributes: [Attribute]
    /// Which of the matching elements, from 0.
    public var index: Int

    /// Creates a step.
    public init(_ name: String, attributes: [Attribute] = [], index: Int = 0) {
      self.name = name
      self.attributes = attributes
      self.index = index
    }
  }

  /// An attribute and its value.
  public struct Attribute: Sendable, Hashable {
    /// The name.
    public var name: String
    /// The value, not escaped.
    public var value: String
    /// Creates an attribute.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// The elements from below `<domain>` downwards; empty for `<domain>` itself.
  public var steps: [Step]

  /// Creates a path of steps.
  public init(_ steps: [Step]) { self.steps = steps }

  /// A path of plain names: `"cputune/emulatorpin"`.
  public init(stringLiteral value: String) {
    steps = value.split(separator: "/").map { Step(String($0)) }
  }

  /// The path one element further down.
  public func child(_ name: String, _ attributes: [Attribute] = [], index: Int = 0) -> XMLPath {
    XMLPath(steps + [Step(name, attributes: attributes, index: index)])
  }

  /// XPath-like, for evidence and messages: `cputune/vcpupin[@vcpu='3']`, `devices/disk[2]`.
  public var description: String {
    steps.map { step in
      let filters = step.attributes.map { "[@\($0.name)='\($0.value)']" }.joined()
      return step.name + filters + (step.index > 0 ? "[\(step.index + 1)]" : "")
    }.joined(separator: "/")
  }
}

/// One edit of a definition. Elements on the way that are missing are created, in the place
/// libvirt's own output has them.
public enum XMLEdit: Sendable, Hashable {
  /// Set an attribute, creating the element where it is missing.
  case setAttribute(XMLPath, name: String, value: String)
  /// Remove an attribute where it is there.
  case removeAttribute(XMLPath, name: String)
  /// Set an element's text, creating the element where it is missing.
  case setText(XMLPath, String)
  /// Make sure that the element is there.
  case ensure(XMLPath)
  /// Remove the element, with what is in it, where it is there.
  case remove(XMLPath)
}
