// Features, enlightenments, clock and timers of a definition.

/// What `<features>` and `<clock>` declare.
public struct DomainFeatures: Sendable {
  /// A `<timer>`.
  public struct Timer: Sendable {
    /// The element.
    public let node: XMLNode
    /// `kvmclock`, `hypervclock`, `tsc`, `hpet`, `rtc`, `pit` …
    public let name: String
    /// `present`; nil where absent.
    public let present: Bool?
    /// `tickpolicy`; nil where absent.
    public let tickPolicy: String?
    /// TSC frequency in Hz.
    public let frequency: Int?
  }

  /// The `<features>` element; nil where absent.
  public let node: XMLNode?
  /// The `<hyperv>` element; nil where absent.
  public let hyperv: XMLNode?
  /// `hyperv/@mode`: `custom`, `passthrough` or `none`.
  public let hypervMode: String?
  /// Enlightenments by name: whether they are on.
  public let enlightenments: [String: Bool]
  /// `hyperv/spinlocks/@retries`.
  public let spinlockRetries: Int?
  /// Children of `<kvm>` by name: whether they are on.
  public let kvm: [String: Bool]
  /// `pmu/@state`; nil where the element is absent.
  public let pmu: Bool?
  /// `ioapic/@driver`.
  public let ioapicDriver: String?
  /// Whether `<smm>` is on.
  public let smm: Bool
  /// The `<clock>` element; nil where absent.
  public let clock: XMLNode?
  /// `clock/@offset`.
  public let clockOffset: String?
  /// The timers.
  public let timers: [Timer]

  /// The timer of a name.
  public func timer(_ name: String) -> Timer? { timers.first { $0.name == name } }

  init(_ domain: XMLNode) throws(DomainError) {
    let features = domain.first("features")
    node = features
    hyperv = features?.first("hyperv")
    hypervMode = hyperv?["mode"]
    enlightenments = Self.states(hyperv)
    spinlockRetries = try hyperv?.first("spinlocks")?.number("retries")
    kvm = Self.states(features?.first("kvm"))
    pmu = features?.first("pmu").map { $0.flag("state") ?? true }
    ioapicDriver = features?.first("ioapic")?["driver"]
    smm = features?.first("smm").map { $0.flag("state") ?? true } ?? false
    clock = domain.first("clock")
    clockOffset = clock?["offset"]
    var timers: [Timer] = []
    for timer in clock?.all("timer") ?? [] {
      timers.append(
        Timer(
          node: timer, name: timer["name"] ?? "", present: timer.flag("present"),
          tickPolicy: timer["tickpolicy"], frequency: try timer.number("frequency")))
    }
    self.timers = timers
  }

  private static func states(_ parent: XMLNode?) -> [String: Bool] {
    var states: [String: Bool] = [:]
    for child in parent?.children ?? [] { states[child.name] = child.flag("state") ?? true }
    return states
  }
}
