/// Slices of a GPU that nobody uses.
struct GPUMIGShape: Rule {
  static let about = RuleInfo(
    id: "gpu.mig-shape", title: "A GPU in slices has its slices in use",
    severity: Severities(.warning),
    rationale:
      "A card split by MIG can't be used whole; half of it unallocated is half a card lost.",
    cost: "Changing the mode needs root and an idle card.",
    notWhen: "No NVIDIA card that the host drives.",
    sources: [.article("§9"), .link("https://docs.nvidia.com/datacenter/tesla/mig-user-guide/")])

  static func evaluate(_ context: Context) -> [Judgement] {
    context.onHost {
      guard let devices = context.facts.pciDevices.value else {
        return .unknown(context.facts.pciDevices.unknownReason)
      }
      let cards = devices.filter { $0.isGPU && $0.vendor == "10de" && $0.driver == "nvidia" }
      guard let first = cards.first else {
        return .notApplicable("the host drives no NVIDIA GPU")
      }
      return .unknown(
        "MIG of \(first.address): only nvidia-smi tells, and no command is run; look with "
          + "nvidia-smi --query-gpu=mig.mode.current --format=csv")
    }
  }

  static let examples = [
    Example("no such card", .exampleHost(), .notApplicable),
    Example("a card of a guest", GPUVFIOIOMMU.host(), .notApplicable),
    Example("a card of the host", GPUVFIOIOMMU.host(driver: "nvidia"), .unknown),
  ]
}
