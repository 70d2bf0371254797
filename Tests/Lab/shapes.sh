# Tests/Lab/shapes.sh: the machines whose captures are fixtures. Sourced after lib.sh.
#
# SHAPES are the fixtures'; two-nodes-libvirt is the host of nested/, the others belong to scenarios.
# shape NAME sets: cpus (for the frequency table, empty for none), cpu, machine and memory (QEMU
# arguments), append (kernel command line) and setup (what the guest does before it is looked at).

SHAPES="one-node two-nodes two-nodes-smt four-nodes dies cpuless-node memoryless-node
  asymmetric-memory offline-cpus sparse-cpus many-disks tuned-realtime many-nics"

# The AMD look can nest KVM but shows no SMT; the Intel look shows SMT, but no /dev/kvm. Both hide
# the hypervisor, so that the kernel believes in hardware and the rules for hosts speak. invtsc: or the
# kernel asks the HPET for the time, behind QEMU's one lock. No monitor: or an idle CPU spins.
bare="hypervisor=off,monitor=off,invtsc=on,x-force-features=on -smbios type=1,manufacturer=Lab,product=Bench"
amd="-cpu max,family=25,model=1,stepping=1,$bare"
intel="-cpu max,vendor=GenuineIntel,family=6,model=85,stepping=4,$bare"
# Kernel words of guests that boot often. An emulated processor pays for each indirect branch twice. And
# a kernel that patches its own code while several emulated processors run it now and then leaves one
# of them with the old code for ever: what a boot patches is patched by one, then the others come. Their
# clocks are the host's, so none waits for another to compare them, and no delay makes them distrusted.
hasty="mitigations=off maxcpus=1 tsc=reliable"
guest="-cpu max,monitor=off,family=25,model=1,stepping=1"

# ram NODE MIB: a memory backend for a node.
ram() { printf -- '-object memory-backend-ram,id=m%s,size=%sM ' "$1" "$2"; }

shape() {
  cpus="" cpu=$amd append="" setup="" machine="" disks=""
  case $1 in
    one-node)
      cpu=$guest
      machine="-smp 4 -m 768"
      disks="virtio"
      ;;
    two-nodes)
      cpus=8
      machine="-smp 8,sockets=2,cores=4,threads=1 -m 1024 $(ram 0 512) $(ram 1 512)
        -numa node,nodeid=0,cpus=0-3,memdev=m0 -numa node,nodeid=1,cpus=4-7,memdev=m1
        -numa dist,src=0,dst=1,val=21"
      disks="pxb-nvme virtio"
      setup='echo performance | tee /sys/devices/system/cpu/cpufreq/policy*/scaling_governor'
      ;;
    two-nodes-libvirt)
      cpus=12 append=$hasty
      machine="-smp 12,sockets=2,cores=6,threads=1 -m 4096 $(ram 0 2048) $(ram 1 2048)
        -numa node,nodeid=0,cpus=0-5,memdev=m0 -numa node,nodeid=1,cpus=6-11,memdev=m1
        -numa dist,src=0,dst=1,val=21"
      disks="pxb-nvme"
      ;;
    # VT-d off and on in the firmware's setup, on a host that can boot with kernel arguments.
    no-iommu | iommu)
      cpu=$intel
      machine="-machine q35 -smp 2 -m 512"
      [ "$1" = no-iommu ] || machine+=" -device intel-iommu"
      ;;
    two-nodes-smt)
      cpus=8 cpu=$intel
      machine="-smp 8,sockets=2,cores=2,threads=2 -m 1024 $(ram 0 512) $(ram 1 512)
        -numa node,nodeid=0,cpus=0-3,memdev=m0 -numa node,nodeid=1,cpus=4-7,memdev=m1
        -numa dist,src=0,dst=1,val=21"
      disks="virtio"
      setup='echo powersave | tee /sys/devices/system/cpu/cpufreq/policy*/scaling_governor
        echo 16 > /sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages'
      ;;
    four-nodes)
      machine="-smp 16,sockets=4,cores=4,threads=1 -m 1024
        $(for i in 0 1 2 3; do
        ram $i 256
        printf -- '-numa node,nodeid=%d,cpus=%d-%d,memdev=m%d ' $i $((4 * i)) $((4 * i + 3)) $i
      done)
        -numa dist,src=0,dst=1,val=16 -numa dist,src=0,dst=2,val=32 -numa dist,src=0,dst=3,val=32
        -numa dist,src=1,dst=2,val=32 -numa dist,src=1,dst=3,val=32 -numa dist,src=2,dst=3,val=16"
      disks="virtio"
      ;;
    dies)
      cpu=$intel
      machine="-smp 16,sockets=2,dies=2,cores=2,threads=2 -m 1024 $(ram 0 512) $(ram 1 512)
        -numa node,nodeid=0,cpus=0-7,memdev=m0 -numa node,nodeid=1,cpus=8-15,memdev=m1"
      disks="virtio"
      ;;
    cpuless-node)
      machine="-smp 8,sockets=2,cores=4,threads=1 -m 1280 $(ram 0 512) $(ram 1 512) $(ram 2 256)
        -numa node,nodeid=0,cpus=0-3,memdev=m0 -numa node,nodeid=1,cpus=4-7,memdev=m1
        -numa node,nodeid=2,memdev=m2 -numa dist,src=0,dst=1,val=21
        -numa dist,src=0,dst=2,val=17 -numa dist,src=1,dst=2,val=28"
      disks="virtio"
      ;;
    memoryless-node)
      machine="-smp 8,sockets=2,cores=4,threads=1 -m 768 $(ram 0 768)
        -numa node,nodeid=0,cpus=0-3,memdev=m0 -numa node,nodeid=1,cpus=4-7
        -numa dist,src=0,dst=1,val=21"
      disks="virtio"
      ;;
    asymmetric-memory)
      machine="-smp 6,sockets=3,cores=2,threads=1 -m 1280 $(ram 0 1024) $(ram 1 256)
        -numa node,nodeid=0,cpus=0-1,cpus=4-5,memdev=m0 -numa node,nodeid=1,cpus=2-3,memdev=m1
        -numa dist,src=0,dst=1,val=31"
      disks="virtio"
      setup='echo 64 > /sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages'
      ;;
    offline-cpus)
      cpu=$intel
      machine="-smp 8,sockets=1,cores=4,threads=2 -m 768"
      append="isolcpus=2,6 nohz_full=2,6"
      disks="virtio"
      setup='echo 0 > /sys/devices/system/cpu/cpu3/online
        echo 0 > /sys/devices/system/cpu/cpu5/online'
      ;;
    sparse-cpus)
      cpu=$guest
      machine="-smp 4,maxcpus=16,sockets=2,cores=8,threads=1 -m 768
        -device max-x86_64-cpu,family=25,model=1,stepping=1,socket-id=1,core-id=3,thread-id=0
        -device max-x86_64-cpu,family=25,model=1,stepping=1,socket-id=1,core-id=6,thread-id=0"
      disks="virtio"
      ;;
    many-disks)
      machine="-smp 4 -m 768"
      disks="virtio ide scsi nvme"
      setup='dd if=/dev/zero of=/tmp/image bs=1M count=16; losetup /dev/loop0 /tmp/image
        echo 64M > /sys/block/zram0/disksize
        for d in sda vda; do echo bfq > /sys/block/$d/queue/scheduler; done
        echo mq-deadline > /sys/block/nvme0n1/queue/scheduler'
      ;;
    tuned-realtime)
      cpus=8 cpu=$intel
      machine="-smp 8,sockets=2,cores=2,threads=2 -m 2048 $(ram 0 1024) $(ram 1 1024)
        -numa node,nodeid=0,cpus=0-3,memdev=m0 -numa node,nodeid=1,cpus=4-7,memdev=m1
        -numa dist,src=0,dst=1,val=21"
      append="isolcpus=managed_irq,domain,2-3,6-7 nohz_full=2-3,6-7 rcu_nocbs=2-3,6-7
        irqaffinity=0-1,4-5 transparent_hugepage=never nosoftlockup hugepagesz=2M"
      disks="nvme virtio"
      setup='echo performance | tee /sys/devices/system/cpu/cpufreq/policy*/scaling_governor
        for n in 0 1; do
          echo 128 > /sys/devices/system/node/node$n/hugepages/hugepages-2048kB/nr_hugepages
        done
        echo none | tee /sys/block/nvme0n1/queue/scheduler /sys/block/vda/queue/scheduler
        sysctl -w vm.swappiness=10 kernel.numa_balancing=0 kernel.timer_migration=0
        sysctl -w vm.stat_interval=120 kernel.nmi_watchdog=0
        echo 0 > /sys/kernel/mm/ksm/run'
      ;;
    many-nics)
      cpus=4
      machine="-smp 4,sockets=2,cores=2,threads=1 -m 768 $(ram 0 384) $(ram 1 384)
        -numa node,nodeid=0,cpus=0-1,memdev=m0 -numa node,nodeid=1,cpus=2-3,memdev=m1
        -netdev hubport,id=h0,hubid=0 -device virtio-net-pci,netdev=h0,bus=pci.0,mac=52:54:00:00:00:01
        -netdev hubport,id=h1,hubid=0 -device virtio-net-pci,netdev=h1,bus=pci.0,mac=52:54:00:00:00:02
        -device pxb,id=pxb1,bus_nr=64,numa_node=1
        -netdev hubport,id=h2,hubid=1
        -device virtio-net-pci,netdev=h2,mac=52:54:00:00:00:03,bus=pxb1,addr=1"
      disks="virtio"
      setup='ip link set lo up
        ip link add br0 type bridge; ip link set br0 up
        ip link add bond0 type bond; ip link set eth0 master bond0; ip link set eth1 master bond0
        ip link set bond0 up; ip link set bond0 master br0
        ip link add link eth2 name eth2.7 type vlan id 7; ip link set eth2 up
        tunctl -t tap0; ip link set tap0 up; ip link set tap0 master br0'
      ;;
    *)
      echo "no machine shape '$1'; there are: $SHAPES" >&2
      return 1
      ;;
  esac
}

# shape_disks: the QEMU arguments for $disks, with sparse images in $WORK.
shape_disks() {
  local kind
  for kind in $disks; do
    truncate -s 64M "$WORK/$kind.img"
    printf -- '-drive file=%s,format=raw,if=none,id=%s,cache=unsafe ' "$WORK/$kind.img" "$kind"
    case $kind in
      virtio) printf -- '-device virtio-blk-pci,drive=virtio,bus=pci.0 ' ;;
      ide) printf -- '-device ide-hd,drive=ide ' ;;
      scsi) printf -- '-device virtio-scsi-pci,bus=pci.0 -device scsi-hd,drive=scsi ' ;;
      nvme) printf -- '-device nvme,drive=nvme,serial=lab,bus=pci.0 ' ;;
      pxb-nvme) printf -- '-device pxb,id=pxb1,bus_nr=64,numa_node=1
        -device nvme,drive=pxb-nvme,serial=lab,bus=pxb1,addr=1 ' ;;
    esac
  done
}
