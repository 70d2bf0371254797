// Whether a guest sees the processor's virtualization extensions.

/// What a guest sees of vmx or svm.
enum NestedExposure: Equatable {
  /// It sees them, for this reason.
  case exposed(String)
  /// It doesn't.
  case hidden
  /// A fact is missing.
  case unknown(String)

  static let names: Set<String> = ["vmx", "svm"]

  init(_ definition: DomainDefinition, _ facts: Facts) {
    let features = definition.cpu?.features.filter { Self.names.contains($0.name) } ?? []
    if features.contains(where: { ["disable", "forbid"].contains($0.policy) }) {
      self = .hidden
    } else if let feature = features.first(where: { ["require", "force"].contains($0.policy) }) {
      self = .exposed("feature \(feature.name) is \(feature.policy)d")
    } else if let mode = definition.cpu?.mode,
      ["host-passthrough", "host-model", "maximum"].contains(mode)
    {
      let nested = Self.nested(facts)
      switch nested.value {
      case true?: self = .exposed("mode \(mode) on a host with nested virtualization")
      case false?: self = .hidden
      case nil: self = .unknown(nested.unknownReason)
      }
    } else {
      self = .hidden
    }
  }

  /// The module in use, by its parameter file; nil where neither is there.
  static func module(_ facts: Facts) -> String? {
    ["kvm_intel", "kvm_amd"].first {
      facts.snapshot.files["/sys/module/\($0)/parameters/nested"] != nil
    }
  }

  /// Whether the host offers nested virtualization.
  static func nested(_ facts: Facts) -> Known<Bool> {
    guard let module = module(facts) else {
      return Known(
        missing: "no such file", from: "/sys/module/kvm_intel/parameters/nested")
    }
    return facts.modules.flag(module, "nested")
  }

  /// The word for this host's processor.
  static func feature(_ facts: Facts) -> String {
    facts.processor.isAMD || module(facts) == "kvm_amd" ? "svm" : "vmx"
  }
}

extension DomainDefinition {
  /// Whether it asks for vmx or svm itself.
  var requiresNesting: Bool {
    cpu?.features.contains {
      NestedExposure.names.contains($0.name) && ["require", "force"].contains($0.policy)
    } ?? false
  }
}
