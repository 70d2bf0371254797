// What is never written, whatever a rule asks for (rules.md annex e, the lab's traps).

/// Checks of a wish against the host and the domain it changes.
enum PlanGates {
  /// The answer of a gate.
  enum Answer: Equatable {
    case open
    /// It stays advice.
    case advice(String)
    /// It is refused.
    case refused(String)
  }

  /// Rules whose edit could leave a guest unable to boot.
  static let bootRisks: Set<String> = ["disk.bus", "net.model"]

  /// Checks one wish.
  static func check(
    _ candidate: Candidate, domain: Domain?, definition: XMLDocument?, facts: Facts,
    options: PlanOptions
  ) -> Answer {
    switch candidate.change {
    case .knob?, .persist?:
      if let change = candidate.change, let why = HostMemoryGate.refusal(of: change, facts) {
        return .refused(why)
      }
      guard let change = candidate.change, let owner = KnobOwner.of(change, in: facts),
        !KnobOwner.isTaken(change, rule: candidate.rule, by: options.take)
      else { return .open }
      let keeps = owner.value.map { "keeps it at '\($0)'" } ?? "sets it as it sees fit"
      return .refused("\(owner.name) \(keeps); stop it, or --take \(candidate.rule)")
    case .domain(let change):
      guard let domain else { return .refused("there is no domain '\(change.domain)'") }
      return check(change, of: candidate, domain, definition, options, facts)
    default: return .open
    }
  }

  private static func check(
    _ change: DomainChange, of candidate: Candidate, _ domain: Domain,
    _ definition: XMLDocument?, _ options: PlanOptions, _ facts: Facts
  ) -> Answer {
    // A captured guest's threads and pages are where they were; nothing can be written to bring them
    // elsewhere.
    if change.edits.isEmpty, !domain.source.origin.contains("://") {
      return .advice("a captured guest's threads and memory can't be moved from here")
    }
    if change.movesMemory { return MemoryMoveGate.check(change, domain, facts) }
    guard let persistent = domain.source.persistent else {
      return .advice("the domain is transient: no definition that a next start could use")
    }
    guard let definition else {
      return .refused("its definition is not known: \(persistent.unknownReason)")
    }
    if change.edits.contains(where: isMachineType) {
      return .advice("the machine type is never changed: the guest sees other hardware")
    }
    if bootRisks.contains(candidate.rule) {
      guard GuestSystem.of(definition) == .linux else {
        return .advice("the guest could not boot without the driver; its metadata isn't Linux")
      }
      guard options.confirmed, options.names(rule: candidate.rule, domain: domain.key) else {
        return .advice(
          "the guest must have the driver first; then use --only \(candidate.rule) "
            + "--only domain:\(domain.key.onOneLine) --yes")
      }
    }
    if change.edits.contains(where: DomainText.touchesSavedState) {
      if domain.source.hasManagedSave == true {
        return .refused("a saved image waits for it; start it, or 'virsh managedsave-remove'")
      }
      if domain.source.hasSnapshots == true {
        return .refused("libvirt keeps snapshots of it, which need the machine as it is")
      }
    }
    return .open
  }

  private static func isMachineType(_ edit: XMLEdit) -> Bool {
    edit.path.steps.map(\.name) == ["os", "type"] && edit.attribute == "machine"
  }
}

/// The guest's operating system as its metadata says.
enum GuestSystem: Equatable {
  case linux
  case windows
  case unknown

  /// Looks for libosinfo's `<os id="…">` in the metadata.
  static func of(_ definition: XMLDocument) -> GuestSystem {
    guard let metadata = definition.baseNode.first("metadata") else { return .unknown }
    let ids = metadata.descendants.filter { $0.localName == "os" }.compactMap { $0["id"] }
    guard let id = ids.first else { return .unknown }
    if id.contains("microsoft.com/") { return .windows }
    return linuxVendors.contains { id.contains($0) } ? .linux : .unknown
  }

  /// Vendors of osinfo-db whose every system is Linux.
  private static let linuxVendors = [
    "debian.org", "ubuntu.com", "fedoraproject.org", "redhat.com", "centos.org",
    "almalinux.org", "rockylinux.org", "opensuse.org", "suse.com", "archlinux.org",
    "alpinelinux.org", "gentoo.org", "oracle.com/ol", "linuxmint.com", "libosinfo.org/linux",
    "amazon.com", "cirros-cloud.net", "nixos.org", "voidlinux.org", "mageia.org", "eurolinux",
    "scientificlinux.org", "guix.gnu.org", "endlessos.com", "altlinux.org", "openeuler",
  ]
}
