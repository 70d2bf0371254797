// vCPUs, IOThreads and where their threads may run.

/// The count and placement of a guest's vCPUs and IOThreads, as declared.
public struct DomainCPUTune: Sendable {
  /// A `<vcpupin>` or `<iothreadpin>`.
  public struct Pin: Sendable {
    /// The element.
    public let node: XMLNode
    /// vCPU or IOThread number.
    public let id: Int
    /// The host CPUs.
    public let cpus: CPUSet
  }

  /// A `<vcpusched>`.
  public struct Scheduler: Sendable {
    /// The element.
    public let node: XMLNode
    /// The vCPUs; nil where it names none.
    public let vcpus: CPUSet?
    /// `fifo`, `rr`, `batch`, `idle`.
    public let scheduler: String?
    /// Real-time priority.
    public let priority: Int?
  }

  /// The `<vcpu>` element; nil where absent (one vCPU).
  public let vcpuNode: XMLNode?
  /// The `<cputune>` element; nil where absent.
  public let node: XMLNode?
  /// The maximum: `<vcpu>`'s text. Pins and queues go by it.
  public let maximum: Int
  /// How many the guest starts with: `@current`, else the maximum. Overcommit goes by it.
  public let current: Int
  /// `vcpu/@placement`, `static` or `auto`, with libvirt's default resolved.
  public let isAutoPlaced: Bool
  /// `vcpu/@cpuset`.
  public let cpuset: CPUSet?
  /// vCPUs that `<vcpus>` switches off at the start.
  public let offline: CPUSet
  /// `<vcpupin>` elements.
  public let vcpuPins: [Pin]
  /// `<emulatorpin>`.
  public let emulatorPin: (node: XMLNode, cpus: CPUSet)?
  /// `<iothreadpin>` elements.
  public let iothreadPins: [Pin]
  /// `<vcpusched>` elements.
  public let schedulers: [Scheduler]
  /// Numbers of the IOThreads, in order: those of `<iothreadids>`, filled up to `<iothreads>`.
  public let iothreads: [Int]
  /// `<iothreads>` as written; nil where absent.
  public let iothreadCount: Int?
  /// `cputune/shares`.
  public let shares: Int?
  /// `cputune/quota` in µs; negative is no limit.
  public let quota: Int?
  /// `cputune/period` in µs.
  public let period: Int?
  /// `cputune/global_quota` in µs.
  public let globalQuota: Int?
  /// `cputune/global_period` in µs.
  public let globalPeriod: Int?

  init(_ domain: XMLNode) throws(DomainError) {
    let vcpu = domain.first("vcpu")
    let tune = domain.first("cputune")
    vcpuNode = vcpu
    node = tune
    let maximum = try vcpu?.number(in: 1...Domain.vcpuLimit) ?? 1
    self.maximum = maximum
    let individual = try Self.individual(domain.first("vcpus"))
    offline = individual.offline
    // libvirt lets <vcpus> decide how many are online where both are given.
    let current = try vcpu?.number("current", in: 1...maximum)
    self.current =
      individual.isGiven ? max(1, maximum - individual.offline.count) : current ?? maximum
    cpuset = try vcpu?.set("cpuset")
    isAutoPlaced = Self.isAuto(vcpu, numatune: domain.first("numatune"))
    vcpuPins = try Self.pins(tune?.all("vcpupin") ?? [], by: "vcpu")
    iothreadPins = try Self.pins(tune?.all("iothreadpin") ?? [], by: "iothread")
    if let pin = tune?.first("emulatorpin"), let cpus = try pin.set("cpuset") {
      emulatorPin = (pin, cpus)
    } else {
      emulatorPin = nil
    }
    schedulers = try Self.schedulers(tune?.all("vcpusched") ?? [])
    let count = try domain.first("iothreads")?.number(in: 0...Domain.vcpuLimit)
    iothreadCount = count
    iothreads = try Self.iothreads(count: count ?? 0, ids: domain.first("iothreadids"))
    shares = try tune?.first("shares")?.number()
    quota = try tune?.first("quota")?.number(in: Int.min...Int.max)
    period = try tune?.first("period")?.number()
    globalQuota = try tune?.first("global_quota")?.number(in: Int.min...Int.max)
    globalPeriod = try tune?.first("global_period")?.number()
  }

  private static func individual(
    _ node: XMLNode?
  ) throws(DomainError) -> (isGiven: Bool, offline: CPUSet) {
    var offline = CPUSet()
    guard let node else { return (false, offline) }
    for vcpu in node.all("vcpu") {
      guard let id = try vcpu.number("id", in: 0...Domain.vcpuLimit) else { continue }
      if vcpu.flag("enabled") == false { offline.insert(id) }
    }
    return (true, offline)
  }

  /// libvirt's default: `static` with a cpuset, else what numatune says, else `static`.
  private static func isAuto(_ vcpu: XMLNode?, numatune: XMLNode?) -> Bool {
    if let placement = vcpu?["placement"] { return placement == "auto" }
    guard vcpu?["cpuset"] == nil else { return false }
    return numatune?.first("memory")?["placement"] == "auto"
  }

  private static func pins(_ nodes: [XMLNode], by attribute: String) throws(DomainError) -> [Pin] {
    var pins: [Pin] = []
    for node in nodes {
      guard let id = try node.number(attribute, in: 0...Domain.vcpuLimit),
        let cpus = try node.set("cpuset")
      else { continue }
      pins.append(Pin(node: node, id: id, cpus: cpus))
    }
    return pins
  }

  private static func schedulers(_ nodes: [XMLNode]) throws(DomainError) -> [Scheduler] {
    var schedulers: [Scheduler] = []
    for node in nodes {
      schedulers.append(
        Scheduler(
          node: node, vcpus: try node.set("vcpus"), scheduler: node["scheduler"],
          priority: try node.number("priority", in: Int.min...Int.max)))
    }
    return schedulers
  }

  private static func iothreads(count: Int, ids: XMLNode?) throws(DomainError) -> [Int] {
    var numbers: [Int] = []
    for node in ids?.all("iothread") ?? [] {
      if let id = try node.number("id", in: 1...Int.max) { numbers.append(id) }
    }
    let given = Set(numbers)
    var next = 1
    while numbers.count < count {
      if !given.contains(next) { numbers.append(next) }
      next += 1
    }
    return numbers
  }
}
