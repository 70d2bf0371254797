// Generated from profiles/*.yaml by scripts/shipped-profiles. Edit those, then run it again.

enum ShippedProfiles {
  /// Name and text of each file, in the order of the reference.
  static let all: [(name: String, text: String)] = [
    (
      "general",
      #"""
      # Mixed hosts; safe defaults that help every guest.
      #
      # What the rules ask of guests under this profile:
      #   pinned above 8 vCPUs; huge pages worth a look from 32 GiB on; CPU host-model; virtio balloon;
      #   disks qcow2, cache none, io native (io_uring on thin files); 0-1 IOThread per busy disk;
      #   network virtio with vhost
      name: general
      about: "Mixed hosts; safe defaults that help every guest."
      settings:
        # guests cannot ask for frequency; a slow ramp reaches them as latency
        cpu.governor: performance  # default: the distribution, often schedutil or powersave
        # counts where the governor is not performance: lean to speed, keep some thrift
        cpu.epp: balance_performance  # default: balance_performance on most firmware
        # single busy vCPUs run a third faster
        cpu.turbo: on  # default: on
        # moves pages of floating guests to the node they run on
        kernel.numa_balancing: 1  # default: 1 on several nodes
        # reclaiming before using another node throws the page cache away
        vm.zone_reclaim_mode: 0  # default: 0
        # QEMU asks for guest memory by madvise, so madvise is enough
        thp.enabled: madvise  # default: madvise or always, by distribution
        # compacts only where somebody asked for it; always stalls any allocation
        thp.defrag: madvise  # default: madvise
        # guest memory is worth more than the host's page cache
        vm.swappiness: 10  # default: 60
        # write back early and in small lots (only where a disk is buffered)
        vm.dirty_background_ratio: 5  # default: 10
        # room for bursts before writers are made to wait
        vm.dirty_ratio: 40  # default: 20
        # flush the L1 cache where the entry could leak; costs little
        kvm_intel.vmentry_l1d_flush: cond  # default: cond
        # the device has its own queues; a scheduler only costs
        block[kind=nvme].scheduler: none  # default: none
        # keeps reads ahead of long writes
        block[kind=ssd].scheduler: mq-deadline  # default: mq-deadline on one queue, none on many
        # orders requests by place and keeps a deadline
        block[kind=hdd].scheduler: mq-deadline  # default: mq-deadline, or bfq by distribution
      rules:
        # above the first a warning, above the second critical; vCPUs per logical CPU
        size.cpu-overcommit: {warning: 4, critical: 8}
        # guest memory per memory that guests may have
        size.mem-overcommit: {warning: 1.5, critical: 2}
        # most network queues asked for; each costs a thread and guest memory
        net.multiqueue: {cap: 8}
        # receive ring of a guest's interface
        net.ring-size: {minimum: 256}  # default: 256

      """#
    ),
    (
      "db",
      #"""
      # Hosts of database guests: own memory, even latency, no page-cache games.
      #
      # What the rules ask of guests under this profile:
      #   pinned to one node above 8 vCPUs; memory strict; huge pages of 2 MiB (1 GiB from 64 GiB on);
      #   CPU host-passthrough; balloon there but never inflated; disks raw, cache none, io native;
      #   one IOThread per busy disk; a queue per vCPU
      name: db
      about: "Hosts of database guests: own memory, even latency, no page-cache games."
      inherits: general
      settings:
        # lean to speed where the governor is not performance
        cpu.epp: performance  # default: balance_performance on most firmware
        # a commit waits for one wake-up; 70 us keeps the deepest states out
        cpu.cstate_exit_us: 70  # default: no limit
        # databases are pinned; scanning their memory only costs faults
        kernel.numa_balancing: 0  # default: 1 on several nodes
        # compact in the background too; direct stalls only where asked for
        thp.defrag: defer+madvise  # default: madvise
        # merging scans cost CPU, and pages shared between guests are a side channel
        ksm.run: 0  # default: 0
        # databases read at random; only buffered reads use it
        block.read_ahead_kb: 128  # default: 128
      rules:
        # above the first a warning, above the second critical; vCPUs per logical CPU
        size.cpu-overcommit: {warning: 2, critical: 4}
        # guest memory per memory that guests may have
        size.mem-overcommit: {warning: 1, critical: 1}
        # as many network queues as vCPUs, up to what virtio takes
        net.multiqueue: {cap: 256}

      """#
    ),
    (
      "latency",
      #"""
      # Low and even response times: real-time control, trading, voice.
      #
      # What the rules ask of guests under this profile:
      #   pinned 1:1 to isolated whole cores; memory strict; huge pages of 1 GiB, else 2 MiB;
      #   CPU host-passthrough; no balloon; disks raw, cache none, io native; one pinned IOThread per
      #   busy disk; network by SR-IOV or vhost, 1 queue to one per vCPU (small packets can be slower)
      name: latency
      about: "Low and even response times: real-time control, trading, voice."
      inherits: general
      settings:
        # lean to speed where the governor is not performance
        cpu.epp: performance  # default: balance_performance on most firmware
        # no ramp at all where the governor cannot be performance
        cpu.min_perf_pct: 100  # default: the part's minimum, 15-40
        # only states that wake within 3 us
        cpu.cstate_exit_us: 3  # default: no limit
        # guests are pinned; the scanner's faults are jitter
        kernel.numa_balancing: 0  # default: 1 on several nodes
        # merging scans cost CPU, and pages shared between guests are a side channel
        ksm.run: 0  # default: 0
        # small lots: a flush must not fill the device's queue
        vm.dirty_background_ratio: 3  # default: 10
        # never a long flush in front of a short write
        vm.dirty_ratio: 10  # default: 20
        # the kernel's own; longer reads delay the one that waits
        block.read_ahead_kb: 128  # default: 128
        # poll the socket for 50 us instead of sleeping
        net.core.busy_read: 50  # default: 0
        # the same for poll and select
        net.core.busy_poll: 50  # default: 0
      rules:
        # above the first a warning, above the second critical; vCPUs per logical CPU
        size.cpu-overcommit: {warning: 1, critical: 2}
        # guest memory per memory that guests may have
        size.mem-overcommit: {warning: 1, critical: 1}
        # as many network queues as vCPUs, up to what virtio takes
        net.multiqueue: {cap: 256}

      """#
    ),
    (
      "throughput",
      #"""
      # Bulk work: builds, batch, analytics.
      #
      # What the rules ask of guests under this profile:
      #   pinned above 8 vCPUs; memory preferred; CPU host-model; virtio balloon; disks raw or qcow2,
      #   cache none, io native; one IOThread per busy disk; a queue per vCPU
      name: throughput
      about: "Bulk work: builds, batch, analytics."
      inherits: general
      settings:
        # lean to speed where the governor is not performance
        cpu.epp: performance  # default: balance_performance on most firmware
        # no ramp at all where the governor cannot be performance
        cpu.min_perf_pct: 100  # default: the part's minimum, 15-40
        # large lots write fastest
        vm.dirty_background_ratio: 10  # default: 10
        # bulk reads are sequential; at least this, more is fine
        block.read_ahead_kb: 4096  # default: 128
      rules:
        # above the first a warning, above the second critical; vCPUs per logical CPU
        size.cpu-overcommit: {warning: 2, critical: 4}
        # guest memory per memory that guests may have
        size.mem-overcommit: {warning: 1.2, critical: 1.5}
        # as many network queues as vCPUs, up to what virtio takes
        net.multiqueue: {cap: 256}
        # receive ring of a guest's interface
        net.ring-size: {minimum: 1024}  # default: 256

      """#
    ),
    (
      "hpc",
      #"""
      # Technical computing: guests that own their cores and run flat out.
      #
      # What the rules ask of guests under this profile:
      #   pinned 1:1; memory strict; huge pages of 1 GiB; CPU host-passthrough; no balloon; disks raw,
      #   cache none, io native; one IOThread per busy disk; network by SR-IOV; follow the code's vendor
      #   on SMT
      name: hpc
      about: "Technical computing: guests that own their cores and run flat out."
      inherits: general
      settings:
        # lean to speed where the governor is not performance
        cpu.epp: performance  # default: balance_performance on most firmware
        # no ramp at all where the governor cannot be performance
        cpu.min_perf_pct: 100  # default: the part's minimum, 15-40
        # only states that wake within 3 us
        cpu.cstate_exit_us: 3  # default: no limit
        # guests are pinned; scanning their memory only costs faults
        kernel.numa_balancing: 0  # default: 1 on several nodes
        # left alone: some codes gain from 1, so the operator decides
        vm.zone_reclaim_mode: leave  # default: 0
        # everything here is big; no helper process suffers
        thp.enabled: always  # default: madvise or always, by distribution
        # merging scans cost CPU, and pages shared between guests are a side channel
        ksm.run: 0  # default: 0
        # small lots: write-back must not disturb the cores
        vm.dirty_background_ratio: 3  # default: 10
        # never a long flush in front of a short write
        vm.dirty_ratio: 10  # default: 20
        # input is read from end to end; only buffered reads use it
        block.read_ahead_kb: 4096  # default: 128
        # poll the socket for 50 us instead of sleeping
        net.core.busy_read: 50  # default: 0
        # the same for poll and select
        net.core.busy_poll: 50  # default: 0
      rules:
        # above the first a warning, above the second critical; vCPUs per logical CPU
        size.cpu-overcommit: {warning: 1, critical: 1}
        # guest memory per memory that guests may have
        size.mem-overcommit: {warning: 1, critical: 1}
        # as many network queues as vCPUs, up to what virtio takes
        net.multiqueue: {cap: 256}
        # receive ring of a guest's interface
        net.ring-size: {minimum: 1024}  # default: 256

      """#
    ),
    (
      "network",
      #"""
      # Packet processing in guests (NFV): routers, firewalls, packet cores.
      #
      # What the rules ask of guests under this profile:
      #   pinned 1:1 to isolated whole cores; memory strict and shared; huge pages of 1 GiB;
      #   CPU host-passthrough; no balloon; disks raw, cache none, io native; network by SR-IOV or
      #   vhost-user
      name: network
      about: "Packet processing in guests (NFV): routers, firewalls, packet cores."
      inherits: latency
      settings:
        # left alone: these hosts hardly read
        block.read_ahead_kb: leave  # default: 128
      rules:
        # above the first a warning, above the second critical; vCPUs per logical CPU
        size.cpu-overcommit: {warning: 1, critical: 1}
        # guest memory per memory that guests may have
        size.mem-overcommit: {warning: 1, critical: 1}
        # receive ring of a guest's interface
        net.ring-size: {minimum: 1024}  # default: 256

      """#
    ),
    (
      "desktop",
      #"""
      # Desktops in guests: many, mostly idle, cheap to power.
      #
      # What the rules ask of guests under this profile:
      #   not pinned; CPU host-model; virtio balloon; disks qcow2, cache none (writeback for ephemeral
      #   ones); no IOThreads; 1-4 queues; KSM may run; an HDD may use bfq
      name: desktop
      about: "Desktops in guests: many, mostly idle, cheap to power."
      inherits: general
      settings:
        # left alone: idle desktops should cost little power
        cpu.governor: leave  # default: the distribution, often schedutil or powersave
        # left alone
        cpu.epp: leave  # default: balance_performance on most firmware
        # left alone
        cpu.turbo: leave  # default: on
        # left alone: cold desktop memory may go to swap
        vm.swappiness: leave  # default: 60
        # left alone
        vm.dirty_background_ratio: leave  # default: 10
        # left alone
        vm.dirty_ratio: leave  # default: 20
      rules:
        # above the first a warning, above the second critical; vCPUs per logical CPU
        size.cpu-overcommit: {warning: 6, critical: 8}
        # guest memory per memory that guests may have
        size.mem-overcommit: {warning: 1.5, critical: 2}
        # most network queues asked for; each costs a thread and guest memory
        net.multiqueue: {cap: 4}

      """#
    ),
    (
      "migratable",
      #"""
      # Guests that move between hosts; nothing may tie one to its host.
      #
      # What the rules ask of guests under this profile:
      #   pinned to a node or not at all; memory preferred; huge pages only where every destination has
      #   them; CPU a baseline model or host-model; virtio balloon; disks qcow2 or raw, cache none, io
      #   native, on shared storage; network virtio (or teaming)
      name: migratable
      about: "Guests that move between hosts; nothing may tie one to its host."
      inherits: general
      settings:
      rules:
        # above the first a warning, above the second critical; vCPUs per logical CPU
        size.cpu-overcommit: {warning: 4, critical: 8}
        # guest memory per memory that guests may have
        size.mem-overcommit: {warning: 1, critical: 1.5}

      """#
    ),
    (
      "secure",
      #"""
      # Guests of tenants that do not trust each other.
      #
      # What the rules ask of guests under this profile:
      #   whole cores above 8 vCPUs; CPU host-model without vmx and svm; no balloon; disks raw (and
      #   encrypted), cache none, io native; SMT off where the processor is affected and trust is mixed
      name: secure
      about: "Guests of tenants that do not trust each other."
      inherits: general
      settings:
        # shared pages tell one tenant what another has in memory
        ksm.run: 0  # default: 0
        # flush at every entry: tenants do not trust each other
        kvm_intel.vmentry_l1d_flush: always  # default: cond
      rules:
        # above the first a warning, above the second critical; vCPUs per logical CPU
        size.cpu-overcommit: {warning: 4, critical: 8}
        # guest memory per memory that guests may have
        size.mem-overcommit: {warning: 1, critical: 1}

      """#
    ),
  ]
}
