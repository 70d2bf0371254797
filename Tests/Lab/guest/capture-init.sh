#!/bin/sh
# Tests/Lab/guest/capture-init.sh: copies what an audit may read out of a live kernel, with what
# lstopo and numactl say there, and sends it as a compressed tar over the third serial port.
. /boot.sh
out=/tmp/out
mkdir -p $out/oracle

numactl -H >$out/oracle/numactl 2>&1
lstopo-no-graphics --no-caches --no-io -p --of console >$out/oracle/lstopo 2>&1
lstopo-no-graphics --of xml >$out/oracle/lstopo.xml 2>&1
lstopo-no-graphics --only pu -p >$out/oracle/pus 2>&1
lstopo-no-graphics --only core -p >$out/oracle/cores 2>&1
lstopo-no-graphics --only package -p >$out/oracle/packages 2>&1
lstopo-no-graphics --only l3cache -p >$out/oracle/l3 2>&1

# GNU cp reads to the end of a file whatever its size claims; device registers are left alone.
cd /
{
  find sys/devices/system/cpu sys/devices/system/node sys/devices/system/clocksource \
    sys/devices/virtual sys/devices/pci* sys/block sys/class/net sys/class/block sys/class/nvme \
    sys/class/dmi sys/class/iommu sys/class/misc sys/bus/pci/devices sys/kernel/mm \
    sys/kernel/iommu_groups sys/fs/cgroup sys/hypervisor -type f -o -type l 2>/dev/null
  find sys/module -path '*/parameters/*' -o -name initstate -o -name version
  find proc/sys/kernel proc/sys/vm proc/sys/fs proc/sys/net -type f
  find proc/irq proc/pressure -type f 2>/dev/null
  for f in cpuinfo cmdline version misc devices modules cgroups filesystems interrupts mounts \
    uptime stat meminfo swaps vmstat diskstats mdstat partitions buddyinfo zoneinfo loadavg; do
    [ -e proc/$f ] && echo proc/$f
  done
  ls -d proc/self/status proc/self/cgroup proc/net/route proc/net/dev proc/net/softnet_stat \
    proc/net/tcp proc/net/vlan/config 2>/dev/null
} | grep -vE '/(remove|rescan|resource[0-9_a-z]*|rom|config|reset|ari_enabled|new_slave|uevent_helper|trace|autoprobe|power/.*|tracing/.*|hmem.*)$' |
  grep -vE '^proc/sys/(fs/binfmt_misc|net/.*/neigh)' | sort -u |
  xargs -n 200 /usr/bin/cp -a --parents -t $out 2>/dev/null
for d in $(find sys/devices/system sys/block/* sys/class/net sys/kernel/iommu_groups \
  sys/kernel/mm -type d 2>/dev/null); do mkdir -p $out/$d; done

stty -F /dev/ttyS2 raw 2>/dev/null
tar -C $out -czf /tmp/out.tar.gz . && cat /tmp/out.tar.gz >/dev/ttyS2
sleep 1
echo "captured $(wc -c </tmp/out.tar.gz) bytes"
poweroff -f
