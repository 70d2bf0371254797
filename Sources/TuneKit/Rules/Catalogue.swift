// Every rule, one line each.

/// The catalogue.
public enum Catalogue {
  /// All rule types, by area in the order of the reference.
  public static let types: [any Rule.Type] = hostRules + domainRules + platformRules

  /// All rules, setting rows and the engine's own included.
  public static let all: [RuleInstance] =
    types.map { RuleInstance($0) } + SettingTable.rules + engine

  /// Rules that look at the audit itself: they see every verdict, so the engine judges them.
  static let engine: [RuleInstance] = [
    DomainFailureRule.about, WaiverRules.expired, WaiverRules.unused,
  ].map { RuleInstance(about: $0) { _ in [] } }

  /// The rules that apply under a profile: the catalogue, the profile's further settings and the
  /// user's own checks.
  public static func rules(for profile: EffectiveProfile) -> [RuleInstance] {
    all + FurtherSetting.rules(of: profile) + profile.checks.map(OwnCheckRule.rule)
  }

  /// Host, CPU, memory and block I/O rules of the host.
  static let hostRules: [any Rule.Type] = [
    HostVirtEnabled.self, HostKVMDevice.self, HostEPT.self, HostIOMMU.self,
    HostCgroupControllers.self, HostTunerConflict.self, HostPersistDrift.self,
    HostPendingBoot.self, HostProfileConflict.self, HostTopologyDisagrees.self,
    HostECCErrors.self, HostEntryFailed.self, CPUGovernor.self, CPUEnergyPreference.self,
    CPUNumaBalancing.self, MemPressure.self, IOSchedulerNVMe.self, IOSchedulerSSD.self,
    IOSchedulerHDD.self, IOSchedulerVirtio.self, DiskThinCapacity.self, LVMSnapshotCow.self,
    NetHostNICQueues.self, NetHostNICRings.self, NetBridgeNetfilter.self,
    ZFSArcMax.self, ZFSVolblock.self, NetOVS.self, NetSRIOVCandidate.self, NetVXLANOffload.self,
    CPUSMTPolicy.self, CPUIsolation.self, CPUNohzRCU.self, CPUIRQAffinity.self,
    CPUKVMLowLatency.self, CPUClocksource.self, CPUCStateLatency.self,
  ]
  /// Domain and host×domain rules: CPU, NUMA, memory, disks, network.
  static let domainRules: [any Rule.Type] = [
    PinRequired.self, PinComplete.self, PinOffline.self, PinOverlap.self, DedicatedShared.self,
    IsolatedFloating.self, EmulatorPin.self, IOThreadPin.self, PinSiblings.self,
    CPUMode.self, CPUTopology.self, CPUCachePassthrough.self, CPUKVMHints.self, CPUVCPUSched.self,
    CPUPMU.self, CPUQuota.self, AffinityActual.self, DomLiveDiffers.self, NumaVCPUSpread.self,
    NumaFitsNode.self, NumaMemoryBinding.self, NumaMemMode.self, NumaGuestTopology.self,
    NumaDeviceLocality.self, NumaCPULessNode.self, NumaRemoteMemory.self,
    DiskBus.self, DiskFormat.self, DiskCacheMode.self, DiskIOMode.self, DiskIOThread.self,
    DiskQueues.self, DiskDiscard.self, DiskBackingChain.self, DiskQcow2L2.self,
    DiskCowOnCow.self, DiskBlockSize.self,
    NetModel.self, NetVhost.self, NetMultiqueue.self, NetRingSize.self, NetMTU.self,
    MemHugepagesBacking.self, MemHugepages1G.self, MemHugepagesActual.self, MemHugepagesPool.self,
    MemHugepagesNode.self, MemHugepagesWaste.self, MemVhostUserShared.self, MemBalloon.self,
    MemBalloonConflict.self, MemLocked.self, MemHostReserve.self,
    DomMachineType.self, DomClockTimers.self, DomHypervEnlightenments.self, DomGuestAgent.self,
  ]
  /// Security, migration, nesting, GPU, sizing.
  static let platformRules: [any Rule.Type] = [
    SecMitigationsOff.self,
    SecVulnerabilities.self,
    SecL1TF.self,
    SecMDSSMT.self,
    SecSpectreV2.self,
    SecMicrocode.self,
    SecEmulatedDevices.self,
    SecSVirt.self,
    SecQEMURoot.self,
    SecSeccomp.self,
    SecLibvirtListen.self,
    SecHostServices.self,
    SecFirewall.self,
    SecVNC.self,
    SecNestedExposed.self,
    SecConfidential.self,
    SecConfidentialConflict.self,
    MigHostPassthrough.self,
    MigInvTSC.self,
    MigDevice.self,
    MigStorage.self,
    MigCacheSafe.self,
    MigBandwidth.self,
    MigMaxBandwidth.self,
    MigTLS.self,
    NestEnabled.self,
    NestCPUFeature.self,
    NestCost.self,
    NestMigration.self,
    GPUVFIOIOMMU.self,
    GPUDriverBound.self,
    GPUGuestShape.self,
    GPUModeFit.self,
    GPUMIGShape.self,
    SizeCPUOvercommit.self,
    SizeMemOvercommit.self,
    SizeDiskOvercommit.self,
    SizeVCPUOverNode.self,
    SizeVCPUOverHost.self,
    SizeClass.self,
    NetSRIOVVF.self,
  ]
}
